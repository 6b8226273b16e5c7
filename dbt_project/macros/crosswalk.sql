{# The regions of which some address tells where they lie in another edition, on either side of the crosswalk; of others the code is all there is. #}
{% macro regions_with_addresses() -%}
    select from_year, to_year, from_code as region_code from {{ ref('int_crosswalk') }}
    union
    select from_year, to_year, to_code as region_code from {{ ref('int_crosswalk') }}
{%- endmacro %}
