select
    area_id,
    region_code,
    boundary_year
from {{ ref('stg_nplv__focus_area_regions') }}
