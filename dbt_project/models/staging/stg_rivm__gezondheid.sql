with corrected as (
    {{ corrected('rivm_gezondheid') }}
)

select
    table_key,
    cast(left(period, 4) as integer) as year,
    boundary_year,
    {{ region_code('region_code') }} as region_code,
    {{ region_level('region_code') }} as region_level,
    bool_and(period_status = 'Definitief') as is_final,
    max(value) filter (where margin = 'MW00000') as good_health,
    max(value) filter (where margin = 'MOG0095') as good_health_low,
    max(value) filter (where margin = 'MBG0095') as good_health_high,
    max(missing) filter (where margin = 'MW00000') as missing
from corrected
where period like '____JJ00'
group by all
