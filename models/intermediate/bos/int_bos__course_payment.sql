-- One row a payment of a course: what the granted report plans, what the expected report expects, what was paid.
-- A granted payment that a later adjustment displaces stands in the granted report only; the payments of an
-- EXPECTED activity stand in the expected report only; deleted ones are history.
with

granted as (

    select * from {{ ref('int_bos__report_payment') }} where report = 'granted'

),

expected as (

    select * from {{ ref('int_bos__report_payment') }} where report = 'expected'

),

current_payment as (

    select
        coalesce(granted.course_payment_id, expected.course_payment_id) as course_payment_id,
        coalesce(granted.course_id, expected.course_id) as course_id,
        coalesce(granted.planned_on, expected.planned_on) as planned_on,
        coalesce(granted.planned_dkk, expected.planned_dkk) as planned_dkk,
        granted.planned_dkk as granted_dkk,
        expected.planned_dkk as expected_dkk,
        case when granted.course_id is not null then 'GRANTED' else expected.activity_status end as status,
        coalesce(granted.paid_on, expected.paid_on) as paid_on,
        coalesce(granted.paid_dkk, expected.paid_dkk) as paid_dkk,
        coalesce(granted.is_fictive, expected.is_fictive) as is_fictive,
        coalesce(granted.account_id, expected.account_id) as account_id,
        coalesce(granted.source_account, expected.source_account) as source_account,
        coalesce(granted.payment_frequency, expected.payment_frequency) as payment_frequency,
        coalesce(granted.payment_cost_type, expected.payment_cost_type) as payment_cost_type,
        coalesce(granted.price_per_unit_dkk, expected.price_per_unit_dkk) as price_per_unit_dkk,
        coalesce(granted.units, expected.units) as units,
        coalesce(granted.start_on, expected.start_on) as start_on,
        coalesce(granted.end_on, expected.end_on) as end_on,
        true as is_current

    from granted

    full join expected
        on granted.course_id = expected.course_id
        and granted.planned_on = expected.planned_on

),

deleted_payment as (

    select
        course_payment_id,
        course_id,
        planned_on,
        planned_dkk,
        cast(null as decimal(18, 2)) as granted_dkk,
        cast(null as decimal(18, 2)) as expected_dkk,
        'GRANTED' as status,
        paid_on,
        paid_dkk,
        is_fictive,
        account_id,
        source_account,
        payment_frequency,
        payment_cost_type,
        price_per_unit_dkk,
        units,
        start_on,
        end_on,
        false as is_current
    from {{ ref('int_bos__deleted_payment') }}

)

select * from current_payment
union all
select * from deleted_payment
