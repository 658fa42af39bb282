{#- No column of several holds a NULL: one scan of the table, where `not_null` makes one each. -#}
{% test never_null(model, columns) %}
    {{ config(fail_calc='coalesce(sum(null_count), 0)', meta={'shows_finding': true}) }}

    {%- set filled %}count({{ columns | join(') + count(') }}){% endset %}

    select
        concat_ws(
            ', '
            {%- for column in columns %},
            case when count({{ column }}) < count(*) then '{{ column }}' end
            {%- endfor %}
        ) as finding,
        {{ columns | length }} * count(*) - ({{ filled }}) as null_count

    from {{ model }}

    having {{ columns | length }} * count(*) > {{ filled }}

{% endtest %}
