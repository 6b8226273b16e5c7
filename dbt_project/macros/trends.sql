{# One verdict from those of two base years: a movement from one and none from the other is that movement. #}
{% macro combined(first, second, still) -%}
    case
        when {{ first }} = {{ second }} then {{ first }}
        when {{ first }} = 'niet te bepalen' then {{ second }}
        when {{ second }} = 'niet te bepalen' then {{ first }}
        when {{ first }} = '{{ still }}' then {{ second }}
        when {{ second }} = '{{ still }}' then {{ first }}
        else 'wisselend'
    end
{%- endmacro %}

{# The breaks of an indicator, which the catalogue holds as json. #}
{% macro break_list(column) -%}
    from_json({{ column }}, '[{"year": "INTEGER", "text_nl": "VARCHAR", "series": "VARCHAR"}]')
{%- endmacro %}

{# In words the breaks of a series after one year up to and including another; null when there are none. #}
{% macro breaks_between(breaks, series, after, up_to) -%}
    nullif(array_to_string(list_transform(
        list_filter(
            {{ breaks }},
            lambda b: b.year > {{ after }} and b.year <= {{ up_to }} and b.series = {{ series }}  -- noqa: RF01
        ),
        lambda b: 'breuk in ' || b.year || ': ' || b.text_nl  -- noqa: RF01
    ), '; '), '')
{%- endmacro %}
