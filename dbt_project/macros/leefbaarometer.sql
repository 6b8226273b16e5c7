{# A dimension of the Leefbaarometer per buurt. It is a deviation from the country, which is therefore 0 by definition. #}
{% macro leefbaarometer_deviation(dimension) %}
    select year, region_code, boundary_year, true as is_final, source_table, source_modified, {{ dimension }} as deviation
    from {{ ref('stg_leefbaarometer__buurten') }}
    union all
    select distinct year, 'NL00', boundary_year, true, source_table, source_modified, 0.0
    from {{ ref('stg_leefbaarometer__buurten') }}
{% endmacro %}
