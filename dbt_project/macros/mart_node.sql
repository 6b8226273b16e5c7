{# The meta of the mart that a generic test is called on; empty while dbt parses. #}
{% macro mart_node(model) -%}
    {%- set found = namespace(meta={}) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model.identifier -%}
            {%- set found.meta = node.config.meta -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.meta) }}
{%- endmacro %}
