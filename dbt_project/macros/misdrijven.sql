{# Crimes of one kind of int_misdrijven as figures of regions. #}
{% macro crime_figures(kind) %}
    select year, region_code, boundary_year, is_final, source_table, source_modified, offences
    from {{ ref('int_misdrijven') }}
    where kind = '{{ kind }}' and offences is not null
{% endmacro %}
