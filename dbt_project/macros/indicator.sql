{#
    How a mart is made from figures of regions. A mart's sql gives a CTE named `figures` and calls `indicator_mart`;
    everything else of the indicator stands in the `meta` of its yml.

    `figures`: table_key, year, region_code, boundary_year, is_final, measure (what the publisher calls the figure) and figure,
    in the publisher's unit; where there is reason `missing` (why there is none), `cells` (the publisher's figures that were added
    up to it) and columns of its own. The country, when its publisher gives it, is region NL00. Each region is of the edition of
    boundaries of its table.
    numerator, denominator: SQL over f.<column> and w.weight; value = multiplier * sum(numerator) / sum(denominator).
    low, high: expressions for the bounds of the numerator, for models whose publisher gives bounds. Errors of a model are shared
    among regions, so the bounds of a total are the weighted means of the regions' bounds.
    series: SQL over f.<column>, for an indicator of several series; each is a total of its own.
    measure: the column of the source that this is, where an edition may come without its figures.

    Of `meta` it uses the weight, a population of int_weights. A region takes it from the nearest edition that has its code on its
    boundaries, the later of two: within five years, and for a count per resident (kind per_inwoner) within one, which with another
    year is provisional. Further away only how much is covered is told by it.
#}
{% macro indicator_mart(numerator, denominator='w.weight', low='null', high='null', series="'hoofdreeks'", measure='') %}
{%- set geo_regions = ref('int_geo_regions') -%}
{%- set int_weights = ref('int_weights') -%}
{%- set meta = mart_meta() -%}
{%- set weight = meta.get('weight', 'residents') -%}
{%- set is_rate = meta.get('kind') == 'per_inwoner' -%}
{%- set window = 1 if is_rate else 5 -%}
{{ calendar_cte() }},

placed as (
    select {{ series }} as series, f.*
    from (
        select * from figures
        union all by name
        select cast(null as varchar) as missing, cast(null as {{ cells_type() }}) as cells where false
    ) as f
    semi join calendar as c on f.year = c.year and {{ series }} = c.series
),

editions as (select distinct series, year, boundary_year from placed),

weights as (
    select boundary_year, region_code, weight_year, {{ weight }} as value, region_quality
    from {{ int_weights }}
    where weight_year in (select weight_year from {{ int_weights }} group by weight_year having count({{ weight }}) > 0)
),

nearest as (
    select
        e.year,
        e.boundary_year,
        w.region_code,
        arg_min(w, abs(w.weight_year - e.year) * 10000 - w.weight_year) as w  -- noqa: RF02
    from (select distinct year, boundary_year from editions) as e
    inner join weights as w on e.boundary_year = w.boundary_year
    group by e.year, e.boundary_year, w.region_code
),

weighted as (
    select
        year, boundary_year, region_code,
        w.value as comparison_weight,
        abs(w.weight_year - year) <= {{ window }} as is_near,
        case when is_near then w.value end as weight,
        case when is_near then w.weight_year end as weight_year,
        w.region_quality
    from nearest
),

