-- A08: paid for service after the course's end and the notice period (int_gap__posting_after_end says what counts), net
-- of what was taken back. One gap a course.
with

{{ gap_rule('A08') }},

after_end as (

    select
        late.course_id,
        case when count(*) = 1 then min(late.posting_id) end as posting_id,
        string_agg(
            distinct coalesce(posting.invoice_no, posting.posting_id), ', '
            order by coalesce(posting.invoice_no, posting.posting_id)
        ) as document_no,
        count(*) as postings,
        min(late.service_month) as first_month,
        max(late.service_month) as last_month,
        cast(sum(late.amount_dkk) as decimal(18, 2)) as amount_dkk
    from {{ ref('int_gap__posting_after_end') }} as late
    inner join {{ ref('fct_posting') }} as posting
        on late.posting_id = posting.posting_id
    group by late.course_id
    having sum(late.amount_dkk) > 0

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    after_end.posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    after_end.document_no,
    after_end.amount_dkk,
    after_end.first_month as occurred_on,
    'Forløbet sluttede ' || {{ date_da('course.end_on') }} || ', men der er bogført '
        || {{ dkk_da('after_end.amount_dkk') }} || ' for ' || {{ month_da('after_end.first_month') }}
        || case
            when after_end.last_month > after_end.first_month then ' - ' || {{ month_da('after_end.last_month') }} else ''
        end || ' (posteringer: ' || after_end.postings || ').' as text_da

from after_end

inner join {{ ref('dim_course') }} as course
    on after_end.course_id = course.course_id

cross join rule
