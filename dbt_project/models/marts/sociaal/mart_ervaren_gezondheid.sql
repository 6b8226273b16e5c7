with figures as (
    select
        table_key, year, region_code, boundary_year, is_final, missing,
        'MW00000' as measure, good_health as figure, good_health_low, good_health_high
    from {{ ref('stg_rivm__gezondheid') }}
),

{{ indicator_mart(
    numerator='f.figure / 100 * w.weight',
    low='f.good_health_low / 100 * w.weight',
    high='f.good_health_high / 100 * w.weight',
) }}