-- every region that lies somewhere in every year, with what is known of it
components as (
    select
        e.series,
        e.year,
        r.boundary_year,
        r.region_code,
        f.measure,
        cast(f.figure as double) as figure,
        f.cells,
        f.missing,
        f.table_key,
        f.is_final,
        w.comparison_weight,
        w.weight,
        w.weight_year,
        w.region_quality,
        {% if is_rate -%}
        cast(case when w.is_near then {{ numerator }} end as double) as numerator,
        {%- else -%}
        cast({{ numerator }} as double) as numerator,
        {%- endif %}
        cast({{ denominator }} as double) as denominator,
        cast({{ low }} as double) as numerator_low,
        cast({{ high }} as double) as numerator_high
    from editions as e
    inner join (select distinct boundary_year, region_code from {{ geo_regions }}) as r on e.boundary_year = r.boundary_year
    left join weighted as w on e.year = w.year and e.boundary_year = w.boundary_year and r.region_code = w.region_code
    left join placed as f on e.series = f.series and e.year = f.year and e.boundary_year = f.boundary_year and r.region_code = f.region_code
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
        e.series,
        e.year,
        g.boundary_year,
        g.region_code,
        g.share,
        g.region_quality,
        k.region_code is not null as is_known
    from {{ geo_regions }} as g
    inner join editions as e on g.boundary_year = e.boundary_year
    {%- for alias, region in [('k', 'region_code'), ('wk', 'inside_wijk'), ('gm', 'inside_gemeente'), ('nl', 'inside_land')] %}
    left join known as {{ alias }}
        on e.series = {{ alias }}.series and e.year = {{ alias }}.year and g.boundary_year = {{ alias }}.boundary_year
        and g.{{ region }} = {{ alias }}.region_code
    {%- endfor %}
    where
        wk.region_code is null and gm.region_code is null and nl.region_code is null
        and (k.region_code is not null or g.region_level = 'buurt')
),

-- what lies in a geo of each region of its cover
parts as (
    select
        c.geo_level,
        c.geo_code,
        c.is_known,
        c.share,
        k.* exclude (region_quality, numerator, denominator, numerator_low, numerator_high, comparison_weight),
        c.share * k.numerator as numerator,
        c.share * k.denominator as denominator,
        c.share * k.numerator_low as numerator_low,
        c.share * k.numerator_high as numerator_high,
        c.share * k.comparison_weight as comparison_weight,
        case
            when 'geraden' in (c.region_quality, k.region_quality) then 'geraden'
            when 'verdeeld' in (c.region_quality, k.region_quality) then 'verdeeld'
            else 'exact'
        end as region_quality
    from chosen as c
    inner join components as k
        on c.series = k.series and c.year = k.year and c.boundary_year = k.boundary_year and c.region_code = k.region_code
),

totals as (
    select
        geo_level,
        geo_code,
        series,
        year,
        -- added up in one order, so that the same figures make the same total to the last bit
        sum(numerator order by region_code) filter (where is_known) as numerator,
        sum(denominator order by region_code) filter (where is_known) as denominator,
        sum(numerator_low order by region_code) filter (where is_known) as numerator_low,
        sum(numerator_high order by region_code) filter (where is_known) as numerator_high,
        count(*) filter (where is_known) as regions,
        count(numerator_low) filter (where is_known) as regions_with_bounds,
        coalesce(sum(comparison_weight order by region_code) filter (where is_known), 0)
        / nullif(sum(comparison_weight order by region_code), 0) as coverage,
        list_sort(list_distinct(list(weight_year) filter (where is_known and weight_year is not null))) as weight_years,
        mode(weight_year order by weight_year) filter (where is_known) as weight_year,
        bool_and(is_final) filter (where is_known) as is_final,
        -- a region where nothing is counted and nobody lives makes no total a guess
        list_distinct(list(region_quality) filter (where is_known and (numerator <> 0 or denominator <> 0))) as qualities,
        mode(missing order by missing) filter (where not is_known) as missing_note,
        max(table_key) as table_key,
        list({{ component() }} order by region_code) as components
    from parts
    group by geo_level, geo_code, series, year
),

found as (
    select
        geo_level,
        geo_code,
        series,
        year,
        numerator,
        denominator,
        case when regions_with_bounds = regions then numerator_low end as numerator_low,
        case when regions_with_bounds = regions then numerator_high end as numerator_high,
        coverage,
        regions,
        case
            when regions = 0 then null
            when list_contains(qualities, 'geraden') then 'geraden'
            when list_contains(qualities, 'verdeeld') then 'verdeeld'
            else 'exact'
        end as region_quality,
        weight_year,
        is_final {%- if is_rate %} and weight_years = [year] {%- endif %} as is_final,
        case
            when weight_years <> [year]
                then
                    '{{ 'gedeeld door de inwoners' if is_rate else 'gewogen met de aantallen' }} van '
                    || array_to_string(weight_years, ' en ')
        end as weight_note,
        case when regions = 0 then missing_note end as missing_note,
        table_key,
        case when regions > 0 then components end as components
    from totals
),

