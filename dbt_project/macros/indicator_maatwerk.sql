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
        cast(null as double) as numerator_low,
        cast(null as double) as numerator_high,
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
            when count(table_key) < count(*)
                then 'niet geleverd: ' || (count(*) - count(table_key)) || ' van de ' || count(*) || ' delen van dit totaal'
            when count(denominator) < count(*)
                then 'geheim: de noemer van ' || (count(*) - count(denominator)) || ' van de ' || count(*) || ' delen van dit totaal'
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
