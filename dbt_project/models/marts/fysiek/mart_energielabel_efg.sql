with figures as (
    select year, region_code, boundary_year, true as is_final, source_table, source_modified, efg, labelled
    from {{ ref('int_energielabels') }}
),

{{ indicator_mart(numerator='f.efg', denominator='f.labelled', weight='dwellings') }}
