-- Fiscal year x account: its frame and whether it is inside the service frame, by the rules in force on one day of the
-- year: the as-of date while the year runs, its last day when it is over, its first when it is still to come. So last
-- year keeps its frames when this year's change.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

account as (

    select account_id from {{ ref('stg_reference__account') }}
    union
    select account_id from {{ ref('int_account__resolved') }}

),

known_year as (

    select fiscal_year from {{ ref('stg_ledger__posting') }}
    union
    select fiscal_year from {{ ref('stg_ledger__budget') }}
    union
    select this_year from run

),

fiscal_year as (

    select
        known_year.fiscal_year,
        greatest(
            make_date(known_year.fiscal_year, 1, 1), least(run.as_of, make_date(known_year.fiscal_year, 12, 31))
        ) as ruled_on
    from known_year
    cross join run

),

ruled as (

    select
        fiscal_year.fiscal_year,
        rule.*
    from {{ ref('int_account__rule') }} as rule
    inner join fiscal_year
        on fiscal_year.ruled_on between rule.valid_from and coalesce(rule.valid_to, fiscal_year.ruled_on)
    -- a frame that has ended takes nothing
    left join {{ ref('stg_reference__frame') }} as frame
        on rule.kind = 'frame'
        and rule.outcome = frame.frame_id
    where rule.kind <> 'frame'
        or fiscal_year.ruled_on between frame.valid_from and coalesce(frame.valid_to, fiscal_year.ruled_on)

),

-- rules that disagree are refused; until then the same one is taken every time
decided as (

    select
        fiscal_year,
        account_id,
        arg_min(outcome, rule_no) filter (where kind = 'frame') as frame_id,
        cast(arg_min(outcome, rule_no) filter (where kind = 'service_frame') as boolean) as is_service_frame
    from ruled
    group by fiscal_year, account_id

)

select
    fiscal_year.fiscal_year,
    account.account_id,
    coalesce(decided.frame_id, fallback.frame_id) as frame_id,
    decided.frame_id is not null as has_frame_rule,
    decided.is_service_frame

from fiscal_year

cross join account

cross join (select frame_id from {{ ref('stg_reference__frame') }} where is_fallback) as fallback

left join decided
    on fiscal_year.fiscal_year = decided.fiscal_year
    and account.account_id = decided.account_id
