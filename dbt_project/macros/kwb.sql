{# One measure of Kerncijfers wijken en buurten as figures of regions, `figure` in the publisher's unit. #}
{% macro kwb_figures(measure) %}
    select table_key, year, region_code, boundary_year, true as is_final, measure, value as figure, missing
    from {{ ref('stg_cbs__kwb') }}
    where measure = '{{ measure }}'
{% endmacro %}
