select
    table_key,
    indicator_id,
    year,
    boundary_year,
    geo_level,
    geo_code,
    numerator,
    denominator,
    missing,
    period_status = 'Definitief' as is_final
from {{ source('raw', 'cbs_maatwerk') }}
