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
    series: SQL over f.<column>, none of them named series, for an indicator of several series; each is a total of its own.
    measure: the column of the source that this is, where an edition may come without its figures.

    Of `meta` it uses the weight, a population of int_weights. A region takes it from the nearest edition that has its code on its
    boundaries, the later of two: within five years, and for a count per resident (kind per_inwoner) within one, which with another
    year is provisional. Further away, and where numerator and denominator are counts of the source, it only tells how much is covered.
#}
{% macro indicator_mart(numerator, denominator='w.weight', low='null', high='null', series="'hoofdreeks'", measure='') %}
{%- set geo_regions = ref('int_geo_regions') -%}
{%- set int_weights = ref('int_weights') -%}
{%- set meta = mart_meta() -%}
{%- set weight = meta.get('weight', 'residents') -%}
{%- set is_rate = meta.get('kind') == 'per_inwoner' -%}
{%- set window = 1 if is_rate else 5 -%}
{%- set is_weighted = 'w.weight' in numerator ~ denominator -%}
{{ calendar_cte() }},

placed as (
    select f.*, {{ series }} as series
    from (
        select * from figures
        union all by name
        select cast(null as varchar) as missing, cast(null as {{ cells_type() }}) as cells where false
    ) as f
    semi join calendar as c on f.year = c.year and {{ series }} = c.series
),

editions as (select distinct series, year, boundary_year from placed),

-- how much of a geo is known is also told where a weight is not given: by the residents then, and what the country has for each
weights as (
    select
        w.boundary_year,
        w.region_code,
        w.weight_year,
        w.{{ weight }} as value,
        coalesce(w.{{ weight }}, w.residents * nl.{{ weight }} / nullif(nl.residents, 0)) as comparison_weight,
        w.region_quality
    from {{ int_weights }} as w
    left join {{ int_weights }} as nl on w.boundary_year = nl.boundary_year and w.weight_year = nl.weight_year and nl.region_code = 'NL00'
    where w.weight_year in (select weight_year from {{ int_weights }} group by weight_year having count({{ weight }}) > 0)
),

nearest as (
    select
        e.year,
        e.boundary_year,
        w.region_code,
        arg_min(w, abs(w.weight_year - e.year) * 10000 - w.weight_year) as w,  -- noqa: RF02
        arg_min(w.comparison_weight, abs(w.weight_year - e.year) * 10000 - w.weight_year)
            filter (where w.comparison_weight is not null) as comparison_weight
    from (select distinct year, boundary_year from editions) as e
    inner join weights as w on e.boundary_year = w.boundary_year
    group by e.year, e.boundary_year, w.region_code
),

weighted as (
    select
        year, boundary_year, region_code,
        comparison_weight,
        {%- if is_weighted %}
        abs(w.weight_year - year) <= {{ window }} as is_near,
        case when is_near then w.value end as weight,
        case when is_near then w.weight_year end as weight_year,
        w.region_quality
        {%- else %}
        cast(null as double) as weight,
        cast(null as integer) as weight_year,
        'exact' as region_quality
        {%- endif %}
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
        -- plus zero: a zero with a sign is told as one without it by some files, and is the same number
        cast(f.figure as double) + 0.0::double as figure,
        f.cells,
        {% if is_weighted -%}
        case when f.figure is not null and w.weight is null then 'geen aantal om mee te wegen' else f.missing end as missing,
        {%- else -%}
        f.missing,
        {%- endif %}
        f.table_key,
        f.is_final,
        w.comparison_weight,
        w.weight,
        w.weight_year,
        w.region_quality,
        cast({{ numerator }} as double) + 0.0::double as numerator,
        cast({{ denominator }} as double) + 0.0::double as denominator,
        cast({{ low }} as double) + 0.0::double as numerator_low,
        cast({{ high }} as double) + 0.0::double as numerator_high
    from editions as e
    inner join (select distinct boundary_year, region_code from {{ geo_regions }}) as r on e.boundary_year = r.boundary_year
    left join weighted as w on e.year = w.year and e.boundary_year = w.boundary_year and r.region_code = w.region_code
    left join placed as f on e.series = f.series and e.year = f.year and e.boundary_year = f.boundary_year and r.region_code = f.region_code
),

known as (
    select * from components
    where numerator is not null and denominator is not null
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
        bool_or(is_known and region_code = 'NL00') as is_of_publisher,
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
        nullif(concat_ws(
            '; ',
            case
                when weight_years <> [year]
                    then
                        '{{ 'gedeeld door de inwoners' if is_rate else 'gewogen met de aantallen' }} van '
                        || array_to_string(weight_years, ' en ')
            end,
            {% if meta.get('national') == 'uitgever' -%}
            case when geo_level = 'nederland' and not is_of_publisher then 'opgebouwd uit regio''s: de uitgever geeft geen cijfer van het land' end
            {%- else -%}
            null
            {%- endif %}
        ), '') as weight_note,
        case when regions = 0 then missing_note end as missing_note,
        table_key,
        case when regions > 0 then components end as components
    from totals
),

without_weight as (
    select series, year, 'geen aantallen om mee te wegen binnen {{ window }} jaar van ' || year as reason
    from components
    where figure is not null and {{ is_weighted | lower }}
    group by series, year
    having count(weight_year) = 0
),

{{ indicator_rows(measure) }}
{% endmacro %}
