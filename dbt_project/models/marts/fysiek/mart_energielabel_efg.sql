with figures as (
    select
        table_key, year, region_code, boundary_year, true as is_final, labelled,
        'label E, F of G' as measure, efg as figure
    from {{ ref('int_energielabels') }}
),

{{ indicator_mart(numerator='f.figure', denominator='f.labelled') }}
