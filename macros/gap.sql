{#- What the registration-gap rules share. A rule is one model intermediate/gap/rules/gap_<rule id> and one row of the
    seed gap_rule; the models are found by the folder (KOBLING_GAP_RULES), so that a new rule needs nothing else. -#}

{#- The rule models of this run. -#}
{% macro gap_rule_models() -%}
    {%- set names = env_var('KOBLING_GAP_RULES', '').split(',') | map('trim') | reject('equalto', '') | list -%}
    {%- if not names -%}
        {{ exceptions.raise_compiler_error(
            'KOBLING_GAP_RULES is empty: set it to the comma-joined names of the models in models/intermediate/gap/rules (orchestration.dbt does)'
        ) }}
    {%- endif -%}
    {{ return(names | sort) }}
{%- endmacro %}

{#- Their rule ids, as a list of SQL. -#}
{% macro built_gap_rules() -%}
    ['{{ gap_rule_models() | map('replace', 'gap_', '') | map('upper') | join("', '") }}']
{%- endmacro %}

{#- The columns that every rule model returns, in their order. -#}
{% macro gap_hit_columns() -%}
    {{ return([
        'rule_id', 'business_key', 'severity', 'course_id', 'posting_id', 'account_id', 'team_id', 'provider_id',
        'document_no', 'amount_dkk', 'occurred_on', 'text_da',
    ]) }}
{%- endmacro %}

{#- The gap's lasting id, made of the rule and its business key: the same in every delivery and publication. -#}
{% macro gap_id(rule_id, business_key) -%}
    substr(sha256({{ rule_id }} || '|' || {{ business_key }}), 1, 32)
{%- endmacro %}

{#- CTE `rule`: the rule's row of the catalogue, with its thresholds. A rule without a row has no hits. -#}
{% macro gap_rule(rule_id) -%}
rule as (

    select * from {{ ref('stg_reference__gap_rule') }} where rule_id = '{{ rule_id }}'

)
{%- endmacro %}

{#- A course with money now: granted, in the newest delivery, not fictive. For the alias of a course relation. -#}
{% macro is_running_commitment(course) -%}
    {{ course }}.status = 'GRANTED' and {{ course }}.is_current and not {{ course }}.is_fictive
{%- endmacro %}

{#- CTE `planned`: the money at stake, what is planned for the courses of `relation` (alias flagged) from one day to
    another, per key. Fictive payments are never money. -#}
{% macro planned_of(relation, from_on, until_on, keys=['course_id'], course_id='course_id') -%}
planned as (

    select
        {% for key in keys %}flagged.{{ key }},
        {% endfor %}cast(sum(payment.planned_dkk) as decimal(18, 2)) as amount_dkk
    from {{ relation }} as flagged
    inner join {{ ref('fct_course_payment') }} as payment
        on flagged.{{ course_id }} = payment.course_id
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_on between {{ from_on }} and {{ until_on }}
    group by {% for key in keys %}flagged.{{ key }}{{ ', ' if not loop.last }}{% endfor %}

)
{%- endmacro %}

{#- CTE `closed_month`: the months whose ledger period is closed at the as-of date, by their first day. -#}
{% macro closed_month() -%}
closed_month as (

    select calendar.month_start_on as month
    from {{ ref('dim_date') }} as calendar
    left join {{ ref('stg_reference__period_close') }} as exception
        on calendar.year = exception.fiscal_year
        and calendar.month_no = exception.period_no
    where calendar.date_on = calendar.month_start_on
        and coalesce(exception.closed_on, calendar.month_end_on + {{ var('period_close_days') }}) <= {{ as_of() }}

)
{%- endmacro %}

{#- The key of a pair of courses, whichever began first. -#}
{% macro pair_key(pair) -%}
    least({{ pair }}.course_id, {{ pair }}.other_course_id) || '|'
        || greatest({{ pair }}.course_id, {{ pair }}.other_course_id)
{%- endmacro %}

{#- CTE `explained_elsewhere`: the payments of `relation` that one of their supplier's unexplained postings of the month
    may stand for (on the same account, if said): nobody can say that they are not posted. -#}
{% macro explained_elsewhere(relation, kinds=['unmatched', 'ambiguous', 'beyond_plan'], same_account=false) -%}
-- month by month, to be found by equalities: a supplier has many postings and many payments
explaining_month as (

    select distinct
        supplier_no,
        {%- if same_account %}
        account_id,
        {%- endif %}
        {{ months_between('first_month', 'last_month') }} as month
    from {{ ref('int_gap__open_posting') }}
    where open_kind in ('{{ kinds | join("', '") }}')
        and open_dkk > 0

),

explained_elsewhere as (

    select distinct flagged.course_payment_id
    from {{ relation }} as flagged
    inner join {{ ref('int_posting_match__payment') }} as matching_payment
        on flagged.course_payment_id = matching_payment.course_payment_id
    inner join explaining_month
        on matching_payment.supplier_no = explaining_month.supplier_no
        and flagged.planned_month = explaining_month.month
        {%- if same_account %}
        and flagged.account_id = explaining_month.account_id
        {%- endif %}

)
{%- endmacro %}

{#- CTE `beyond_plan`: what is posted on the payments of a course beyond their plan, doubles apart: it most likely pays
    for other payments of the course. Of a deleted payment that is all, unless it follows the course's end (A08). -#}
{% macro beyond_plan_of_courses() -%}
beyond_plan as (

    select
        payment.course_id,
        cast(sum(
            posted.posted_dkk - case when payment.is_current then payment.planned_dkk else 0 end
        ) as decimal(18, 2)) as amount_dkk
    from {{ ref('fct_course_payment') }} as payment
    inner join {{ ref('int_gap__posted_payment') }} as posted
        on payment.course_payment_id = posted.course_payment_id
    inner join {{ ref('dim_course') }} as dim_course
        on payment.course_id = dim_course.course_id
    where posted.posted_dkk > case when payment.is_current then payment.planned_dkk else 0 end
        and (payment.is_current or payment.planned_on <= coalesce(dim_course.end_on, payment.planned_on))
    group by payment.course_id

)
{%- endmacro %}

{#- Settled with another municipality as income: art 7.7 (budget and accounting system for municipalities), credits and
    their corrections. For the alias of a ledger relation. -#}
{% macro is_inter_municipal(posting) -%}
    {{ posting }}.art_no like '77%'
{%- endmacro %}

{#- Income from another municipality, as a credit. -#}
{% macro is_inter_municipal_income(posting) -%}
    {{ is_inter_municipal(posting) }} and {{ posting }}.amount_dkk < 0
{%- endmacro %}

{#- Whether a posting that no plan explains names the course, its child or its appropriation. -#}
{% macro names_course(posting, course) -%}
    {{ posting }}.payment_reference = {{ course }}.course_id
        or {{ posting }}.text_course_id = {{ course }}.course_id
        or {{ posting }}.person_key = {{ course }}.child_key
        or {{ posting }}.text_appropriation_id = {{ course }}.appropriation_id
        or {{ posting }}.hint_birth_key = {{ course }}.child_birth_key
{%- endmacro %}

{#- CTE `own`: our municipality, the one that pays for most courses. -#}
{% macro own_municipality() -%}
own as (

    select mode(paying_municipality) as municipality from {{ ref('int_bos__course') }}

)
{%- endmacro %}

{#- The account of the central refund scheme: dranst 2, but not that of the refunds outside the service frame (of support
    for parents, § 177). For the alias of dim_account. -#}
{% macro is_state_refund(account) -%}
    {{ account }}.dranst_no = '2' and coalesce({{ account }}.is_service_frame, true)
{%- endmacro %}

{#- The first day of the as-of date's year. -#}
{% macro start_of_year() -%}
    (select make_date(year(run.as_of), 1, 1) from {{ ref('stg_control__run') }} as run)
{%- endmacro %}

{#- The severity of a gap on a day: what must close with the year's accounts is an error from 31 December until period 12
    closes. For the aliases of the gap as it was told, its rule, and the close of the year in which it occurred. -#}
{% macro severity_on(day, told, rule, year_end) -%}
    case
        when {{ rule }}.is_fail_at_year_end
            and {{ day }} between make_date(year({{ told }}.occurred_on), 12, 31)
            and {{ period_closed_on(year_end ~ '.closed_on', 'year(' ~ told ~ '.occurred_on)', 12) }} - 1
            then 'E'
        else {{ told }}.severity
    end
{%- endmacro %}

{#- Values as Danish readers write them: 12.345,67 kr. · 31.12.2022 · marts 2022. -#}
{% macro dkk_da(amount) -%}
    {%- set text = 'cast(cast(' ~ amount ~ ' as decimal(18, 2)) as varchar)' -%}
    case when {{ amount }} < 0 then '-' else '' end
    || translate(format('{:,}', abs(cast(split_part({{ text }}, '.', 1) as bigint))), ',', '.')
    || ',' || split_part({{ text }}, '.', 2) || ' kr.'
{%- endmacro %}

{#- 12,5 for 12.5; whole numbers without decimals. -#}
{% macro number_da(number) -%}
    replace(regexp_replace(cast(cast({{ number }} as decimal(18, 2)) as varchar), '\.?0+$', ''), '.', ',')
{%- endmacro %}

{% macro date_da(day) -%}
    strftime({{ day }}, '%d.%m.%Y')
{%- endmacro %}

{% macro month_da(day) -%}
    case month({{ day }})
        {%- for name in ['januar', 'februar', 'marts', 'april', 'maj', 'juni', 'juli', 'august', 'september', 'oktober', 'november', 'december'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end || ' ' || year({{ day }})
{%- endmacro %}
