-- A09: paid for service before the course's start, by more than some days (threshold). Service is not later than the
-- month that the text names or, where it names none, than the posting and the month of the payment. Net of what was
-- taken back. One gap a course.
with

{{ gap_rule('A09') }},

course as (

    select * from {{ ref('dim_course') }} where start_on is not null

),

dated as (

    select
        match.posting_id,
        match.course_id,
        match.allocated_dkk,
        coalesce(posting.invoice_no, posting.posting_id) as document_no,
        coalesce(
            last_day(posting.service_month), least(posting.posted_on, last_day(payment.planned_month))
        ) as served_until

    from {{ ref('fct_posting_match') }} as match

    inner join {{ ref('fct_posting') }} as posting
        on match.posting_id = posting.posting_id

    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

),

before_start as (

    select
        dated.course_id,
        case when count(distinct dated.posting_id) = 1 then min(dated.posting_id) end as posting_id,
        string_agg(distinct dated.document_no, ', ' order by dated.document_no) as document_no,
        count(distinct dated.posting_id) as postings,
        min(dated.served_until) as served_until,
        cast(sum(dated.allocated_dkk) as decimal(18, 2)) as amount_dkk

    from dated

    inner join course
        on dated.course_id = course.course_id

    cross join rule

    where dated.served_until < course.start_on - rule.threshold_days

    group by dated.course_id

    having sum(dated.allocated_dkk) > 0

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    before_start.posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    before_start.document_no,
    before_start.amount_dkk,
    before_start.served_until as occurred_on,
    'Forløbet starter ' || {{ date_da('course.start_on') }} || ', men der er bogført '
        || {{ dkk_da('before_start.amount_dkk') }} || ' for ydelser senest ' || {{ date_da('before_start.served_until') }}
        || ' (posteringer: ' || before_start.postings || ').' as text_da

from before_start

inner join course
    on before_start.course_id = course.course_id

cross join rule
