-- The running year's accounts by control risk, expenditure and income apart: money x volatility x share that rests on open
-- registration gaps, each to the power of its weight (seed control_risk_weight). The rank decides the class and how often
-- the account is followed up (seed control_risk_class).
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

overrun as (

    select overrun.*
    from {{ ref('mart_overrun') }} as overrun
    inner join run
        on overrun.fiscal_year = run.this_year

),

volatility as (

    select * from {{ ref('int_control_risk__volatility') }}

),

closed_period as (

    select count(*) as periods
    from {{ ref('int_ledger__period') }} as period
    inner join run
        on period.fiscal_year = run.this_year
    where period.is_closed
        and period.month is not null

),

-- an account with both is split: income goes on as until now, the rest of its forecast is expenditure
split as (

    select
        overrun.account_id,
        overrun.frame_id,
        overrun.budget_corrected,
        overrun.forecast,
        case
            when overrun.actual_income = 0 and overrun.actual_expenditure = 0
                then coalesce(nullif(overrun.forecast, 0), overrun.budget_corrected) < 0
            else overrun.actual_expenditure = 0
        end as is_income_only,
        overrun.actual_income <> 0 and overrun.actual_expenditure <> 0 as has_both,
        coalesce({{ divide('overrun.actual_income * 12', 'closed_period.periods') }}, overrun.actual_income) as income_forecast
    from overrun
    cross join closed_period

),

part as (

    select
        account_id,
        frame_id,
        is_income_only as is_income,
        not has_both as is_whole_account,
        budget_corrected,
        case when has_both then forecast - income_forecast else forecast end as forecast
    from split

    union all

    select
        account_id,
        frame_id,
        true as is_income,
        false as is_whole_account,
        budget_corrected,
        income_forecast as forecast
    from split
    where has_both

),

gap as (

    select
        coalesce(gap.account_id, posting.account_id, course.account_id) as account_id,
        coalesce(posting.is_income, false) as is_income,
        max(abs(gap.amount_dkk)) as amount_dkk
    from {{ ref('mart_registration_gap') }} as gap
    cross join run
    left join {{ ref('fct_posting') }} as posting
        on gap.posting_id = posting.posting_id
    left join {{ ref('dim_course') }} as course
        on gap.course_id = course.course_id
    where gap.status in ('open', 'overdue')
        and coalesce(posting.fiscal_year = run.this_year, true)
    -- several rules can tell of the same money: a posting or course counts once
    group by
        coalesce(gap.account_id, posting.account_id, course.account_id),
        coalesce(posting.is_income, false),
        coalesce(gap.posting_id, gap.course_id, gap.gap_id)

),

open_gap as (

    select
        account_id,
        is_income,
        sum(amount_dkk) as open_gap_dkk
    from gap
    group by account_id, is_income

),

gap_of_part as (

    select
        part.account_id,
        part.is_income,
        sum(open_gap.open_gap_dkk) as open_gap_dkk
    from part
    inner join open_gap
        on part.account_id = open_gap.account_id
        and (part.is_income = open_gap.is_income or part.is_whole_account)
    group by part.account_id, part.is_income

),

factor as (

    select
        part.account_id,
        part.frame_id,
        part.is_income,
        -- the larger of the two: a budget that nobody uses is worth a look as well
        cast(greatest(
            abs(part.forecast), case when (part.budget_corrected < 0) = part.is_income then abs(part.budget_corrected) end, 0
        ) as decimal(18, 2)) as money_dkk,
        coalesce(volatility.months, 0) as volatility_months,
        volatility.volatility,
        cast(coalesce(gap_of_part.open_gap_dkk, 0) as decimal(18, 2)) as open_gap_dkk
    from part
    left join volatility
        on part.account_id = volatility.account_id
        and part.is_income = volatility.is_income
    left join gap_of_part
        on part.account_id = gap_of_part.account_id
        and part.is_income = gap_of_part.is_income

),

share as (

    select
        *,
        case
            when money_dkk = 0 then cast(cast(open_gap_dkk > 0 as integer) as decimal(18, 4))
            else least({{ divide('open_gap_dkk', 'money_dkk', places=4) }}, 1)
        end as open_gap_share
    from factor

),

weight as (

    select
        {%- for factor in ['money', 'volatility', 'open_gap_share'] %}
        max(weight) filter (where factor = '{{ factor }}') as {{ factor }}_weight,
        max(floor_value) filter (where factor = '{{ factor }}') as {{ factor }}_floor,
        max(fallback_value) filter (where factor = '{{ factor }}') as {{ factor }}_fallback
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_reference__control_risk_weight') }}

),

scored as (

    select
        share.*,
        {{ money("
            pow(greatest(share.money_dkk, weight.money_floor), weight.money_weight)
            * pow(
                greatest(coalesce(share.volatility, weight.volatility_fallback), weight.volatility_floor),
                weight.volatility_weight
            )
            * pow(greatest(share.open_gap_share, weight.open_gap_share_floor), weight.open_gap_share_weight)
        ") }} as score
    from share
    cross join weight

),

ranked as (

    select
        *,
        row_number() over ranking as risk_rank,
        -- the share of the accounts that stand above
        {{ divide('(row_number() over ranking - 1) * 100', 'count(*) over (partition by is_income)') }} as above_pct
    from scored
    window ranking as (partition by is_income order by score desc, money_dkk desc, account_id)

),

class as (

    select
        class.*,
        lead(class.from_pct) over (order by class.from_pct) as next_from_pct
    from {{ ref('stg_reference__control_risk_class') }} as class
    cross join run
    where run.as_of between class.valid_from and coalesce(class.valid_to, run.as_of)

)

select
    run.as_of,
    run.this_year as fiscal_year,
    ranked.account_id,
    ranked.frame_id,
    ranked.is_income,
    ranked.money_dkk,
    ranked.volatility,
    ranked.volatility_months,
    ranked.open_gap_dkk,
    ranked.open_gap_share,
    ranked.score,
    ranked.risk_rank,
    class.risk_class,
    class.risk_class_da,
    class.follow_up_rhythm,
    class.follow_up_rhythm_da

from ranked

cross join run

left join class
    on ranked.above_pct >= class.from_pct
    and (ranked.above_pct < class.next_from_pct or class.next_from_pct is null)
