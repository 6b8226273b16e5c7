select
    area_id,
    area_name,
    municipality_code,
    municipality_name,
    inhabitants_2025_x1000,
    fit,
    delineation
from {{ ref('stg_nplv__focus_areas') }}
