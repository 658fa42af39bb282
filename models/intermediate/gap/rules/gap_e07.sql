-- E07: what a child has cost in a year, net of what other municipalities pay, gives a refund for particularly expensive
-- cases (BL § 198, SEL § 176), and none is posted for the child. Counted from the day on which the cost passed the first
-- threshold, as refunds are claimed by the quarter. Last year's refund can still be claimed. One gap a child and year; the
-- key is a hash of the pseudonym, which is not published.
with

{{ gap_rule('E07') }},

due as (

    select *
    from {{ ref('int_state_refund__child') }}
    where fiscal_year >= year({{ as_of() }}) - 1
        and entitled_dkk > 0
        and claimed_dkk = 0

)

select
    rule.rule_id,
    {{ gap_id('rule.rule_id', "due.child_key || '|' || due.fiscal_year") }} as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    course.team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    due.entitled_dkk as amount_dkk,
    due.passed_on as occurred_on,
    'Bogført nettoudgift i ' || due.fiscal_year || ' er ' || {{ dkk_da('due.net_cost_dkk') }}
        || '; statsrefusionen er skønnet til ' || {{ dkk_da('due.entitled_dkk') }}
        || ', og der er ikke bogført refusion (dranst 2).' as text_da

from due

cross join rule

left join {{ ref('int_gap__course_of_child') }} as course
    on due.child_key = course.child_key

where due.passed_on <= {{ as_of() }} - rule.threshold_days
