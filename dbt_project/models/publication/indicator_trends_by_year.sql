-- A change counts when it exceeds the indicator's smallest relevant change, and, where there are intervals, when these
-- do not overlap; of an indicator that has intervals nothing is said without them. The verdict is taken from both base
-- years; where their signs differ it is `wisselend`. The gap to the Netherlands narrowed or widened only when the
-- difference and the ratio agree. Across a break nothing is compared, and one series is never compared with another.
{%- set starts = ['start1', 'start2'] %}
with figures as (select * from {{ source('release', 'indicator_values') }}),

catalogue as (
    select *, {{ break_list('breaks') }} as break_list
    from {{ source('release', 'indicators') }}
),

starts as (select * from {{ ref('start_years') }}),

-- each edition with its start years
years as (
    select y.up_to_year, s.start1, s.start2
    from (
        select unnest(range((select min(from_edition) from starts), max(year) + 1)) as up_to_year from figures
    ) as y
    asof inner join starts as s on y.up_to_year >= s.from_edition
),

with_national as (
    select f.*, nl.value as nl
    from figures as f
    left join figures as nl
        on f.indicator_id = nl.indicator_id and f.series = nl.series and f.year = nl.year and nl.geo_level = 'nederland'
),

-- the first measurement in or after each base year, and the latest one; an indicator may begin later
points as (
    select
        y.up_to_year, y.start1 as start1_from, y.start2 as start2_from, f.indicator_id, f.geo_level, f.geo_code, f.series,
        {%- for start in starts %}
        arg_min(f, f.year) filter (where f.value is not null and f.year >= greatest(y.{{ start }}, c.base_year)) as {{ start }},  -- noqa: RF02
        {%- endfor %}
        arg_max(f, f.year) filter (where f.value is not null) as latest  -- noqa: RF02
    from years as y
    inner join with_national as f on y.up_to_year >= f.year
    inner join catalogue as c on f.indicator_id = c.indicator_id
    group by all
),

-- what is judged: the value, or for a nominal amount its ratio to the country
judged as (
    select
        p.*,
        case c.direction when 'omhoog' then 1 else -1 end as better,
        c.smallest_change,
        c.relative,
        {%- for start in starts %}
        {{ breaks_between('c.break_list', 'p.series', 'p.' ~ start ~ '.year', 'p.latest.year') }} as break_{{ start }},
        p.{{ start }}.year < p.latest.year and break_{{ start }} is null as is_comparable_{{ start }},
        -- the country is taken as known
        p.geo_level <> 'nederland' and c.has_interval
        and (p.{{ start }}.value_low is null or p.latest.value_low is null) as lacks_interval_{{ start }},
        {%- endfor %}
        {%- for point in starts + ['latest'] %}
        case
            when c.trend_basis = 'verhouding' then 100 * p.{{ point }}.value / nullif(p.{{ point }}.nl, 0)
            else p.{{ point }}.value
        end as judged_{{ point }},
        case when p.{{ point }}.geo_level <> 'nederland' then p.{{ point }}.value - p.{{ point }}.nl end as gap_difference_{{ point }},
        -- the gap in the unit of what is judged: for a ratio its distance from 100
        case
            when gap_difference_{{ point }} is null then null
            when c.trend_basis = 'verhouding' then judged_{{ point }} - 100
            else gap_difference_{{ point }}
        end as gap_{{ point }},
        case
            when p.{{ point }}.geo_level <> 'nederland' and not c.relative and c.national <> 'definitie'
                then p.{{ point }}.value / nullif(p.{{ point }}.nl, 0)
        end as gap_ratio_{{ point }}{{ ',' if not loop.last }}
        {%- endfor %}
    from points as p
    inner join catalogue as c on p.indicator_id = c.indicator_id
),

