-- The latest figure of the main series, with all that must be known before it is used.
with figures as (select * from {{ source('release', 'indicator_values') }}),

catalogue as (
    select *, {{ break_list('breaks') }} as break_list
    from {{ source('release', 'indicators') }}
),

latest as (
    select f.*
    from figures as f
    inner join catalogue as c on f.indicator_id = c.indicator_id and f.series = c.main_series
    where f.value is not null
    qualify f.year = max(f.year) over (partition by f.indicator_id, f.geo_level, f.geo_code)
)

select
    c.number, l.indicator_id, c.name_nl, l.geo_level, l.geo_code, l.geo_name, l.series, l.year, l.value, l.value_low, l.value_high,
    l.unit,
    nl.value as nl_value,
    case when l.geo_level <> 'nederland' then l.value - nl.value end as gap_difference,
    c.approximation as is_approximation,
    case when l.status <> 'niet_bijgewerkt' then l.status = 'voorlopig' end as is_provisional,
    l.status = 'niet_bijgewerkt' as is_held,
    {{ breaks_between('c.break_list', 'l.series', 'c.base_year', 'l.year') }} as break_since_base,
    c.support, l.coverage, l.region_quality, l.weight_year, l.status, l.status_reason, l.source_table, l.source_modified, c.caveat_nl
from latest as l
inner join catalogue as c on l.indicator_id = c.indicator_id
left join figures as nl
    on l.indicator_id = nl.indicator_id and l.series = nl.series and l.year = nl.year and nl.geo_level = 'nederland'
