-- D16: a price that can hardly be right, as int_gap__implausible_payment judges it; the forecast holds its money out until
-- the price is corrected or confirmed. At stake is all that is planned at it: what is already paid may be wrong too. One
-- gap a course.
with

{{ gap_rule('D16') }},

said as (

    select
        *,
        case
            when payment_cost_type = 'GLOBAL_RATE' then {{ number_da('found') }} || ' enheder'
            when reason = 'month' then {{ dkk_da('found') }} || ' pr. måned'
            when payment_cost_type = 'PER_UNIT' and reason <> 'cost' then {{ dkk_da('found') }} || ' pr. enhed'
            else {{ dkk_da('found') }} || ' pr. betaling'
        end as found_da,
        case
            when payment_cost_type = 'GLOBAL_RATE' then {{ number_da('usual') }} || ' enheder'
            else {{ dkk_da('usual') }}
        end as usual_da
    from {{ ref('int_gap__price_hold') }}

)

select
    rule.rule_id,
    said.course_id as business_key,
    rule.severity,
    said.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    said.planned_dkk as amount_dkk,
    said.first_on as occurred_on,
    said.found_da || ' er ' || {{ number_da(divide('said.found', 'said.usual')) }} || ' gange '
        || case
            when said.reason = 'jump' then 'forløbets sædvanlige pris ' || said.usual_da
            else 'aktivitetens median ' || said.usual_da || ' over ' || said.courses || ' forløb'
        end || ' (betalinger: ' || said.payments || ').' as text_da

from said

inner join {{ ref('dim_course') }} as course
    on said.course_id = course.course_id

cross join rule
