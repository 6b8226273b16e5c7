with corrected as (
    {{ corrected('cbs_kwb') }}
)

select
    table_key,
    table_period as year,
    boundary_year,
    {{ region_code('region_code') }} as region_code,
    {{ region_level('region_code') }} as region_level,
    measure,
    value,
    missing
from corrected
