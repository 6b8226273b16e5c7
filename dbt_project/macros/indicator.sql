{#
    How a mart is made from figures of regions. A mart's sql gives a CTE named `figures` and calls `indicator_mart`;
    everything else of the indicator stands in the `meta` of its yml.

    `figures`: year, region_code, boundary_year, is_final, source_table, source_modified and the columns that the two
    expressions use, as f.<column>. The country, when its publisher gives it, is region NL00.
    numerator, denominator: SQL over f.<column> and w.weight; value = multiplier * sum(numerator) / sum(denominator).
    weight: the population of int_weights that the figure speaks of. Each region takes it from the nearest edition that has
    the region's code, so that one which was renumbered is not lost; how much is covered is told by the weights on the
    boundaries of comparison, which every region has.
    weight_window: how many years away a weight may come from; 5 for shares and means, 1 for rates.
    is_rate: a count per resident. With a weight of another year it is provisional. A region that is in the edition of the
    weights without a number of residents still counts its events; one that is in no edition near enough does not.
    low, high: expressions for the bounds of the numerator, for samples and models. Errors of a model are shared among
    regions, so the bounds of a total are the weighted means of the regions' bounds.
#}
{% macro indicator_mart(
    numerator, denominator='w.weight', weight='residents', weight_window=5, is_rate=false, low='null', high='null',
    measure=''
) %}
{%- set geo_regions = ref('int_geo_regions') -%}
{%- set weights = ref('int_weights') -%}
{%- set regions = ref('int_regions') -%}
{%- set meta = mart_meta() -%}
weights as (
    select region_code, year as weight_year, boundary_year, value
    from {{ weights }}
    where weight = '{{ weight }}'
),

-- the nearest edition, the later of two, that has the region's code
nearest as (
    select
        f.year,
        w.region_code,
        arg_min(w, abs(w.weight_year - f.year) * 10000 - w.weight_year) as w  -- noqa: RF02
    from (select distinct year from figures) as f
    inner join weights as w on abs(w.weight_year - f.year) <= {{ weight_window }}
    group by f.year, w.region_code
),

weighted as (
    select year, region_code, w.value as weight, w.weight_year, w.boundary_year from nearest
),

weight_years as (select distinct year from weighted),

-- every region of the boundaries of comparison in every year, with what is known of it
components as (
    select
        y.year,
        r.region_code,
        w.weight_year,
        v.value as comparison_weight,
        {% if is_rate -%}
        cast(case when w.region_code is not null then {{ numerator }} end as double) as numerator,
        {%- else -%}
        cast({{ numerator }} as double) as numerator,
        {%- endif %}
        cast({{ denominator }} as double) as denominator,
        cast({{ low }} as double) as numerator_low,
        cast({{ high }} as double) as numerator_high,
        f.is_final,
        f.boundary_year = {{ var('boundary_year') }} and coalesce(w.boundary_year, f.boundary_year) = {{ var('boundary_year') }} as is_exact,
        f.source_table,
        f.source_modified
    from weight_years as y
    cross join {{ regions }} as r
    left join weighted as w on y.year = w.year and r.region_code = w.region_code
    left join weights as v on r.region_code = v.region_code and v.boundary_year = {{ var('boundary_year') }}
    left join figures as f on y.year = f.year and r.region_code = f.region_code
),

known as (
    select * from components
    where numerator is not null {%- if not is_rate %} and denominator is not null {%- endif %}
),

-- the coarsest exact cover: a region counts when it has a figure and no larger one inside the geo has
chosen as (
    select
        g.geo_level,
        g.geo_code,
        g.region_level,
        coalesce(k.year, y.year) as year,
        g.region_code,
        k.region_code is not null as is_known
    from {{ geo_regions }} as g
    cross join weight_years as y
    left join known as k on g.region_code = k.region_code and y.year = k.year
    left join known as wk on g.inside_wijk = wk.region_code and y.year = wk.year
    left join known as gm on g.inside_gemeente = gm.region_code and y.year = gm.year
    left join known as nl on g.inside_land = nl.region_code and y.year = nl.year
    where
        wk.region_code is null and gm.region_code is null and nl.region_code is null
        and (k.region_code is not null or g.region_level = 'buurt')
),

totals as (
    select
        c.geo_level,
        c.geo_code,
        c.year,
        -- added up in one order, so that the same figures make the same total to the last bit
        sum(k.numerator order by c.region_code) filter (where c.is_known) as numerator,
        sum(k.denominator order by c.region_code) filter (where c.is_known) as denominator,
        sum(k.numerator_low order by c.region_code) filter (where c.is_known) as numerator_low,
        sum(k.numerator_high order by c.region_code) filter (where c.is_known) as numerator_high,
        count(k.numerator) filter (where c.is_known) as regions,
        count(k.numerator_low) filter (where c.is_known) as regions_with_bounds,
        coalesce(sum(k.comparison_weight order by c.region_code) filter (where c.is_known), 0)
        / nullif(sum(k.comparison_weight order by c.region_code), 0) as coverage,
        list_sort(list_distinct(list(k.weight_year) filter (where c.is_known and k.weight_year is not null))) as weight_years,
        mode(k.weight_year order by k.weight_year) filter (where c.is_known) as weight_year,
        bool_and(k.is_final) filter (where c.is_known) as is_final,
        bool_and(k.is_exact) filter (where c.is_known) as is_exact,
        max(k.source_table) as source_table,
        max(k.source_modified) as source_modified
    from chosen as c
    inner join components as k on c.year = k.year and c.region_code = k.region_code
    group by c.geo_level, c.geo_code, c.year
),

found as (
    select
        t.geo_level,
        t.geo_code,
        t.year,
        t.numerator,
        t.denominator,
        case when t.regions_with_bounds = t.regions then t.numerator_low end as numerator_low,
        case when t.regions_with_bounds = t.regions then t.numerator_high end as numerator_high,
        t.coverage,
        t.regions,
        case when t.is_exact then 'exact' when t.regions > 0 then 'geraden' end as region_quality,
        t.weight_year,
        t.is_final {%- if is_rate %} and t.weight_years = [t.year] {%- endif %} as is_final,
        case
            when t.weight_years <> [t.year]
                then
                    '{{ 'gedeeld door de inwoners' if is_rate else 'gewogen met de aantallen' }} van '
                    || array_to_string(t.weight_years, ' en ')
        end as weight_note,
        cast(null as varchar) as missing_note,
        t.source_table,
        t.source_modified
    from totals as t
),

without_weight as (
    select distinct f.year, 'geen aantallen om mee te wegen binnen {{ weight_window }} jaar van ' || f.year as reason
    from figures as f
    anti join weight_years as y on f.year = y.year
),

{{ indicator_rows(measure) }}
{% endmacro %}


{# The meta of the model that is being compiled; empty while dbt parses, when the yml has not been read yet. #}
{% macro mart_meta() -%}
    {{ return(model.config.get('meta', {}) if execute else {}) }}
{%- endmacro %}


{#
    The rows of a mart from its CTE `found`: one for each geo and each year of the indicator's own calendar, also when
    nothing can be said, with the reason.
#}
{% macro indicator_rows(measure='') %}
{%- set meta = mart_meta() -%}
{%- set calendar = meta.get('calendar', {'first': 2018, 'every': 1}) -%}
{%- set relations = meta.get('sources', ['']) -%}
{%- set sources = ref('stg_nplv__sources') -%}
calendar as (
    select unnest(range({{ calendar['first'] }}, year + 1, {{ calendar['every'] }}))::integer as year
    from {{ ref('int_newest_year') }}
),

geos as (
    select distinct geo_level, geo_code, geo_name from {{ ref('int_geos') }}
),

-- why a year has no figure: the state of its source, else that the source does not have it (yet)
source_reasons as (
    select
        c.year,
        string_agg(distinct s.reason, '; ' order by s.reason) filter (where s.reason <> '' and not s.is_used and s.relation = '{{ relations[0] }}')
            as missing_reason,
        -- what else the figure rests on: a table of another year may do in place of this one's, a table of all years not
        string_agg(distinct s.reason, '; ' order by s.reason) filter (
            where s.reason <> '' and not s.is_used and s.relation <> '{{ relations[0] }}' and s.period is null
        ) as also_missing_reason,
        string_agg(distinct s.reason, '; ' order by s.reason) filter (where s.reason <> '' and s.is_used) as stale_reason,
        string_agg(distinct s.source_table, ', ' order by s.source_table) filter (where s.is_used and s.relation = '{{ relations[0] }}') as available,
        bool_or(
            '{{ measure }}' <> '' and s.is_used and s.relation = '{{ relations[0] }}'
            and list_contains(string_split(s.measures_empty, ','), '{{ measure }}')
        ) as measure_empty
    from calendar as c
    left join {{ sources }} as s on s.relation in ('{{ relations | join("', '") }}') and (s.period is null or s.period = c.year)
        -- addresses are there of each edition of boundaries; a figure rests on those of one
        and (s.relation <> 'cbs_addresses' or s.boundary_year = {{ var('boundary_year') }})
    group by c.year
),

not_given as (
    select *
    from (
        values
        {%- for level, reason in meta.get('comparators_not_given', {}).items() %}
        ('{{ level }}', '{{ reason | replace("'", "''") }}'),
        {%- endfor %}
        (cast(null as varchar), cast(null as varchar))
    ) as n (geo_level, reason)
),

expected as (
    select
        g.geo_level,
        g.geo_code,
        g.geo_name,
        c.year,
        f.* exclude (geo_level, geo_code, year),
        case
            when n.reason is not null then 'niet gegeven: ' || n.reason
            when w.reason is not null then w.reason
            when f.missing_note is not null then f.missing_note
            when f.year is null or f.regions = 0
                then case
                    when s.missing_reason is not null then s.missing_reason
                    when s.measure_empty then 'nog niet gepubliceerd: kolom zonder cijfers in ' || s.available
                    when s.available is not null then concat_ws('; ', 'geen cijfer over ' || c.year || ' in ' || s.available, s.also_missing_reason)
                    else 'geen bron voor ' || c.year
                end
            when f.denominator is null or f.denominator = 0 then 'geen noemer'
            when coalesce(f.coverage, 0) < {{ meta.get('minimum_coverage', 0) }}
                then
                    'dekking ' || replace(format('{:.1f}', 100 * coalesce(f.coverage, 0)), '.', ',')
                    || '% is lager dan de minimale {{ (100 * meta.get('minimum_coverage', 0)) | round | int }}%'
        end as why_missing,
        s.stale_reason
    from calendar as c
    cross join geos as g
    left join found as f on g.geo_level = f.geo_level and g.geo_code = f.geo_code and c.year = f.year
    left join without_weight as w on c.year = w.year
    left join source_reasons as s on c.year = s.year
    left join not_given as n on g.geo_level = n.geo_level
)

select
    '{{ meta.get('indicator_id', '') }}' as indicator_id,
    geo_level,
    geo_code,
    geo_name,
    'hoofdreeks' as series,
    year,
    case when why_missing is null then {{ meta.get('multiplier', 1) }} * numerator / denominator end as value,
    case when why_missing is null then {{ meta.get('multiplier', 1) }} * numerator_low / denominator end as value_low,
    case when why_missing is null then {{ meta.get('multiplier', 1) }} * numerator_high / denominator end as value_high,
    '{{ meta.get('unit', '') | replace("'", "''") }}' as unit,
    case when why_missing is null then numerator end as numerator,
    case when why_missing is null then denominator end as denominator,
    coalesce(coverage, 0.0) as coverage,
    cast(coalesce(regions, 0) as integer) as regions,
    region_quality,
    cast(weight_year as integer) as weight_year,
    {{ var('boundary_year') }} as boundary_year,
    case when why_missing is not null then 'ontbreekt' when is_final then 'definitief' else 'voorlopig' end as status,
    case
        when why_missing is not null then why_missing
        else nullif(concat_ws('; ', weight_note, stale_reason), '')
    end as status_reason,
    source_table,
    source_modified
from expected
order by geo_level, geo_code, year
{% endmacro %}


{#
    A mart of CBS maatwerk: numerator and denominator come as counts of each area, municipality and the country, so
    nothing is weighted. A total holds only when every part was delivered; the country without the areas is the
    country's counts less those of all areas.
#}
{% macro indicator_mart_maatwerk() %}
{%- set meta = mart_meta() -%}
delivered as (
    select * from {{ ref('stg_cbs__maatwerk') }}
    where indicator_id = '{{ meta.get('indicator_id', '') }}'
),

municipalities as (
    select distinct municipality_code from {{ ref('focus_areas') }}
),

-- what has to be delivered for each geo
parts as (
    select 'nplv' as geo_level, 'NPLV' as geo_code, 'gebied' as part_level, area_id as part_code from {{ ref('focus_areas') }}
    union all
    select 'gebied', area_id, 'gebied', area_id from {{ ref('focus_areas') }}
    union all
    select 'gemeenten', 'G19', 'gemeente', municipality_code from municipalities
    union all
    select 'rest_19_gemeenten', 'R19', 'rest_gemeente', municipality_code from municipalities
    union all
    select 'nederland', 'NL00', 'nederland', 'NL00'
),

assigned as (
    select p.geo_level, p.geo_code, y.year, d.* exclude (geo_level, geo_code, year)
    from parts as p
    cross join (select distinct year from delivered) as y
    left join delivered as d on p.part_level = d.geo_level and p.part_code = d.geo_code and y.year = d.year
),

totals as (
    select
        geo_level,
        geo_code,
        year,
        sum(numerator) filter (where denominator is not null) as numerator,
        sum(denominator) filter (where numerator is not null) as denominator,
        -- how large a part is that was not delivered is not known, so a total without one has no figure
        case when count(*) = count(denominator) then coalesce(sum(denominator) filter (where numerator is not null), 0) / sum(denominator) else 0 end
            as coverage,
        case
            when count(denominator) between 1 and count(*) - 1
                then 'niet geleverd: ' || (count(*) - count(denominator)) || ' van de ' || count(*) || ' delen van dit totaal'
        end as missing_note,
        count(numerator) as regions,
        bool_and(is_final) as is_final,
        bool_and(boundary_year = {{ var('boundary_year') }}) as is_exact,
        max(source_table) as source_table,
        max(source_modified) as source_modified
    from assigned
    group by geo_level, geo_code, year
),

with_complement as (
    select * from totals
    union all by name
    select
        'overig_nederland' as geo_level,
        'ONL' as geo_code,
        nl.year,
        nl.numerator - a.numerator as numerator,
        nl.denominator - a.denominator as denominator,
        1.0 as coverage,
        cast(null as varchar) as missing_note,
        nl.regions,
        nl.is_final and a.is_final as is_final,
        nl.is_exact and a.is_exact as is_exact,
        nl.source_table,
        nl.source_modified
    from totals as nl
    inner join totals as a on nl.year = a.year and a.geo_level = 'nplv' and a.coverage = 1 and nl.coverage = 1
    where nl.geo_level = 'nederland'
),

found as (
    select
        geo_level, geo_code, year, numerator, denominator,
        cast(null as double) as numerator_low,
        cast(null as double) as numerator_high,
        coverage, regions,
        case when is_exact then 'exact' else 'geraden' end as region_quality,
        cast(null as integer) as weight_year,
        is_final,
        cast(null as varchar) as weight_note,
        missing_note,
        source_table, source_modified
    from with_complement
),

without_weight as (
    select cast(null as integer) as year, cast(null as varchar) as reason where false
),

{{ indicator_rows() }}
{% endmacro %}
