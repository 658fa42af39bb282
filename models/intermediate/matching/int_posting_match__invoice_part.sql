-- The postings that together are one invoice: numbered parts, '(1/2)' and '(2/2)', of one supplier, account, month and
-- child, only whole sets of them; and two lines of one day, account and month that to the øre are one payment together
-- while neither is one alone: internal settlements and cut texts carry no numbers.
with

numbered as (

    select
        posting_id,
        part_no,
        part_count,
        md5(concat_ws(
            '|', supplier_no, account_id, strftime(coalesce(service_month, posted_on), '%Y-%m'), part_count, hint_initials_key,
            hint_birth_key, hint_first_name_key, hint_first_name_initial_key, text_appropriation_id, course_reference
        )) as line_id
    from {{ ref('int_posting_match__posting') }}
    where supplier_no is not null
        and part_count > 1

),

whole_set as (

    select
        posting_id,
        line_id
    from numbered
    qualify count(*) over (partition by line_id) = part_count
        and count(*) over (partition by line_id, part_no) = 1

),

unnumbered as not materialized (

    select
        posting_id,
        supplier_no,
        account_id,
        category_no,
        service_month,
        posted_on,
        amount_dkk
    from {{ ref('int_posting_match__posting') }}
    where supplier_no is not null
        and part_no is null
        and child_count is null
        and amount_dkk > 0

),

-- the day before the payments: few lines share one, while a unit's payments of a month are many
two_lines as (

    select
        half.*,
        other_half.posting_id as other_posting_id,
        half.amount_dkk + other_half.amount_dkk as whole_dkk
    from unnumbered as half
    inner join unnumbered as other_half
        on half.supplier_no = other_half.supplier_no
        and half.account_id = other_half.account_id
        and half.service_month = other_half.service_month
        and half.posted_on = other_half.posted_on
        and half.posting_id <> other_half.posting_id

),

whole as (

    select distinct
        posting.posting_id,
        posting.other_posting_id
    from two_lines as posting
    inner join {{ ref('int_posting_match__payment') }} as payment
        on posting.supplier_no = payment.supplier_no
        and posting.service_month = payment.planned_month
        and posting.whole_dkk = payment.planned_dkk
        and {{ same_account('posting', 'payment') }}

),

alone as (

    select distinct posting.posting_id
    from unnumbered as posting
    semi join whole
        on posting.posting_id = whole.posting_id
    inner join {{ ref('int_posting_match__payment') }} as payment
        on posting.supplier_no = payment.supplier_no
        and posting.service_month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where {{ amount_class('posting', 'payment') }} = 0

),

pair as (

    select whole.*
    from whole
    anti join alone
        on whole.posting_id = alone.posting_id
    anti join alone as other_alone
        on whole.other_posting_id = other_alone.posting_id

),

halves as (

    select
        posting_id,
        md5(least(posting_id, other_posting_id) || '|' || greatest(posting_id, other_posting_id)) as line_id
    from pair
    -- a line with two other halves has none for certain
    qualify count(*) over (partition by posting_id) = 1
        and count(*) over (partition by other_posting_id) = 1

)

select * from whole_set
union all
select * from halves
