with corrected as (
    {{ corrected('leefbaarometer_buurten') }}
)

select
    table_key,
    year,
    boundary_year,
    region_code,
    versie as version,
    cast(class as integer) as class,
    afw,
    won,
    fys,
    vrz,
    soc,
    onv
from corrected
