{#-
How DuckDB's tables and views come to be: straight under their name. dbt's own are built beside the old one and renamed,
for those who read at that moment; nobody reads a warehouse file that is being built, and a build that fails is thrown
away. A fifth of a build's time.
-#}
{% materialization table, adapter='duckdb' %}
    {{ return(build_in_place('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(build_in_place('view')) }}
{% endmaterialization %}

{% macro build_in_place(kind) %}
    {%- set relation = this.incorporate(type=kind) -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(false, relation, sql) if kind == 'table' else create_view_as(relation, sql) }}
    {%- endcall %}
    {{ return({'relations': [relation]}) }}
{% endmacro %}
