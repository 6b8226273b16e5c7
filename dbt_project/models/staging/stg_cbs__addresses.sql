select
    postcode,
    house_number,
    region_code,
    boundary_year,
    source_table
from {{ source('raw', 'cbs_addresses') }}