without_weight as (
    select series, year, 'geen aantallen om mee te wegen binnen {{ window }} jaar van ' || year as reason
    from components
    where figure is not null
    group by series, year
    having count(weight_year) = 0
),

{{ indicator_rows(measure) }}
{% endmacro %}


{# What is kept of each part of a total, so that it can be taken apart: a struct of the columns of a CTE. #}
{% macro component() -%}
{
            'region_code': region_code, 'boundary_year': boundary_year, 'share': share, 'region_quality': region_quality,
            'counted': is_known, 'measure': measure, 'figure': figure, 'cells': cells, 'missing': missing,
            'weight': weight, 'weight_year': weight_year, 'numerator': numerator, 'denominator': denominator, 'table_key': table_key
        }
{%- endmacro %}

{% macro cells_type() -%} struct(region_code varchar, measure varchar, "value" double)[] {%- endmacro %}


{# The meta of the model that is being compiled; empty while dbt parses, when the yml has not been read yet. #}
{% macro mart_meta() -%}
    {{ return(model.config.get('meta', {}) if execute else {}) }}
{%- endmacro %}


{# The years in which each series of an indicator is measured, up to the newest that any source speaks of: a CTE. #}
{% macro calendar_cte(meta=none) %}
{%- set all_series = (meta or mart_meta()).get('series', [{'id': 'hoofdreeks', 'first': 2018, 'every': 1}]) -%}
calendar as (
    {%- for s in all_series %}
    select '{{ s['id'] }}' as series, unnest(range({{ s['first'] }}, year + 1, {{ s['every'] }}))::integer as year
    from {{ ref('int_newest_year') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
{%- endmacro %}


{#
    The rows of a mart from its CTEs `calendar` and `found`: one for each geo and each year of the calendar of each series, also
    when nothing can be said, with the reason.
#}
{% macro indicator_rows(measure='') %}
{%- set meta = mart_meta() -%}
{%- set relations = meta.get('sources', ['']) -%}
{%- set sources = ref('stg_nplv__sources') -%}
geos as (
    select distinct geo_level, geo_code, geo_name from {{ ref('int_geos') }}
),

-- why a year has no figure: the state of its source, else that the source does not have it (yet)
source_reasons as (
    select
        c.series,
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
        -- addresses are there of each edition of boundaries; a figure that is placed by them rests on those of one
        and (s.relation <> 'cbs_addresses' or s.boundary_year = {{ var('boundary_year') }})
    group by c.series, c.year
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
        c.series,
        c.year,
        f.* exclude (geo_level, geo_code, series, year),
        case
            when n.reason is not null then 'niet gegeven: ' || n.reason
            when w.reason is not null then w.reason
            when f.regions > 0 and f.missing_note is not null then f.missing_note
            when f.year is null or f.regions = 0
                then case
                    when s.missing_reason is not null then s.missing_reason
                    when s.measure_empty then 'nog niet gepubliceerd: kolom zonder cijfers in ' || s.available
                    when s.available is not null
                        then concat_ws('; ', 'geen cijfer over ' || c.year || ' in ' || s.available, f.missing_note, s.also_missing_reason)
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
    left join found as f on g.geo_level = f.geo_level and g.geo_code = f.geo_code and c.series = f.series and c.year = f.year
    left join without_weight as w on c.series = w.series and c.year = w.year
    left join source_reasons as s on c.series = s.series and c.year = s.year
    left join not_given as n on g.geo_level = n.geo_level
)

select
    '{{ meta.get('indicator_id', '') }}' as indicator_id,
    e.geo_level,
    e.geo_code,
    e.geo_name,
    e.series,
    e.year,
    case when e.why_missing is null then {{ meta.get('multiplier', 1) }} * e.numerator / e.denominator end as value,
    case when e.why_missing is null then {{ meta.get('multiplier', 1) }} * e.numerator_low / e.denominator end as value_low,
    case when e.why_missing is null then {{ meta.get('multiplier', 1) }} * e.numerator_high / e.denominator end as value_high,
    '{{ meta.get('unit', '') | replace("'", "''") }}' as unit,
    case when e.why_missing is null then e.numerator end as numerator,
    case when e.why_missing is null then e.denominator end as denominator,
    coalesce(e.coverage, 0.0) as coverage,
    cast(coalesce(e.regions, 0) as integer) as regions,
    e.region_quality,
    cast(e.weight_year as integer) as weight_year,
    {{ var('boundary_year') }} as boundary_year,
    case when e.why_missing is not null then 'ontbreekt' when e.is_final then 'definitief' else 'voorlopig' end as status,
    case
        when e.why_missing is not null then e.why_missing
        else nullif(concat_ws('; ', e.weight_note, e.stale_reason), '')
    end as status_reason,
    s.source_table,
    s.source_modified,
    e.components
from expected as e
left join {{ sources }} as s on e.table_key = s.table_key
order by e.geo_level, e.geo_code, e.series, e.year
{% endmacro %}


{#
    A mart of CBS maatwerk: numerator and denominator come as counts of each area, municipality, what is left of it, the country
    and the country without the areas, so nothing is weighted and nothing is subtracted. A total holds only when every part was
    delivered.
#}
{% macro indicator_mart_maatwerk() %}
{%- set meta = mart_meta() -%}
{{ calendar_cte() }},

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
    union all
    select 'overig_nederland', 'ONL', 'overig_nederland', 'ONL'
),

assigned as (
    select
        p.geo_level,
        p.geo_code,
        p.part_code as region_code,
        'hoofdreeks' as series,
        y.year,
        d.* exclude (geo_level, geo_code, year),
        d.numerator is not null and d.denominator is not null as is_known,
        1.0::double as share,
        case when d.boundary_year = {{ var('boundary_year') }} then 'exact' else 'geraden' end as region_quality,
        'teller' as measure,
        d.numerator as figure,
        cast(null as {{ cells_type() }}) as cells,
        cast(null as double) as weight,
        cast(null as integer) as weight_year
    from parts as p
    cross join (select distinct year from delivered) as y
    left join delivered as d on p.part_level = d.geo_level and p.part_code = d.geo_code and y.year = d.year
),

totals as (
    select
        geo_level,
        geo_code,
        series,
        year,
        sum(numerator) filter (where is_known) as numerator,
        sum(denominator) filter (where is_known) as denominator,
        -- how large a part is that was not delivered is not known, so a total without one has no figure
        case when count(*) = count(denominator) then coalesce(sum(denominator) filter (where is_known), 0) / nullif(sum(denominator), 0) else 0 end
            as coverage,
        case
            when count(denominator) < count(*)
                then 'niet geleverd: ' || (count(*) - count(denominator)) || ' van de ' || count(*) || ' delen van dit totaal'
            when count(numerator) = 0 then 'geheim: geen enkele teller'
        end as missing_note,
        count(*) filter (where is_known) as regions,
        bool_and(is_final) as is_final,
        bool_and(region_quality = 'exact') filter (where is_known) as is_exact,
        max(table_key) as table_key,
        list({{ component() }} order by region_code) as components
    from assigned
    group by geo_level, geo_code, series, year
),

found as (
    select
        geo_level, geo_code, series, year, numerator, denominator,
        cast(null as double) as numerator_low,
        cast(null as double) as numerator_high,
        coverage, regions,
        case when is_exact then 'exact' when regions > 0 then 'geraden' end as region_quality,
        cast(null as integer) as weight_year,
        is_final,
        cast(null as varchar) as weight_note,
        missing_note,
        table_key,
        case when regions > 0 then components end as components
    from totals
),

without_weight as (
    select cast(null as varchar) as series, cast(null as integer) as year, cast(null as varchar) as reason where false
),

{{ indicator_rows() }}
{% endmacro %}
