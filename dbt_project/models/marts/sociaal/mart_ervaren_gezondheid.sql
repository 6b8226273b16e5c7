with figures as (
    select
        year, region_code, boundary_year, is_final, source_table, source_modified,
        good_health, good_health_low, good_health_high
    from {{ ref('stg_rivm__gezondheid') }}
),

{{ indicator_mart(
    numerator='f.good_health / 100 * w.weight',
    low='f.good_health_low / 100 * w.weight',
    high='f.good_health_high / 100 * w.weight',
    weight='residents_15_plus',
) }}
