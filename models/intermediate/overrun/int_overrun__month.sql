-- Account x month: what is known of each month of this year and last year at the as-of date. Past months are what was
-- posted for them and what is accrued; months to come are what is granted and expected. Courses whose price is held are
-- left out whole: what comes of a wrong price is no experience.
with

line as (

    select * from {{ ref('int_overrun__line') }}

)

select
    account_id,
    month,
    count(distinct course_id) as courses,
    cast(coalesce(sum(actual_to_date), 0) as decimal(18, 2)) as posted_dkk,
    cast(coalesce(sum(accrued_unposted), 0) as decimal(18, 2)) as accrued_dkk,
    cast(coalesce(sum(committed_remaining), 0) as decimal(18, 2)) as committed_dkk,
    cast(coalesce(sum(pipeline_expected), 0) as decimal(18, 2)) as pipeline_dkk
from line
where month between make_date(year({{ as_of() }}) - 1, 1, 1) and make_date(year({{ as_of() }}), 12, 31)
    and not is_held
group by account_id, month
