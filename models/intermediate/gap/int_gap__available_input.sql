-- What the rules can read at the as-of date, one row an input that is there: the lake's entities that were delivered,
-- and what only some deliveries hold or what takes several deliveries. The catalogue's column `inputs` names them.
with

delivered as (

    select
        entity,
        extract_date
    from {{ ref('stg_control__delivery_file') }}
    group by entity, extract_date

),

input as (

    select
        entity as input,
        true as is_entity,
        min(extract_date) as first_available_on
    from delivered
    group by entity

    union all

    -- a budget of last year says nothing of this year's accounts
    select
        'budget_of_year' as input,
        false as is_entity,
        min(extract_date) as first_available_on
    from {{ ref('stg_ledger__budget') }}
    where fiscal_year = year({{ as_of() }})
    having count(*) > 0

    union all

    -- assumptions of another year say nothing of the months that are followed
    select
        'budget_assumption_of_year' as input,
        false as is_entity,
        min(extract_date) as first_available_on
    from {{ ref('stg_plan__budget_assumption') }}
    where fiscal_year = year({{ newest_month_end() }})
    having count(*) > 0

    union all

    -- what changed between two deliveries of the case system
    select
        'previous_delivery' as input,
        false as is_entity,
        min(extract_date) as first_available_on
    from delivered
    where entity = 'course_payment'
        and extract_date > (select min(first.extract_date) from delivered as first where first.entity = 'course_payment')
    having count(*) > 0

    union all

    -- other municipalities' payments, on the functions that courses are paid from
    select
        'inter_municipal_income' as input,
        false as is_entity,
        min(posting.extract_date) as first_available_on
    from {{ ref('int_ledger__posting') }} as posting
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    semi join (select account.function_no from {{ ref('dim_account') }} as account where account.is_activity_account) as paid_from
        on account.function_no = paid_from.function_no
    where {{ is_inter_municipal_income('posting') }}
    having count(*) > 0

    union all

    -- the forecasts that were published at earlier dates
    select
        'forecast_observation' as input,
        false as is_entity,
        min(observed_on) as first_available_on
    from {{ ref('stg_control__forecast_observation') }}
    having count(*) > 0

    union all

    -- a refund that names its child: of a lump sum nobody can say which child is missing
    select
        'state_refund' as input,
        false as is_entity,
        min(extract_date) as first_available_on
    from {{ ref('int_state_refund__posting') }}
    where part = 'state_refund'
        and child_key is not null
    having count(*) > 0

    union all

    -- what schools pay for placements, on accounts of their own
    select
        'school_posting' as input,
        false as is_entity,
        min(posting.extract_date) as first_available_on
    from {{ ref('int_ledger__posting') }} as posting
    semi join (
        select account_id from {{ ref('int_account__school_side') }} where side = 'school'
    ) as school_account
        on posting.account_id = school_account.account_id
    where not posting.is_balance
    having count(*) > 0

)

select
    input,
    is_entity,
    first_available_on

from input
