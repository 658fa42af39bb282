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
posting as (

    select posting.*
    from {{ ref('int_posting_match__posting') }} as posting
    anti join (
        select posting_id
        from ({{ earlier_matches(step) }}) as earlier
        where course_payment_id is not null
    ) as matched
        on posting.posting_id = matched.posting_id

),

allocated as (

    select
        course_payment_id,
        sum(allocated_dkk) as allocated_dkk
    from ({{ earlier_matches(step) }}) as earlier
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
line_month as (

    select
        posting_id,
        service_month as month
    from {{ line }}
    where service_month is not null

    union

    select
        posting_id,
        cast(unnest(generate_series(
            date_trunc('month', posted_on - {{ window_days }}), date_trunc('month', posted_on + 5), interval 1 month
        )) as date) as month
    from {{ line }}
    where service_month is null

    union

    -- an old month that the caseworker marked as paid then
    select
        line.posting_id,
        marked.planned_month as month
    from (
        select
            posting_id,
            supplier_no,
            posted_on + cast(unnest(range(-3, {{ var('match_mark_days') }} + 1)) as integer) as paid_on
        from {{ line }}
        where service_month is null
    ) as line
    inner join (
        select distinct
            supplier_no,
            planned_month,
            paid_on
        from {{ ref('int_posting_match__payment') }}
        where payment_method not in ('SD', 'CASH')
    ) as marked
        on line.supplier_no = marked.supplier_no
        and line.paid_on = marked.paid_on

),

posting_month as (

    select
        line.*,
        line_month.month
    from {{ line }} as line
    inner join line_month
        on line.posting_id = line_month.posting_id

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
        -- NULL where one of the two says nothing
        when coalesce(
            {{ posting }}.hint_birth_key = {{ payment }}.child_birth_key,
            {{ posting }}.hint_initials_key = {{ payment }}.child_initials_key,
            {{ posting }}.hint_first_name_key = {{ payment }}.child_first_name_key,
            {{ posting }}.hint_first_name_initial_key = {{ payment }}.child_first_name_initial_key,
            {{ posting }}.text_appropriation_id = {{ payment }}.appropriation_id
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

{#- Of a posting and a payment that it may pay for, what `dealt_out` looks at. -#}
{% macro pair_columns() -%}
        posting.posting_id,
        posting.amount_dkk,
        posting.posted_on,
        posting.service_month,
        payment.course_payment_id,
        payment.course_id,
        payment.planned_on,
        payment.planned_month,
        payment.planned_dkk,
        payment.paid_on,
        payment.is_met,
        payment.is_month_shared
{%- endmacro %}

{#- The CTE of the pairs with `order_gap` and `twins`. Equal payments of one course in one month and the equal postings
    that may pay for them go together in order: of posting there, of the day marked as paid or planned here. The money
    is right whoever gets which; of which payment a posting really was nothing tells, so that `twins` says how many were
    equal. Most months have one payment: its pairs are sorted once instead of four times. -#}
{% macro dealt_out(pair, name='dealt') -%}
{{ name }} as (

    {%- for is_month_shared in [true, false] %}

    select
        *,
        abs(
            dense_rank() over (partition by course_id, planned_month, amount_dkk order by posted_on, posting_id)
            {%- if is_month_shared %}
            - dense_rank() over (
                partition by posting_id, course_id, planned_month, planned_dkk, is_met
                order by paid_on nulls last, planned_on
            )
        ) as order_gap,
        least(
            count(*) over (partition by course_payment_id, posted_on, service_month),
            count(*) over (partition by posting_id, course_id, planned_month, planned_dkk)
        ) as twins
            {%- else %}
            - 1
        ) as order_gap,
        1 as twins
            {%- endif %}
    from {{ pair }}
    where {{ 'not ' if not is_month_shared }}is_month_shared
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)
{%- endmacro %}

{#- From the CTE `candidate` (posting_id, target, amount_dkk, is_met, and the ranking columns) to the CTE `result`. A
    pair is taken when each is the other's one best; then the rest looks again, `rounds` times. What then still has a
    best payment that is already taken goes there too (a further posting of a split or a double). Where the best is not
    one but several, nobody chooses: the row has no payment, and `candidates` says how many.
    Pairs are many and what ranks them is the same for most: `place` is each ranking's number among them, so that what
    follows compares one number. -#}
{% macro assign_matches(ranking, confidence, target='course_payment_id', candidates='1', rounds=4) -%}
{%- set order_by = ranking | join(', ') -%}
ranking_place as (

    select
        {{ order_by }},
        row_number() over (order by {{ order_by }}) as place
    from (select distinct {{ order_by }} from candidate)

),

placed as (

    select
        posting_id,
        {{ target }},
        amount_dkk,
        is_met,
        {{ confidence }} as confidence,
        {{ candidates }} as candidates,
        place
    from (
        select
            candidate.*,
            ranking_place.place
        from candidate
        inner join ranking_place
            {%- for column in ranking %}
            {{ 'and' if not loop.first else 'on' }} candidate.{{ column }} is not distinct from ranking_place.{{ column }}
            {%- endfor %}
    )

),
{% for round in range(1, rounds + 1) %}
open_{{ round }} as (
{% if round == 1 %}
    select * from placed
    where not is_met
{% else %}
    select open_pair.*
    from open_{{ round - 1 }} as open_pair
    anti join round_{{ round - 1 }} as taken
        on open_pair.posting_id = taken.posting_id
    anti join round_{{ round - 1 }} as used
        on open_pair.{{ target }} = used.{{ target }}
{% endif %}
),

best_{{ round }} as (

    select
        open_pair.*,
        of_payment.place as payment_place,
        count(*) over (partition by open_pair.posting_id) as posting_ties,
        count(*) filter (where open_pair.place = of_payment.place) over (partition by open_pair.{{ target }}) as payment_ties
    from open_{{ round }} as open_pair
    inner join (select posting_id, min(place) as place from open_{{ round }} group by posting_id) as of_posting
        on open_pair.posting_id = of_posting.posting_id
        and open_pair.place = of_posting.place
    inner join (select {{ target }}, min(place) as place from open_{{ round }} group by {{ target }}) as of_payment
        on open_pair.{{ target }} = of_payment.{{ target }}

),

round_{{ round }} as (

    select * from best_{{ round }}
    where place = payment_place
        and posting_ties = 1
        and payment_ties = 1

),
{% endfor %}

taken as (
{% for round in range(1, rounds + 1) %}
    select posting_id, {{ target }}, amount_dkk, confidence, candidates from round_{{ round }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}

),

-- no payment of its own is left for these
further as (

    select placed.*
    from placed
    anti join taken
        on placed.posting_id = taken.posting_id

),

further_best as (

    select
        further.*,
        count(*) over (partition by further.posting_id) as posting_ties
    from further
    inner join (select posting_id, min(place) as place from further group by posting_id) as of_posting
        on further.posting_id = of_posting.posting_id
        and further.place = of_posting.place

),

result as (

    select posting_id, {{ target }}, amount_dkk, confidence, candidates from taken

    union all

    select
        posting_id,
        case when posting_ties = 1 then {{ target }} end as {{ target }},
        amount_dkk,
        case when posting_ties = 1 then confidence - 0.1 end as confidence,
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


{#- The plan is without value added tax, the posting with it: the supplier's tax was not taken out. -#}
{% macro is_vat_added(amount, planned) -%}
    abs({{ amount }} - {{ planned }} * {{ var('match_vat_factor') }}) <= {{ var('match_tolerance_dkk') }}
{%- endmacro %}

{#- How well the amount fits: 0 to the krone what is planned or marked as paid, 1 that with value added tax or, where the
    payment has no price, what the course usually costs, 2 within the case system's own tolerance, 3 a payment without a
    price that nothing tells it of; NULL it is another amount. -#}
{% macro amount_class(posting, payment) -%}
    {%- set amount, planned = posting ~ '.amount_dkk', payment ~ '.planned_dkk' -%}
    case
        when abs({{ amount }} - {{ planned }}) <= {{ var('match_tolerance_dkk') }}
            or abs({{ amount }} - {{ payment }}.paid_dkk) <= {{ var('match_tolerance_dkk') }}
            then 0
        when {{ is_vat_added(amount, planned) }} then 1
        -- the comma of a price
        when abs({{ planned }} - {{ amount }} * 10) <= {{ var('match_tolerance_dkk') }}
            or abs({{ planned }} - {{ amount }} * 100) <= {{ var('match_tolerance_dkk') }}
            then 1
        when {{ planned }} = 0 then case
            when {{ payment }}.usual_dkk is null then 3
            when abs({{ amount }} - {{ payment }}.usual_dkk) <= {{ match_tolerance(payment ~ '.usual_dkk') }} then 1
        end
        when abs({{ amount }} - {{ planned }}) <= {{ match_tolerance(planned) }} then 2
    end
{%- endmacro %}

{#- How well the day fits that the caseworker marked as paid, of a supplier's invoice usually some days after the posting:
    the days between where they are few, 100 not marked, 200 marked for another time. Wages and cash are marked by the case
    system itself: they are seldom posted before the day that it marks, 250, and one not marked was not paid by it, 300. -#}
{% macro paid_gap(posting, payment) -%}
    case
        when {{ payment }}.paid_on is null then case when {{ payment }}.payment_method in ('SD', 'CASH') then 300 else 100 end
        when {{ payment }}.payment_method in ('SD', 'CASH') and {{ posting }}.posted_on < {{ payment }}.paid_on then 250
        when {{ payment }}.paid_on - {{ posting }}.posted_on between
            -3 and case when {{ payment }}.payment_method in ('SD', 'CASH') then 3 else {{ var('match_mark_days') }} end
            then abs({{ payment }}.paid_on - {{ posting }}.posted_on)
        else 200
    end
{%- endmacro %}

{#- How far a posting lies from where an invoice for the payment's month is expected; 0 where the text names the month. -#}
{% macro lag_gap(posting, payment) -%}
    case
        when {{ posting }}.service_month is not null then 0
        else abs({{ posting }}.posted_on - last_day({{ payment }}.planned_month) - {{ var('match_invoice_lag_days') }})
    end
{%- endmacro %}

{#- What speaks against a pair: the amount only lies near the plan and the text does not name the child; the text names
    no month; the caseworker marked the payment for another time. A mark for the posting's time outweighs one of them.
    Two are too many. -#}
{% macro is_doubtful(posting, payment) -%}
    (
        ({{ amount_class(posting, payment) }} >= 2 and {{ child_hint(posting, payment) }} > 0)::int
        + ({{ posting }}.service_month is null)::int
        + ({{ paid_gap(posting, payment) }} = 200)::int
        - ({{ paid_gap(posting, payment) }} < 100)::int
        > 1
    )
{%- endmacro %}
