-- Fiscal year x frame x section x level of the state's refund for particularly expensive cases: children counted, each
-- child's refund summed. A child stands in the frame and section that most of its money is for, at the level that its
-- expected cost reaches. Refunds that name no child have rows without section and level. See int_state_refund__child.
with

child as (

    select * from {{ ref('int_state_refund__child') }}

),

lump_sum as (

    select
        posting.fiscal_year,
        account.frame_id,
        cast(null as varchar) as section_id,
        cast(null as integer) as refund_level,
        cast(null as integer) as threshold_year,
        -posting.amount_dkk as claimed_dkk
    from {{ ref('int_state_refund__posting') }} as posting
    left join {{ ref('int_account__year') }} as account
        on posting.fiscal_year = account.fiscal_year
        and posting.account_id = account.account_id
    where posting.child_key is null

),

combined as (

    select * from child
    union all by name
    select * from lump_sum

),

level as (

    select * from {{ ref('int_state_refund__level') }}

)

select
    run.as_of,
    combined.fiscal_year,
    combined.frame_id,
    combined.section_id,
    combined.refund_level,
    max(combined.threshold_year) as threshold_year,
    max(level.above_dkk) as above_dkk,
    max(level.refund_pct) as refund_pct,
    count(combined.child_key) as children,
    {%- for column in [
        'cost_dkk', 'inter_municipal_income_dkk', 'net_cost_dkk', 'expected_cost_dkk', 'expected_net_cost_dkk', 'entitled_dkk',
        'entitled_expected_dkk', 'claimed_dkk',
    ] %}
    cast(sum(combined.{{ column }}) as decimal(18, 2)) as {{ column }},
    {%- endfor %}
    -- what a lump sum leaves unclaimed, only the total can say
    cast(sum(combined.entitled_dkk - combined.claimed_dkk) as decimal(18, 2)) as difference_dkk

from combined

cross join {{ ref('stg_control__run') }} as run

left join level
    on combined.fiscal_year = level.fiscal_year
    and combined.refund_level = level.level_no

group by run.as_of, combined.fiscal_year, combined.frame_id, combined.section_id, combined.refund_level
