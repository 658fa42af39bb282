-- D12: the same key twice in the case system's newest delivery: a payment's id twice in one report, a history record twice
-- in the list of cases, or one case number on two cases. A posting id that comes twice stops the publication (a data
-- test), and the same file twice is E13. One gap a course or case; the key of a case is a hash, as it is not published.
with

{{ gap_rule('D12') }},

payment as (

    select *
    from {{ ref('stg_bos__course_payment') }}
    where source_payment_id is not null
    qualify rank() over (partition by source_system order by extract_date desc) = 1

),

case_row as (

    select *
    from {{ ref('stg_bos__case_history') }}
    qualify rank() over (partition by source_system order by extract_date desc) = 1

),

repeated_payment as (

    select
        source_system,
        report,
        source_payment_id,
        min(course_id) as course_id,
        min(planned_on) as planned_on,
        cast(sum(planned_dkk) - min(planned_dkk) as decimal(18, 2)) as amount_dkk
    from payment
    group by source_system, report, source_payment_id
    having count(*) > 1
    -- both reports show the same payment
    qualify row_number() over (partition by source_system, source_payment_id order by report desc) = 1

),

repeated_record as (

    select
        source_system,
        case_id,
        history_id,
        max(child_key) as child_key,
        min(changed_at) as changed_at
    from case_row
    where history_id is not null
    group by source_system, case_id, history_id
    having count(*) > 1

),

finding as (

    select
        'betaling|' || course_id as business_key,
        course_id,
        cast(null as varchar) as child_key,
        cast(sum(amount_dkk) as decimal(18, 2)) as amount_dkk,
        min(planned_on) as occurred_on,
        'Betalings-id står flere gange i leverancen fra BOS (betalinger: ' || count(*) || ').' as text_da
    from repeated_payment
    group by course_id

    union all

    select
        'historik|' || case_id as business_key,
        cast(null as varchar) as course_id,
        max(child_key) as child_key,
        cast(0 as decimal(18, 2)) as amount_dkk,
        cast(min(changed_at) as date) as occurred_on,
        'Samme historik-id står flere gange på sagen (id''er: ' || count(*) || ').' as text_da
    from repeated_record
    group by case_id

    union all

    select
        'sagsnummer|' || case_sbsys_id as business_key,
        cast(null as varchar) as course_id,
        max(child_key) as child_key,
        cast(0 as decimal(18, 2)) as amount_dkk,
        cast(max(changed_at) as date) as occurred_on,
        'Samme sagsnummer står på flere sager i BOS (sager: ' || count(distinct case_id) || ').' as text_da
    from case_row
    where case_sbsys_id is not null
    group by case_sbsys_id
    having count(distinct case_id) > 1

)

select
    rule.rule_id,
    case
        when finding.course_id is not null then finding.business_key
        else {{ gap_id('rule.rule_id', 'finding.business_key') }}
    end as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    finding.amount_dkk,
    finding.occurred_on,
    finding.text_da

from finding

cross join rule

left join {{ ref('int_gap__course_of_child') }} as course_of_child
    on finding.child_key = course_of_child.child_key

left join {{ ref('int_bos__course') }} as course
    on coalesce(finding.course_id, course_of_child.course_id) = course.course_id
