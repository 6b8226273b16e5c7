{# One measure of Kerncijfers wijken en buurten as figures of regions, `figure` in the publisher's unit. #}
{% macro kwb_figures(measure) %}
    select year, region_code, boundary_year, true as is_final, source_table, source_modified, value as figure
    from {{ ref('stg_cbs__kwb') }}
    where measure = '{{ measure }}' and value is not null
{% endmacro %}
