{# Entries of the catalogue of the programme with these fields, from the meta of the model; a list becomes a list of texts; number: its place. #}
{% macro listed(entries, fields) -%}
    select * from (
        values
        {%- for entry in mart_meta().get(entries, []) %}
        (
            {{ loop.index }},
            {%- for field in fields %}
            {%- set value = entry.get(field) %}
            {%- if value is none %} null
            {%- elif value is boolean or value is number %} {{ value }}
            {%- elif value is string %} '{{ value | replace("'", "''") }}'
            {%- else %} [{% for one in value %}'{{ one | string | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}]
            {%- endif %}{{ ',' if not loop.last }}
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {%- else %}
        (null{% for field in fields %}, null{% endfor %})
        {%- endfor %}
    ) as entries (number, {{ fields | join(', ') }})
{%- endmacro %}

{# From fewer areas than this a total is not told: the figure of one would follow from it. #}
{% macro too_few_areas(areas) -%} {{ areas }} between 1 and 2 {%- endmacro %}
{% macro told_of_too_few() -%} 'uit te weinig gebieden om een totaal te vertellen' {%- endmacro %}
