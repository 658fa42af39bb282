-- A13: another municipality pays for the case, and nothing has come from it: costs of the course, posted some days ago
-- (threshold), that no income from other municipalities (art 7.7) for the course or its child follows. Our own
-- municipality is the one that pays for most courses. One gap a course.
with

{{ gap_rule('A13') }},

{{ own_municipality() }},

course as (

    select course.*
    from {{ ref('int_bos__course') }} as course
    cross join own
    where course.paying_municipality <> own.municipality

),

-- the ledger names the course, the child or the appropriation
income as (

    select
        course.course_id,
        max(posting.posted_on) as posted_on
    from {{ ref('int_ledger__posting') }} as posting
    inner join course
        on {{ names_course('posting', 'course') }}
    where {{ is_inter_municipal_income('posting') }}
    group by course.course_id

),

unclaimed as (

    select
        course.course_id,
        min(posting.posted_on) as first_posted_on,
        max(posting.posted_on) as last_posted_on,
        cast(sum(match.allocated_dkk) as decimal(18, 2)) as amount_dkk

    from {{ ref('fct_posting_match') }} as match

    inner join {{ ref('int_ledger__posting') }} as posting
        on match.posting_id = posting.posting_id
        and not posting.is_income

    inner join course
        on match.course_id = course.course_id

    cross join rule

    left join income
        on course.course_id = income.course_id

    where posting.posted_on <= {{ as_of() }} - rule.threshold_days
        and coalesce(posting.posted_on > income.posted_on, true)

    group by course.course_id

    having sum(match.allocated_dkk) > 0

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    unclaimed.amount_dkk,
    unclaimed.first_posted_on as occurred_on,
    'Betalingskommunen er ' || course.paying_municipality || ', men der er ingen indtægt for udgifter bogført '
        || {{ date_da('unclaimed.first_posted_on') }} || ' til ' || {{ date_da('unclaimed.last_posted_on') }} || ' (i alt '
        || {{ dkk_da('unclaimed.amount_dkk') }} || ').' as text_da

from unclaimed

inner join course
    on unclaimed.course_id = course.course_id

cross join rule
