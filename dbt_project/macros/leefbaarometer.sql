{# A dimension of the Leefbaarometer per buurt. It is a deviation from the country, which is therefore 0 by definition. #}
{% macro leefbaarometer_deviation(dimension) %}
    select table_key, year, region_code, boundary_year, true as is_final, '{{ dimension }}' as measure, {{ dimension }} as figure
    from {{ ref('stg_leefbaarometer__buurten') }}
    union all
    select distinct table_key, year, 'NL00', boundary_year, true, 'per definitie', 0.0
    from {{ ref('stg_leefbaarometer__buurten') }}
{% endmacro %}