verdicts as (
    select
        *,
        {%- for start in starts %}
        case
            when judged_{{ start }} is null or judged_latest is null or not is_comparable_{{ start }} or lacks_interval_{{ start }}
                then 'niet te bepalen'
            when
                abs(judged_latest - judged_{{ start }}) <= smallest_change + 1e-9
                or (latest.value_low <= {{ start }}.value_high and latest.value_high >= {{ start }}.value_low)
                then 'stabiel'
            when (judged_latest - judged_{{ start }}) * better > 0 then 'verbeterd'
            else 'verslechterd'
        end as verdict_{{ start }},
        case
            when gap_{{ start }} is null or gap_latest is null or not is_comparable_{{ start }} or lacks_interval_{{ start }}
                then 'niet te bepalen'
            when
                abs(abs(gap_latest) - abs(gap_{{ start }})) <= smallest_change + 1e-9
                or (
                    latest.value_low - latest.nl <= {{ start }}.value_high - {{ start }}.nl
                    and latest.value_high - latest.nl >= {{ start }}.value_low - {{ start }}.nl
                )
                then 'gelijk'
            -- a ratio of zero or less lies on no scale with the others, so the difference alone is judged
            when gap_ratio_{{ start }} > 0 and gap_ratio_latest > 0
                and sign(abs(ln(greatest(gap_ratio_latest, 1e-300))) - abs(ln(greatest(gap_ratio_{{ start }}, 1e-300))))
                <> sign(abs(gap_latest) - abs(gap_{{ start }}))
                then 'wisselend'
            when abs(gap_latest) < abs(gap_{{ start }}) then 'ingelopen'
            else 'opgelopen'
        end as gap_verdict_{{ start }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
),

-- how many of the areas narrowed their gap, over the same years as the total: told of the total alone, in classes from which no
-- area follows
spread as (
    select
        a.up_to_year, a.indicator_id, a.series,
        count(*) filter (where a.gap_verdict_start2 <> 'niet te bepalen') as judged_areas,
        count(*) filter (where a.gap_verdict_start2 = 'ingelopen') as narrowed,
        quantile_cont(abs(a.gap_latest) - abs(a.gap_start2), [0.25, 0.5, 0.75]) as quartiles
    from verdicts as a
    inner join verdicts as t
        on
            a.up_to_year = t.up_to_year and a.indicator_id = t.indicator_id and a.series = t.series and t.geo_level = 'nplv'
            and a.start2.year = t.start2.year and a.latest.year = t.latest.year
    where a.geo_level = 'gebied'
    group by all
),

areas as (
    select count(distinct geo_code) as areas from figures
    where geo_level = 'gebied'
)

select
    v.up_to_year, v.start1_from, v.start2_from, v.indicator_id, v.geo_level, v.geo_code, v.series,
    {%- for point in starts + ['latest'] %}
    v.{{ point }}.year as {{ point }}_year,
    v.{{ point }}.value as {{ point }}_value,
    v.{{ point }}.nl as {{ point }}_nl,
    {%- endfor %}
    v.latest.status as latest_status,
    {%- for start in starts %}
    case when v.is_comparable_{{ start }} then v.latest.value - v.{{ start }}.value end as change_{{ start }},
    {%- endfor %}
    v.gap_difference_start1, v.gap_difference_start2, v.gap_difference_latest,
    v.gap_ratio_start1, v.gap_ratio_start2, v.gap_ratio_latest,
    {%- for start in starts %}
    case when v.is_comparable_{{ start }} then v.gap_difference_latest - v.gap_difference_{{ start }} end as gap_difference_change_{{ start }},
    case when v.is_comparable_{{ start }} then v.gap_ratio_latest - v.gap_ratio_{{ start }} end as gap_ratio_change_{{ start }},
    {%- endfor %}
    v.break_start1, v.break_start2,
    v.verdict_start1, v.verdict_start2,
    {{ combined('v.verdict_start1', 'v.verdict_start2', 'stabiel') }} as verdict,
    v.gap_verdict_start1, v.gap_verdict_start2,
    {{ combined('v.gap_verdict_start1', 'v.gap_verdict_start2', 'gelijk') }} as gap_verdict,
    case
        when v.geo_level <> 'nplv' or s.judged_areas < greatest(areas.areas, {{ var('fewest_areas') }}) then null
        when s.narrowed >= 0.9 * s.judged_areas then 'in vrijwel alle gebieden'
        when s.narrowed >= 0.65 * s.judged_areas then 'in de meeste gebieden'
        when s.narrowed >= 0.4 * s.judged_areas then 'in ongeveer de helft van de gebieden'
        when s.narrowed >= 0.15 * s.judged_areas then 'in een minderheid van de gebieden'
        when s.narrowed is not null then 'in enkele of geen gebieden'
    end as spread,
    {%- for q in [1, 2, 3] %}
    case
        -- plus zero, for a rounded zero has no sign
        when v.geo_level = 'nplv' and s.judged_areas >= greatest(areas.areas, {{ var('fewest_areas') }})
            then round(s.quartiles[{{ q }}] / c.smallest_change) * c.smallest_change + 0.0
    end as spread_q{{ q }}{{ ',' if not loop.last }}
    {%- endfor %}
from verdicts as v
inner join catalogue as c on v.indicator_id = c.indicator_id
left join spread as s on v.up_to_year = s.up_to_year and v.indicator_id = s.indicator_id and v.series = s.series
cross join areas
