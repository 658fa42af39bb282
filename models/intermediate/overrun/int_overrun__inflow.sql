-- Account x month of this year: what is known of the month, and what experience adds to it (net_inflow). Last year's
-- accruals stand in with the opposite sign: posted, they recur at this year's end as spill-out does; else they lapse.
with

run as (

    select
        as_of,
        make_date(year(as_of), 1, 1) as year_start_on,
        -- the month that the last month end before or at the as-of date belongs to
        date_trunc('month', as_of + 1) - interval 1 month as known_in
    from {{ ref('stg_control__run') }}

),

factor as (

    select * from {{ ref('int_overrun__development') }} where not is_whole_frame

),

known as (

    select
        month_now.account_id,
        month_now.month,
        month_now.accrued_dkk,
        {{ known_of_month('month_now') }} as known_dkk,
        date_diff('month', run.known_in, month_now.month) as months_ahead,
        month_now.month >= run.year_start_on as is_this_year
    from {{ ref('int_overrun__month') }} as month_now
    cross join run
    -- an account whose courses the case system plans this year
    semi join {{ ref('int_overrun__course') }} as course
        on month_now.account_id = course.account_id
        and course.has_granted_payment

)

select
    known.account_id,
    known.month,
    known.months_ahead,
    known.is_this_year,
    cast(known.known_dkk as decimal(18, 2)) as known_dkk,
    factor.factor_to_end,
    case
        when known.is_this_year then {{ money('known.known_dkk * (factor.factor_to_end - 1)') }}
        else cast(-known.accrued_dkk as decimal(18, 2))
    end as net_inflow_dkk

from known

inner join {{ ref('dim_account') }} as account
    on known.account_id = account.account_id

inner join factor
    on account.frame_id = factor.frame_id
    and account.function_no is not distinct from factor.function_no
    and known.months_ahead = factor.months_ahead
