-- The first is the one that does best by the direction of the indicator. Equal figures share a rank; an area without a figure has none.
with areas as (
    select
        f.*,
        case when c.direction = 'omhoog' then -f.value else f.value end as worse,
        {{ break_list('c.breaks') }} as break_list
    from {{ source('release', 'indicator_values') }} as f
    inner join {{ source('release', 'indicators') }} as c on f.indicator_id = c.indicator_id
    where f.geo_level = 'gebied' and f.value is not null
),

ranked as (
    select
        indicator_id, geo_level, geo_code, geo_name, series, year, value, unit,
        rank() over (partition by indicator_id, series, year order by worse) as rank_best_first,
        count(*) over (partition by indicator_id, series, year) as ranked_areas,
        break_list
    from areas
),

measured as (
    select
        *,
        lag(year) over measurements as previous_year,
        lag(rank_best_first) over measurements as rank_before,
        lag(ranked_areas) over measurements as ranked_before
    from ranked
    window measurements as (partition by indicator_id, geo_code, series order by year)
)

select
    indicator_id, geo_level, geo_code, geo_name, series, year, value, unit, rank_best_first, ranked_areas, previous_year,
    -- among another number of areas, or counted otherwise, a rank means something else
    case
        when ranked_before = ranked_areas and {{ breaks_between('break_list', 'series', 'previous_year', 'year') }} is null
            then rank_before
    end as previous_rank
from measured
