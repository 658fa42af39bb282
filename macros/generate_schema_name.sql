{#- The schema that a model asks for is its schema: `marts` is `marts` in every target. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
