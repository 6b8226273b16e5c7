-- The distance is that of what is judged, as in `indicator_trends`: of the figure, or of a nominal amount its ratio to the country.
with development as (select * from {{ ref('development') }}),

gaps as (
    select
        d.indicator_id, d.geo_level, d.geo_code, d.geo_name, d.series, d.year, d.value, d.unit, d.base_year, d.break_between,
        nl.value as nl_value,
        d.value - nl.value as gap_difference,
        case when not c.relative and c.national <> 'definitie' then d.value / nullif(nl.value, 0) end as gap_ratio,
        abs(case
            when c.trend_basis = 'verhouding' then 100 * (d.value / nullif(nl.value, 0) - 1)
            else d.value - nl.value
        end) as distance
    from development as d
    inner join {{ source('release', 'indicators') }} as c on d.indicator_id = c.indicator_id
    left join development as nl
        on d.indicator_id = nl.indicator_id and d.series = nl.series and d.year = nl.year and nl.geo_level = 'nederland'
    where d.geo_level <> 'nederland'
)

select
    g.indicator_id, g.geo_level, g.geo_code, g.geo_name, g.series, g.year, g.value, g.nl_value, g.unit,
    g.gap_difference, g.gap_ratio, g.distance, g.base_year,
    b.distance as base_distance,
    g.break_between,
    case when g.break_between is null then g.distance - b.distance end as distance_change
from gaps as g
left join gaps as b
    on
        g.indicator_id = b.indicator_id and g.geo_level = b.geo_level and g.geo_code = b.geo_code and g.series = b.series
        and g.base_year = b.year
