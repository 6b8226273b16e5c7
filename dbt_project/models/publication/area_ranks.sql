-- The first is the one that does best by the direction of the indicator. Equal figures share a rank; an area without a figure has none.
with areas as (
    select
        f.*,
        case when c.direction = 'omhoog' then -f.value else f.value end as worse
    from {{ source('release', 'indicator_values') }} as f
    inner join {{ source('release', 'indicators') }} as c on f.indicator_id = c.indicator_id
    where f.geo_level = 'gebied' and f.value is not null
),

ranked as (
    select
        indicator_id, geo_level, geo_code, geo_name, series, year, value, unit,
        rank() over (partition by indicator_id, series, year order by worse) as rank_best_first,
        count(*) over (partition by indicator_id, series, year) as ranked_areas
    from areas
)

select
    *,
    lag(year) over measurements as previous_year,
    -- among another number of areas a rank means something else
    case when lag(ranked_areas) over measurements = ranked_areas then lag(rank_best_first) over measurements end as previous_rank
from ranked
window measurements as (partition by indicator_id, geo_code, series order by year)
