{# Crimes of one kind of int_misdrijven as figures of regions. #}
{% macro crime_figures(kind) %}
    select
        table_key, year, region_code, boundary_year, is_final, offences as figure, missing,
        case when len(cells) = 1 then cells[1].measure else 'som' end as measure,
        case when len(cells) > 1 then cells end as cells
    from {{ ref('int_misdrijven') }}
    where kind = '{{ kind }}'
{% endmacro %}
