select
    year,
    boundary_year,
    region_code,
    versie as version,
    class,
    afw,
    won,
    fys,
    vrz,
    soc,
    onv,
    source_table,
    source_modified
from {{ source('raw', 'leefbaarometer_buurten') }}
