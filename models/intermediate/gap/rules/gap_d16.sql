-- D16: a price that can hardly be right, as int_gap__implausible_payment judges it; the forecast holds its money out until
-- the price is corrected or confirmed. At stake is all that is planned at it: what is already paid may be wrong too. One
-- gap a course.
with

{{ gap_rule('D16') }},

held as (

    select
        *,
        case
            when payment_cost_type = 'PER_UNIT' and reason <> 'high_cost' then ' pr. enhed'
            when payment_cost_type <> 'GLOBAL_RATE' then ' pr. betaling'
        end as per_da,
        case when reason = 'high_cost' then quantity_price else price end as found,
        case
            when reason = 'jump' then course_price
            when reason = 'high_cost' then activity_quantity_price
            else activity_price
        end as usual
    from {{ ref('int_gap__price_hold') }}

),

said as (

    select
        *,
        {{ divide('found', 'usual') }} as times,
        case
            when payment_cost_type = 'GLOBAL_RATE'
                then 'Antal enheder ' || {{ number_da('found') }} || ' er ' || {{ number_da('times') }}
                || ' gange aktivitetens median ' || {{ number_da('usual') }}
            else {{ dkk_da('found') }} || per_da || ' er ' || {{ number_da('times') }} || ' gange '
                || case when reason = 'jump' then 'forløbets sædvanlige pris ' else 'aktivitetens median ' end
                || {{ dkk_da('usual') }}
        end as finding_da
    from held

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
    said.finding_da || case when said.reason <> 'jump' then ' over ' || said.courses || ' forløb' else '' end
        || ' (betalinger: ' || said.payments || ').' as text_da

from said

inner join {{ ref('dim_course') }} as course
    on said.course_id = course.course_id

cross join rule
