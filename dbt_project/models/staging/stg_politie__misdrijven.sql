with corrected as (
    {{ corrected('politie_misdrijven') }}
)

select
    table_key,
    cast(left(period, 4) as integer) as year,
    boundary_year,
    {{ region_code('region_code') }} as region_code,
    {{ region_level('region_code') }} as region_level,
    offence,
    period_status = 'Definitief' as is_final,
    value as offences,
    missing
from corrected
where period like '____JJ00'
