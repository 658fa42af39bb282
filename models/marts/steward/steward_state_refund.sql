-- The children whose cost gives, or is expected to give, a state refund, and those with a claim that theirs does not
-- explain: for whoever claims it. Names no person.
with

child as (

    select * from {{ ref('int_state_refund__child') }}

),

case_of_child as (

    select * from {{ ref('int_bos__case_of_child') }}

)

select
    run.as_of,
    {{ gap_id("'state_refund'", "child.child_key || '|' || child.fiscal_year") }} as state_refund_id,
    child.fiscal_year,
    case_of_child.case_id,
    case_of_child.case_sbsys_id,
    child.team_id,
    child.frame_id,
    child.section_id,
    child.refund_level,
    child.threshold_year,
    child.passed_on,
    child.cost_dkk,
    child.inter_municipal_income_dkk,
    child.net_cost_dkk,
    child.expected_cost_dkk,
    child.expected_net_cost_dkk,
    child.entitled_dkk,
    child.entitled_expected_dkk,
    child.claimed_dkk,
    cast(child.entitled_dkk - child.claimed_dkk as decimal(18, 2)) as difference_dkk

from child

cross join {{ ref('stg_control__run') }} as run

left join case_of_child
    on child.child_key = case_of_child.child_key

where child.entitled_dkk > 0
    or child.entitled_expected_dkk > 0
    or child.claimed_dkk <> 0
