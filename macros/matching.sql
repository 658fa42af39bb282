{#- The cascade. A step is one model int_posting_match__<step>, named in the var match_steps; it sees what the steps
    before it left and returns one row a posting it looked at with a result (see assign_matches). -#}

{#- Everything that the steps before `step` said; all of them when no step is named. -#}
{% macro earlier_matches(step=none) -%}
    {%- set steps = var('match_steps') -%}
    {%- set earlier = steps[:steps.index(step)] if step else steps -%}
    {%- for name in earlier %}
    select * from {{ ref('int_posting_match__' ~ name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        cast(null as varchar) as posting_id,
        cast(null as varchar) as course_payment_id,
        cast(null as decimal(18, 2)) as allocated_dkk,
        cast(null as varchar) as match_method,
        cast(null as decimal(3, 2)) as confidence,
        cast(null as bigint) as candidates
    where false
    {%- endfor %}
{%- endmacro %}

{#- CTEs that every step starts from: `posting`, still unmatched, and `payment` with what is left of it. -#}
{% macro open_for_matching(step) -%}
earlier as (
    {{ earlier_matches(step) }}
),

posting as (

    select posting.*
    from {{ ref('int_posting_match__posting') }} as posting
    anti join (select posting_id from earlier where course_payment_id is not null) as matched
        on posting.posting_id = matched.posting_id

),

allocated as (

    select
        course_payment_id,
        sum(allocated_dkk) as allocated_dkk
    from earlier
    where course_payment_id is not null
    group by course_payment_id

),

payment as (

    select
        payment.*,
        payment.planned_dkk - coalesce(allocated.allocated_dkk, 0) as left_dkk,
        -- met, but for the øre: a further posting is a double-payment candidate
        allocated.course_payment_id is not null
        and abs(payment.planned_dkk - allocated.allocated_dkk) <= {{ match_tolerance('payment.planned_dkk') }} as is_met
    from {{ ref('int_posting_match__payment') }} as payment
    left join allocated
        on payment.course_payment_id = allocated.course_payment_id

)
{%- endmacro %}

{#- CTE `posting_month`: a posting with the planned months that it may pay for: the one its text names or, where it
    names none, those of the window before it. `whole_lines` leaves out the parts of an invoice, which course_month
    looks at together. -#}
{% macro months_of_postings(window_days, whole_lines=false) -%}
{%- set line = 'whole_line' if whole_lines else 'posting' -%}
{%- if whole_lines -%}
whole_line as (

    select posting.*
    from posting
    anti join {{ ref('int_posting_match__invoice_part') }} as invoice_part
        on posting.posting_id = invoice_part.posting_id

),

{% endif -%}
posting_month as (

    select
        *,
        service_month as month
    from {{ line }}
    where service_month is not null

    union all

    select
        *,
        cast(unnest(generate_series(
            date_trunc('month', posted_on - {{ window_days }}), date_trunc('month', posted_on + 5), interval 1 month
        )) as date) as month
    from {{ line }}
    where service_month is null

)
{%- endmacro %}

{#- How far an amount may lie from the plan and still be the plan's. -#}
{% macro match_tolerance(planned) -%}
    greatest(abs({{ planned }}) * {{ var('match_tolerance_pct') }} / 100, {{ var('match_tolerance_dkk') }})
{%- endmacro %}

{#- A hint of the posting's text at the child: 0 it names the course's child or appropriation, 1 it names nobody, 2 it
    names somebody else. Hints are keyed hashes, the appropriation's number may be cut. -#}
{% macro child_hint(posting, payment) -%}
    case
        when {{ posting }}.hint_birth_key = {{ payment }}.child_birth_key
            or {{ posting }}.hint_initials_key = {{ payment }}.child_initials_key
            or {{ posting }}.hint_first_name_key = {{ payment }}.child_first_name_key
            or {{ posting }}.hint_first_name_initial_key = {{ payment }}.child_first_name_initial_key
            or {{ posting }}.text_appropriation_id = {{ payment }}.appropriation_id
            or (
                {{ posting }}.is_text_appropriation_id_cut
                and starts_with({{ payment }}.appropriation_id, {{ posting }}.text_appropriation_id)
            )
            then 0
        when coalesce(
            {{ posting }}.hint_birth_key, {{ posting }}.hint_initials_key, {{ posting }}.hint_first_name_key,
            {{ posting }}.hint_first_name_initial_key, {{ posting }}.text_appropriation_id
        ) is null
            then 1
        else 2
    end
{%- endmacro %}

{#- One account or, where the plan's account is malformed, one category. The category is in the account, so that the
    join has an equality to hash on. -#}
{% macro same_account(posting, payment) -%}
    (
        {{ posting }}.category_no = {{ payment }}.category_no
        and ({{ posting }}.account_id = {{ payment }}.account_id or not {{ payment }}.is_account_valid)
    )
{%- endmacro %}

{#- From the CTE `candidate` (posting_id, target, amount_dkk, is_met, and the ranking columns) to the CTE `result`. A
    pair is taken when each is the other's one best; then the rest looks again, `rounds` times. What then still has a best payment that is already taken goes there too (a further posting of a split or a double). Where
    the best is not one but several, nobody chooses: the row has no payment, and `candidates` says how many.
    A reference that is only ever one course's breaks its ties by order, so that it is never ambiguous. -#}
{% macro assign_matches(ranking, confidence, target='course_payment_id', rounds=4) -%}
{%- set order_by = ranking | join(', ') -%}
{%- for round in range(1, rounds + 1) %}
{%- set open = 'candidate' if round == 1 else 'open_' ~ round %}
{%- if round > 1 %}
open_{{ round }} as (

    select open_pair.*
    from {{ 'open_' ~ (round - 1) if round > 2 else 'candidate' }} as open_pair
    anti join round_{{ round - 1 }} as taken
        on open_pair.posting_id = taken.posting_id
    anti join round_{{ round - 1 }} as used
        on open_pair.{{ target }} = used.{{ target }}

),
{%- endif %}

ranked_{{ round }} as (

    select
        *,
        rank() over (partition by posting_id order by {{ order_by }}) as posting_rank,
        rank() over (partition by {{ target }} order by {{ order_by }}) as payment_rank
    from {{ open }}
    where not is_met

),

best_{{ round }} as (

    select
        *,
        count(*) over (partition by posting_id) as posting_ties,
        count(*) filter (where payment_rank = 1) over (partition by {{ target }}) as payment_ties
    from ranked_{{ round }}
    where posting_rank = 1

),

round_{{ round }} as (

    select * from best_{{ round }}
    where payment_rank = 1
        and posting_ties = 1
        and payment_ties = 1

),
{% endfor %}

taken as (
{% for round in range(1, rounds + 1) %}
    select posting_id, {{ target }}, amount_dkk, {{ confidence }} as confidence, 1 as candidates from round_{{ round }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}

),

-- no payment of its own is left for these
further as (

    select
        candidate.*,
        rank() over (partition by candidate.posting_id order by {{ order_by }}) as posting_rank
    from candidate
    anti join taken
        on candidate.posting_id = taken.posting_id

),

further_best as (

    select
        *,
        count(*) over (partition by posting_id) as posting_ties
    from further
    where posting_rank = 1

),

result as (

    select posting_id, {{ target }}, amount_dkk, confidence, candidates from taken

    union all

    select
        posting_id,
        case when posting_ties = 1 then {{ target }} end as {{ target }},
        amount_dkk,
        case when posting_ties = 1 then {{ confidence }} - 0.1 end as confidence,
        posting_ties as candidates
    from further_best
    qualify row_number() over (partition by posting_id order by {{ target }}) = 1

)
{%- endmacro %}

{#- The step's rows where a posting goes to one payment whole. -#}
{% macro whole_matches(method) -%}
select
    posting_id,
    course_payment_id,
    cast(case when course_payment_id is not null then amount_dkk end as decimal(18, 2)) as allocated_dkk,
    '{{ method }}' as match_method,
    cast(confidence as decimal(3, 2)) as confidence,
    cast(candidates as bigint) as candidates
from result
{%- endmacro %}

{#- The step's rows where a posting is shared out over payments by their plan. From the CTE `share` (posting_id,
    course_payment_id, amount_dkk, plan_dkk, confidence, candidates); a part is the difference of rounded running sums,
    so that the parts are the posting to the øre. -#}
{% macro shared_matches(method) -%}
running as (

    select
        *,
        sum(plan_dkk) over (partition by posting_id) as plan_whole_dkk,
        sum(plan_dkk) over (
            partition by posting_id order by course_payment_id rows between unbounded preceding and current row
        ) as plan_until_dkk
    from share

),

rounded as (

    select
        *,
        {{ divide('amount_dkk * plan_until_dkk', 'plan_whole_dkk') }} as amount_until_dkk
    from running

)

select
    posting_id,
    course_payment_id,
    cast(amount_until_dkk - coalesce(
        lag(amount_until_dkk) over (partition by posting_id order by course_payment_id), 0
    ) as decimal(18, 2)) as allocated_dkk,
    '{{ method }}' as match_method,
    cast(confidence as decimal(3, 2)) as confidence,
    cast(candidates as bigint) as candidates
from rounded
{%- endmacro %}


{#- The amount that is planned, within the tolerance, or the very amount that a caseworker marked as paid. -#}
{% macro same_amount(posting, payment) -%}
    (
        abs({{ posting }}.amount_dkk - {{ payment }}.planned_dkk) <= {{ match_tolerance(payment ~ '.planned_dkk') }}
        or {{ posting }}.amount_dkk = {{ payment }}.paid_dkk
    )
{%- endmacro %}

{#- 0 marked paid on the posting's day or near it, 1 not marked paid, 2 marked paid on another day. -#}
{% macro paid_gap(posting, payment) -%}
    case
        when {{ payment }}.paid_on is null then 1
        when abs({{ posting }}.posted_on - {{ payment }}.paid_on) <= 3 then 0
        else 2
    end
{%- endmacro %}
