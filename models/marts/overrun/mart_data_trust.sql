-- Fiscal year x frame: how far the figures of mart_overrun_frame rest on data that are whole.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

frame as (

    select
        fiscal_year,
        frame_id
    from {{ ref('mart_overrun_frame') }}

),

account as (

    select * from {{ ref('dim_account') }}

),

-- without either side nothing was matched: unknown, not whole
matched as (

    select
        posting.fiscal_year,
        account.frame_id,
        sum(posting.amount_dkk) as activity_dkk,
        coalesce(sum(posting.amount_dkk) filter (where matched.course_id is null), 0) as without_course_dkk,
        count(*) filter (where matched.course_id is null) as without_course_postings

    from (
        select
            posting_id,
            max(course_id) as course_id
        from {{ ref('fct_posting_match') }}
        group by posting_id
    ) as matched

    inner join {{ ref('fct_posting') }} as posting
        on matched.posting_id = posting.posting_id

    inner join account
        on posting.account_id = account.account_id

    where account.is_activity_account

    group by posting.fiscal_year, account.frame_id

),

due as (

    select
        cast(year(month) as integer) as fiscal_year,
        frame_id,
        coalesce(sum(left_dkk) filter (where is_due), 0) as without_invoice_dkk,
        coalesce(sum(committed_dkk) filter (where is_due), 0) as due_dkk
    from {{ ref('mart_commitments') }}
    group by all

),

closed as (

    select
        fiscal_year,
        max(month) as last_closed_month
    from {{ ref('int_ledger__period') }}
    where is_closed
        and is_delivered
    group by fiscal_year

)

select
    run.as_of,
    frame.fiscal_year,
    frame.frame_id,
    closed.last_closed_month,
    cast(matched.activity_dkk as decimal(18, 2)) as activity_dkk,
    cast(matched.without_course_dkk as decimal(18, 2)) as without_course_dkk,
    matched.without_course_postings,
    {{ divide('matched.without_course_dkk * 100', 'matched.activity_dkk') }} as without_course_pct,
    cast(due.due_dkk as decimal(18, 2)) as due_dkk,
    cast(due.without_invoice_dkk as decimal(18, 2)) as without_invoice_dkk,
    {{ divide('due.without_invoice_dkk * 100', 'due.due_dkk') }} as without_invoice_pct

from frame

cross join run

left join matched
    on frame.fiscal_year = matched.fiscal_year
    and frame.frame_id = matched.frame_id

left join due
    on frame.fiscal_year = due.fiscal_year
    and frame.frame_id = due.frame_id

left join closed
    on frame.fiscal_year = closed.fiscal_year
