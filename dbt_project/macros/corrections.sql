{#
    The register of corrections, applied to a table of a publisher. A correction holds for one figure, and only while the
    publisher still says what the register expects: a figure that was mended is the publisher's own again.

    The columns of a table that hold figures, the year of a row `p` as the register writes it, and the measure of a
    column of it: that of the row, or where a table has a column for each measure the column's own name.
#}
{% macro corrected_columns(relation) -%}
    {{ 'class,afw,won,fys,vrz,soc,onv' if relation == 'leefbaarometer_buurten' else 'value' }}
{%- endmacro %}

{% macro corrected_period(relation) -%}
    {%- if relation == 'cbs_kwb' -%} cast(p.table_period as varchar)
    {%- elif relation == 'leefbaarometer_buurten' -%} cast(p.year as varchar)
    {%- else -%} replace(p.period, 'JJ00', '')
    {%- endif -%}
{%- endmacro %}

{% macro corrected_measure(relation, column) -%}
    {{ {'cbs_kwb': 'p.measure', 'politie_misdrijven': 'p.offence', 'rivm_gezondheid': 'p.margin'}.get(relation, "'" ~ column ~ "'") }}
{%- endmacro %}

{# The rows of a table of the archive with what is used in place of its known errors. #}
{% macro corrected(relation) %}
{%- set columns = corrected_columns(relation).split(',') -%}
    select
        p.* replace (
            {%- if columns == ['value'] %}
            case when c_value.source_key is null then p.missing when c_value.used is null then 'gecorrigeerd: ' || c_value.reason end as missing,
            {%- endif %}
            {%- for column in columns %}
            case when c_{{ column }}.source_key is null then p.{{ column }} else c_{{ column }}.used end as {{ column }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        )
    from {{ source('raw', relation) }} as p
    {%- for column in columns %}
    left join {{ ref('stg_nplv__corrections') }} as c_{{ column }}
        on
            p.table_key = c_{{ column }}.source_key
            and {{ region_code('p.region_code') }} = c_{{ column }}.region_code
            and {{ corrected_period(relation) }} = c_{{ column }}.period
            and {{ corrected_measure(relation, column) }} = c_{{ column }}.measure
            and p.{{ column }} is not distinct from c_{{ column }}.expected
    {%- endfor %}
{% endmacro %}

{#
    The register's lines on a table of which a version is in use, each with what the publisher says now, and `outcome`:
    toegepast, anders (the publisher says something else than the register expects) or geen_rij (there is no such row).
#}
{% macro corrections_judged(relation) %}
    select
        c.*,
        p.published,
        case
            when p.source_key is null then 'geen_rij'
            when (p.published is not distinct from c.expected) then 'toegepast'
            else 'anders'
        end as outcome
    from {{ ref('stg_nplv__corrections') }} as c
    left join (
        {%- for column in corrected_columns(relation).split(',') %}
        select
            p.table_key as source_key,
            {{ region_code('p.region_code') }} as region_code,
            {{ corrected_period(relation) }} as period,
            {{ corrected_measure(relation, column) }} as measure,
            cast(p.{{ column }} as double) as published
        from {{ source('raw', relation) }} as p
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as p
        on c.source_key = p.source_key and c.region_code = p.region_code and c.period = p.period and c.measure = p.measure
    where c.source_key in (select distinct s.table_key from {{ source('raw', relation) }} as s)
{% endmacro %}
