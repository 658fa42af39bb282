-- The postings that are numbered parts of one invoice, '(1/2)' and '(2/2)': same supplier, account, month and child.
-- Only whole sets: a set with a part missing or twice says nothing.
with

part as (

    select
        posting_id,
        part_no,
        part_count,
        md5(concat_ws(
            '|', supplier_no, account_id, strftime(service_month, '%Y-%m'), part_count, hint_initials_key, hint_birth_key,
            hint_first_name_key, hint_first_name_initial_key, text_appropriation_id, course_reference
        )) as line_id
    from {{ ref('int_posting_match__posting') }}
    where part_count > 1
        and supplier_no is not null

)

select
    posting_id,
    line_id
from part
qualify count(*) over (partition by line_id) = part_count
    and count(*) over (partition by line_id, part_no) = 1
