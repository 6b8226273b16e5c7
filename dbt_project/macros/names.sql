{# Schemas carry the name of their layer, without a prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# The level of a region, from its code. #}
{% macro region_level(code) -%}
    case left({{ code }}, 2) when 'NL' then 'land' when 'GM' then 'gemeente' when 'WK' then 'wijk' when 'BU' then 'buurt' end
{%- endmacro %}

{# The country is NL00 here; some tables write NL01. #}
{% macro region_code(code) -%}
    case when {{ code }} = 'NL01' then 'NL00' else {{ code }} end
{%- endmacro %}

{# The wijk and the gemeente of a buurt or wijk stand in its code. #}
{% macro wijk_of(code) -%} 'WK' || substr({{ code }}, 3, 6) {%- endmacro %}
{% macro gemeente_of(code) -%} 'GM' || substr({{ code }}, 3, 4) {%- endmacro %}
