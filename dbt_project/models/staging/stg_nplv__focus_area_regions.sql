select
    area_id,
    region_code,
    boundary_year
from {{ source('raw', 'focus_area_regions') }}
