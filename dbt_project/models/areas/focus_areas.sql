select * from {{ ref('stg_nplv__focus_areas') }}
