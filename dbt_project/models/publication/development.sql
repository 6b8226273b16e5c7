-- Every measurement beside the first one in or after the first start year (that of `indicator_trends`). Across a break nothing is compared.
with figures as (select * from {{ source('release', 'indicator_values') }}),

catalogue as (
    select *, {{ break_list('breaks') }} as break_list
    from {{ source('release', 'indicators') }}
)

select
    f.indicator_id, f.geo_level, f.geo_code, f.geo_name, f.series, f.year,
    f.value, f.value_low, f.value_high, f.unit, f.status,
    t.start1_year as base_year,
    t.start1_value as base_value,
    {{ breaks_between('c.break_list', 'f.series', 'least(t.start1_year, f.year)', 'greatest(t.start1_year, f.year)') }} as break_between,
    case when break_between is null then f.value - t.start1_value end as change,
    -- of figures around naught an index tells nothing
    case when break_between is null and t.start1_value > 0 and not c.relative then 100 * f.value / t.start1_value end as index_base
from figures as f
inner join catalogue as c on f.indicator_id = c.indicator_id
left join {{ ref('indicator_trends') }} as t
    on f.indicator_id = t.indicator_id and f.geo_level = t.geo_level and f.geo_code = t.geo_code and f.series = t.series
