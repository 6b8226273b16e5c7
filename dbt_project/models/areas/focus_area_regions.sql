select * from {{ ref('stg_nplv__focus_area_regions') }}
