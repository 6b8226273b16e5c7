{# What is kept of each part of a total, so that it can be taken apart: a struct of the columns of a CTE. #}
{% macro component() -%}
{
            'region_code': region_code, 'boundary_year': boundary_year, 'share': share, 'region_quality': region_quality,
            'counted': is_known, 'measure': measure, 'figure': figure, 'cells': cells, 'missing': missing,
            'weight': weight, 'weight_year': weight_year, 'numerator': numerator, 'denominator': denominator,
            'numerator_low': numerator_low, 'numerator_high': numerator_high, 'table_key': table_key
        }
{%- endmacro %}

{# What the components of a total that were counted add to numerator or denominator. #}
{% macro sum_of_counted(part) -%}
    list_sum(list_transform(list_filter(components, lambda c: c.counted), lambda c: c.{{ part }}))
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
    select '{{ s['id'] }}' as series, unnest(range({{ s['first'] }}, least(year, {{ s.get('last') or 9999 }}) + 1, {{ s['every'] }}))::integer as year
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
                    when s.measure_empty then 'nog niet gepubliceerd: in ' || s.available || ' is dit cijfer nog leeg'
                    when s.available is not null
                        then concat_ws('; ', 'geen cijfer over ' || c.year || ' in ' || s.available, f.missing_note, s.also_missing_reason)
                    else 'over ' || c.year || ' is er nog geen bron'
                end
            when f.denominator is null or f.denominator = 0 then 'het aantal waardoor wordt gedeeld, ontbreekt'
            when coalesce(f.coverage, 0) < {{ meta.get('minimum_coverage', 0) }}
                then
                    'de bron dekt ' || replace(format('{:.1f}', 100 * coalesce(f.coverage, 0)), '.', ',')
                    || '%, en nodig is {{ (100 * meta.get('minimum_coverage', 0)) | round | int }}%'
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
