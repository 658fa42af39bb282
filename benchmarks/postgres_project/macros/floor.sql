{# What several models say alike. #}

{% macro as_of() -%} cast('{{ var("as_of") }}' as date) {%- endmacro %}

{% macro this_year() -%} cast(extract(year from {{ as_of() }}) as integer) {%- endmacro %}

{% macro year_of(day) -%} extract(year from {{ day }}) {%- endmacro %}

{% macro last_day(day) -%} cast(date_trunc('month', {{ day }}) + interval '1 month - 1 day' as date) {%- endmacro %}

{% macro month_of(day) -%} cast(date_trunc('month', {{ day }}) as date) {%- endmacro %}

{% macro account(account_string='account_string') -%} substring({{ account_string }} from '^[^-]*-(.*)-[^-]*$') {%- endmacro %}

{% macro corrected(report) -%}
from {{ source('raw', report) }} as file
left join {{ source('raw', 'correction') }} as correction
    on {{ account() }} = correction.source_account
    and (correction.section_id is null or file.section = correction.section_id)
    and (correction.main_activity_no is null or file.main_activity_id = correction.main_activity_no)
{%- endmacro %}
