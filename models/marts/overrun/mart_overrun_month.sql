-- Fiscal year x frame x month: the budget spread by profile, what was posted, what is granted and still to come.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

overrun as (

    select
        fiscal_year,
        frame_id,
        sum(budget_corrected) as budget_corrected
    from {{ ref('mart_overrun') }}
    group by fiscal_year, frame_id

),

frame_month as (

    select
        overrun.*,
        cast(unnest(range(1, 13)) as integer) as month_no
    from overrun

),

-- which frame an account is in depends on the year
account_year as (

    select
        fiscal_year,
        account_id,
        frame_id
    from {{ ref('int_account__year') }}

),

posting_of_account as (

    select
        posting.fiscal_year,
        posting.account_id,
        -- opening and closing periods stand in the year's first and last month
        least(greatest(posting.period_no, 1), 12) as month_no,
        sum(posting.amount_dkk) as actual_dkk,
        coalesce(sum(posting.amount_dkk) filter (where posting.is_income), 0) as income_dkk
    from {{ ref('fct_posting') }} as posting
    cross join run
    where not posting.is_balance
        and posting.posted_on <= run.as_of
    group by all

),

posting_of_month as (

    select
        posting.fiscal_year,
        account_year.frame_id,
        posting.month_no,
        sum(posting.actual_dkk) as actual_dkk,
        sum(posting.income_dkk) as income_dkk
    from posting_of_account as posting
    inner join account_year
        on posting.fiscal_year = account_year.fiscal_year
        and posting.account_id = account_year.account_id
    group by all

),

granted_of_month as (

    select
        cast(year(payment.planned_on) as integer) as fiscal_year,
        account_year.frame_id,
        cast(month(payment.planned_on) as integer) as month_no,
        sum(payment.granted_dkk) as granted_dkk
    from {{ ref('fct_course_payment') }} as payment
    inner join account_year
        on year(payment.planned_on) = account_year.fiscal_year
        and payment.account_id = account_year.account_id
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk is not null
    group by all

),

-- the forecast's own lines: what is accrued and committed, without prices that are held
to_come_of_month as (

    select
        cast(year(line.month) as integer) as fiscal_year,
        account_year.frame_id,
        cast(month(line.month) as integer) as month_no,
        sum(coalesce(line.accrued_unposted, 0) + coalesce(line.committed_remaining, 0)) as to_come_dkk
    from {{ ref('int_overrun__line') }} as line
    inner join account_year
        on year(line.month) = account_year.fiscal_year
        and line.account_id = account_year.account_id
    group by all

),

-- the months of the year before of the accounts that a frame has now, where that year is whole
profile as (

    select
        account_year.fiscal_year,
        account_year.frame_id,
        posting.month_no,
        sum(posting.actual_dkk) as actual_dkk,
        sum(sum(posting.actual_dkk)) over (partition by account_year.fiscal_year, account_year.frame_id) as year_dkk,
        count(*) over (partition by account_year.fiscal_year, account_year.frame_id) as months
    from posting_of_account as posting
    inner join account_year
        on posting.fiscal_year + 1 = account_year.fiscal_year
        and posting.account_id = account_year.account_id
    group by account_year.fiscal_year, account_year.frame_id, posting.month_no

),

joined as (

    select
        frame_month.fiscal_year,
        frame_month.frame_id,
        make_date(frame_month.fiscal_year, frame_month.month_no, 1) as month,
        frame_month.month_no,
        frame_month.budget_corrected,
        coalesce(profile.months = 12 and profile.year_dkk > 0, false) as is_profiled,
        case
            when profile.months = 12 and profile.year_dkk > 0
                then sum(profile.actual_dkk) over (
                    partition by frame_month.fiscal_year, frame_month.frame_id order by frame_month.month_no
                )
            else frame_month.month_no
        end as share_until,
        case when profile.months = 12 and profile.year_dkk > 0 then profile.year_dkk else 12 end as share_whole,
        coalesce(posting_of_month.actual_dkk, 0) as actual_dkk,
        coalesce(posting_of_month.income_dkk, 0) as income_dkk,
        coalesce(granted_of_month.granted_dkk, 0) as granted_dkk,
        coalesce(to_come_of_month.to_come_dkk, 0) as to_come_dkk

    from frame_month

    left join profile
        on frame_month.fiscal_year = profile.fiscal_year
        and frame_month.frame_id = profile.frame_id
        and frame_month.month_no = profile.month_no

    left join posting_of_month
        on frame_month.fiscal_year = posting_of_month.fiscal_year
        and frame_month.frame_id = posting_of_month.frame_id
        and frame_month.month_no = posting_of_month.month_no

    left join granted_of_month
        on frame_month.fiscal_year = granted_of_month.fiscal_year
        and frame_month.frame_id = granted_of_month.frame_id
        and frame_month.month_no = granted_of_month.month_no

    left join to_come_of_month
        on frame_month.fiscal_year = to_come_of_month.fiscal_year
        and frame_month.frame_id = to_come_of_month.frame_id
        and frame_month.month_no = to_come_of_month.month_no

),

-- months are differences of rounded sums, so that they add up to the year's budget to the øre
cumulated as (

    select
        *,
        case
            when month_no = 12 then budget_corrected
            else {{ divide('budget_corrected * share_until', 'share_whole') }}
        end as budget_cumulated
    from joined

)

select
    run.as_of,
    cumulated.fiscal_year,
    cumulated.frame_id,
    cumulated.month,
    cumulated.is_profiled,
    cast(cumulated.budget_cumulated - coalesce(lag(cumulated.budget_cumulated) over frame_year, 0) as decimal(18, 2)) as budget_dkk,
    cast(cumulated.actual_dkk as decimal(18, 2)) as actual_dkk,
    cast(cumulated.actual_dkk - cumulated.income_dkk as decimal(18, 2)) as actual_expenditure_dkk,
    cast(cumulated.income_dkk as decimal(18, 2)) as actual_income_dkk,
    cast(cumulated.granted_dkk as decimal(18, 2)) as granted_dkk,
    cast(cumulated.to_come_dkk as decimal(18, 2)) as to_come_dkk,
    cast(cumulated.budget_cumulated as decimal(18, 2)) as budget_cumulated_dkk,
    cast(sum(cumulated.actual_dkk) over frame_year as decimal(18, 2)) as actual_cumulated_dkk,
    cast(sum(cumulated.granted_dkk) over frame_year as decimal(18, 2)) as granted_cumulated_dkk,
    cast(sum(cumulated.actual_dkk + cumulated.to_come_dkk) over frame_year as decimal(18, 2)) as expected_cumulated_dkk
from cumulated
cross join run
window frame_year as (
    partition by cumulated.fiscal_year, cumulated.frame_id
    order by cumulated.month_no
    rows between unbounded preceding and current row
)
