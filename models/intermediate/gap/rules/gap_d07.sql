-- D07: the case system plans on an account that the chart does not have, and that is one digit or one transposition from
-- one that it has: 582211009 is 528211009. Judged on the account as the case system writes it, corrected by a seed or not:
-- its accounting alias and its payment files carry the wrong one until it is mended there. Proposed is an account of the
-- same activity category where there is one. One gap an account.
with

{{ gap_rule('D07') }},

course as (

    select
        *,
        regexp_extract(source_account, '^([0-9]{8,10})-[0-9]{6}$', 1) as main_account_no
    from {{ ref('int_bos__course') }}
    where is_current

),

{{ planned_of('course', start_of_year(), as_of()) }},

chart as (

    select
        main_account_no,
        category_no
    from {{ ref('stg_reference__account') }}
    where {{ as_of() }} between valid_from and coalesce(valid_to, {{ as_of() }})

),

unknown as (

    select
        course.source_account,
        course.main_account_no,
        substr(course.source_account, -6) as category_no,
        min(course.account_id) as account_id,
        count(*) as courses,
        min(course.start_on) as first_start_on,
        cast(coalesce(sum(planned.amount_dkk), 0) as decimal(18, 2)) as amount_dkk
    from course
    anti join chart
        on course.main_account_no = chart.main_account_no
    left join planned
        on course.course_id = planned.course_id
    where course.main_account_no <> ''
    group by course.source_account, course.main_account_no

),

-- one edit leaves the first or the last three digits as they are, so that only those are compared
near as (

    select distinct
        unknown.source_account,
        chart.main_account_no as proposed_account_no,
        chart.category_no = unknown.category_no as is_same_category
    from unknown
    inner join chart
        on left(unknown.main_account_no, 3) = left(chart.main_account_no, 3)
        or right(unknown.main_account_no, 3) = right(chart.main_account_no, 3)
    where damerau_levenshtein(unknown.main_account_no, chart.main_account_no) = 1

),

proposed as (

    select
        source_account,
        is_same_category,
        string_agg(distinct proposed_account_no, ' eller ' order by proposed_account_no) as proposed_account_nos
    from near
    group by source_account, is_same_category
    qualify row_number() over (partition by source_account order by is_same_category desc) = 1

)

select
    rule.rule_id,
    unknown.source_account as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    unknown.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    unknown.amount_dkk,
    unknown.first_start_on as occurred_on,
    'Hovedkonto ' || unknown.main_account_no || ' er ikke i kontoplanen; den skal nok være '
        || proposed.proposed_account_nos || ' (forløb: ' || unknown.courses || ').' as text_da

from unknown

inner join proposed
    on unknown.source_account = proposed.source_account

cross join rule
