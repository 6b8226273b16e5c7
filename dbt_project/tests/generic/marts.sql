{# Tests that every mart has, named in its yml. Each returns the rows that are wrong. #}

{% test unique_row(model) %}
select geo_level, geo_code, series, year, count(*) as times
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{# every geo has a row for each year of the calendar of each series, and no other #}
{% test complete_calendar(model) %}
with {{ calendar_cte(mart_node(model)) }},

expected as (
    select g.geo_level, g.geo_code, c.series, c.year
    from (select distinct geo_level, geo_code from {{ ref('int_geos') }}) as g
    cross join calendar as c
)

select
    coalesce(m.geo_level, e.geo_level) as geo_level, coalesce(m.geo_code, e.geo_code) as geo_code,
    coalesce(m.series, e.series) as series, coalesce(m.year, e.year) as year
from {{ model }} as m
full join expected as e on m.geo_level = e.geo_level and m.geo_code = e.geo_code and m.series = e.series and m.year = e.year
where m.year is null or e.year is null
{% endtest %}

{# value = multiplier * numerator / denominator, within the bounds where there are any #}
{% test value_follows_from_parts(model) %}
select *
from {{ model }}
where
    value is not null
    and (
        numerator is null or denominator is null
        or abs(value - {{ mart_node(model).get('multiplier', 1) }} * numerator / denominator) > 1e-9 * greatest(1, abs(value))
        or value < value_low or value > value_high
    )
{% endtest %}

{# a value or a reason, never neither; what is missing is never a number; an interval only where the catalogue has one #}
{% test status_explained(model) %}
select *
from {{ model }}
where
    (value is null) <> (status = 'ontbreekt')
    or (status = 'ontbreekt' and coalesce(status_reason, '') = '')
    or status not in ('definitief', 'voorlopig', 'ontbreekt')
    or geo_level not in ('nplv', 'gebied', 'gemeenten', 'rest_19_gemeenten', 'nederland', 'overig_nederland')
    or (value is not null and region_quality not in ('exact', 'verdeeld', 'geraden'))
    or coverage < 0 or coverage > 1 + 1e-9
    or (value is not null and not isfinite(value))
    or (value_low is null) <> (value_high is null)
    {%- if not mart_node(model).get('has_interval') %}
    or value_low is not null
    {%- endif %}
{% endtest %}

{# numerator and denominator are the sums of what the components add, and the coverage counts those that did #}
{% test components_make_the_total(model) %}
with sums as (
    select
        geo_level, geo_code, series, year, value, numerator, denominator, regions,
        {{ sum_of_counted('numerator') }} as numerators,
        {{ sum_of_counted('denominator') }} as denominators,
        len(list_filter(components, lambda c: c.counted)) as counted,
        len(list_filter(components, lambda c: c.share <= 0 or c.share > 1 + 1e-9)) as beyond
    from {{ model }}
)

select * from sums
where
    value is not null
    and (
        abs(numerators - numerator) > 1e-9 * greatest(1, abs(numerator))
        or abs(denominators - denominator) > 1e-9 * greatest(1, abs(denominator))
        or numerators is null or denominators is null or counted <> regions or beyond > 0
    )
{% endtest %}

{#
    The country as its publisher gives it, beside the country as it is built: the areas and the rest of it, each made from its own
    regions. Further apart than the catalogue allows, one of the two is wrong.
#}
{% test national_agrees_with_built(model) %}
{%- set tolerance = mart_node(model).get('national_tolerance') %}
with figures as (
    select series, year, geo_level, value, denominator, coverage
    from {{ model }}
    where value is not null and geo_level in ('nplv', 'overig_nederland', 'nederland')
)

select
    nl.series, nl.year, nl.value as published,
    (a.value * a.denominator + o.value * o.denominator) / (a.denominator + o.denominator) as built
from figures as nl
inner join figures as a on nl.series = a.series and nl.year = a.year and a.geo_level = 'nplv'
inner join figures as o on nl.series = o.series and nl.year = o.year and o.geo_level = 'overig_nederland'
where nl.geo_level = 'nederland' and {{ 'abs(published - built) > %s' | format(tolerance) if tolerance is not none else 'false' }}
{% endtest %}

{#
    Sums that can fail, each part built by itself: the areas make the total of the areas, and the total of the areas and
    the rest make the 19 municipalities and the country. Counts are rounded per region, so a small difference is allowed, and what is
    not covered may be missing.
#}
{% test parts_add_up(model) %}
with figures as (
    -- from the components, so that a total which is not given is judged too
    select
        series, year, geo_level, case when min(coverage) > 0.995 then 0 else 1 - avg(coverage) end as unknown, bool_and(components is not null) as is_whole,
        sum({{ sum_of_counted('denominator') }}) as denominator,
        sum({{ sum_of_counted('numerator') }}) as numerator,
        -- counts that are rounded are each off by up to half of that, and their sum by the root of their number (three standard errors)
        9 / 12.0 * power({{ mart_node(model).get('rounded_to', 0) }}, 2) * sum(len(list_filter(components, lambda c: c.counted))) as rounding
    from {{ model }}
    group by all
),

identities as (
    select unnest([
        {'part': 'gebied', 'rest': cast(null as varchar), 'whole': 'nplv'},
        {'part': 'nplv', 'rest': 'rest_19_gemeenten', 'whole': 'gemeenten'},
        {'part': 'nplv', 'rest': 'overig_nederland', 'whole': 'nederland'}
    ], recursive := true)
)

select
    i.*, w.series, w.year, w.denominator, p.denominator + coalesce(r.denominator, 0) as parts,
    w.numerator, p.numerator + coalesce(r.numerator, 0) as numerator_of_parts
from identities as i
inner join figures as w on i.whole = w.geo_level
inner join figures as p on i.part = p.geo_level and w.series = p.series and w.year = p.year
left join figures as r on i.rest = r.geo_level and w.series = r.series and w.year = r.year
where
    w.is_whole and p.is_whole and coalesce(r.is_whole, i.rest is null)
    and (
        abs(w.denominator - p.denominator - coalesce(r.denominator, 0)) > (0.01 + w.unknown + p.unknown + coalesce(r.unknown, 0)) * w.denominator
        {% if mart_node(model).get('national') == 'definitie' -%}
        or (i.whole <> 'nederland' and abs(w.numerator - p.numerator - coalesce(r.numerator, 0))
            > (0.01 + w.unknown + p.unknown + coalesce(r.unknown, 0)) * abs(w.numerator))
        {%- else -%}
        -- a whole may have what none of its regions has, as crimes without a buurt
        or w.numerator - p.numerator - coalesce(r.numerator, 0)
        not between -(0.01 + w.unknown + p.unknown + coalesce(r.unknown, 0)) * w.numerator - sqrt(w.rounding + p.rounding + coalesce(r.rounding, 0))
        and sqrt(w.rounding + p.rounding + coalesce(r.rounding, 0)) + ({{ 0.01 + mart_node(model).get('unplaced_share', 0) }} + w.unknown + p.unknown + coalesce(r.unknown, 0)) * w.numerator
        {%- endif %}
    )
{% endtest %}

{# the areas' buurten exist on the boundaries of comparison, no area is empty, and the areas' own boundaries are those #}
{% test area_regions_exist(model) %}
select a.area_id, a.region_code, 'unknown buurt' as problem
from {{ model }} as a
left join {{ ref('int_regions') }} as r on a.region_code = r.region_code and a.boundary_year = r.boundary_year and r.region_level = 'buurt'
where r.region_code is null
union all
select area_id, region_code, 'other boundaries'
from {{ model }}
where boundary_year <> {{ var('boundary_year') }}
union all
select f.area_id, null, 'no buurten'
from {{ ref('focus_areas') }} as f
anti join {{ model }} as a on f.area_id = a.area_id
{% endtest %}

{% test not_empty(model) %}
select 'no rows' as problem
where not exists (select 1 from {{ model }})
{% endtest %}

{% test unique_grain(model, columns) %}
select {{ columns | join(', ') }}, count(*) as times
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{% test between(model, column_name, low, high) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ low }} or {{ column_name }} > {{ high }}
{% endtest %}

{# won + fys + vrz + soc + onv = afw, exactly but for rounding to six decimals #}
{% test dimensions_make_the_score(model) %}
select * from {{ model }}
where abs(won + fys + vrz + soc + onv - afw) > 1e-5
{% endtest %}

{# what was delivered is of an area, a municipality or a country that there is: a misspelt code would be left out in silence #}
{% test delivered_codes_exist(model) %}
select distinct d.geo_level, d.geo_code
from {{ model }} as d
left join {{ ref('focus_areas') }} as a
    on (d.geo_level = 'gebied' and d.geo_code = a.area_id)
    or (d.geo_level in ('gemeente', 'rest_gemeente') and d.geo_code = a.municipality_code)
where a.area_id is null and d.geo_level not in ('nederland', 'overig_nederland')
{% endtest %}

{#
    The regions are those of the edition of boundaries that the table is said to have: Kerncijfers of that year, where it is at
    hand, knows all but one in a hundred of them.
#}
{% test regions_are_of_their_boundaries(model, year='boundary_year', code='region_code') %}
with known as (
    select distinct boundary_year, region_code from {{ ref('stg_cbs__kwb') }}
),

regions as (
    select distinct {{ year }} as boundary_year, {{ code }} as region_code from {{ model }}
    where {{ year }} in (select boundary_year from known)
)

select
    r.boundary_year,
    count(*) as regions,
    count(*) filter (where k.region_code is null) as unknown
from regions as r
left join known as k on r.boundary_year = k.boundary_year and r.region_code = k.region_code
group by r.boundary_year
having count(*) filter (where k.region_code is null) > 0.01 * count(*)
{% endtest %}

{# each correction of a table finds its row, and the publisher still says there what the register expects #}
{% test corrections_still_hold(model, relation) %}
select * from ({{ corrections_judged(relation) }})
where outcome <> 'toegepast'
{% endtest %}

{# a correction is of a region of a publisher: the register is public, and figures of areas are not #}
{% test region_of_a_publisher(model, column_name) %}
select {{ column_name }}
from {{ model }}
where not regexp_full_match({{ column_name }}, '(NL|GM|WK|BU)[0-9A-Z]+')
{% endtest %}

{# what of a region lies in the regions of another edition is the whole of it #}
{% test shares_make_the_whole(model) %}
select from_year, to_year, from_code, sum(share) as whole
from {{ model }}
group by all
having abs(sum(share) - 1) > 1e-9
{% endtest %}

{#
    The country and its two parts, the areas and the rest of it, hold each buurt of each edition once: what is in the country and
    in neither of them, or in both, would be lost or counted twice.
#}
{% test every_buurt_lies_in_the_country_once(model) %}
with buurten as (
    select
        boundary_year, region_code,
        coalesce(sum(share) filter (where geo_level = 'nederland'), 0) as of_country,
        coalesce(sum(share) filter (where geo_level in ('nplv', 'overig_nederland')), 0) as of_parts
    from {{ model }}
    where region_level = 'buurt'
    group by all
)

select boundary_year, region_code, of_country, of_parts
from buurten
where abs(of_parts - of_country) > 1e-9 or of_country > 1 + 1e-9
union all
-- a few addresses of a buurt may lie in one that the boundaries of comparison do not have
select boundary_year, 'all of them', avg(of_country), avg(of_parts)
from buurten
group by boundary_year
having avg(of_country) < {{ var('nearly_all') }}
{% endtest %}

{# the class of a buurt is that of the cut-offs of its measurement, where the file has the one and we know the others #}
{% test class_follows_from_cutoffs(model) %}
with derived as (
    select b.year, b.region_code, b.class, min(c.class) as derived_class
    from {{ model }} as b
    inner join {{ ref('lbm_class_cutoffs') }} as c on b.year = c.measurement_year and b.afw < c.below
    where b.class is not null
    group by b.year, b.region_code, b.class
)

select * from derived
where class <> derived_class
{% endtest %}

{# every edition has two start years, in their order: a line from the first edition on, and no two lines from the same one #}
{% test start_years_hold(model) %}
select *
from {{ model }}
qualify count(*) over (partition by from_edition) > 1 or not coalesce(start1 <= start2, false)
union all
select 2018, null, null
where not exists (select 1 from {{ model }} where from_edition <= 2018)
{% endtest %}
