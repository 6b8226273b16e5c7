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
