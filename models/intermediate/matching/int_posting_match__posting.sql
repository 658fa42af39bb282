-- The postings up to the as-of date that a course payment may stand behind, with what decides between candidates.
select
    posting.posting_id,
    posting.account_id,
    split_part(posting.account_id, '-', 2) as category_no,
    posting.art_no,
    posting.is_internal,
    posting.amount_dkk,
    posting.posted_on,
    coalesce(by_cvr.supplier_no, by_name.supplier_no) as supplier_no,
    posting.person_key,
    -- payroll lines carry the payee, cash lines the child
    case when posting.art_no like '1%' then 'SD' else 'CASH' end as person_method,
    posting.invoice_no,
    -- an invoice that comes again often has a letter or a digit added
    regexp_replace(posting.invoice_no, '(-[0-9]|[A-Za-z])$', '') as base_invoice_no,
    posting.service_month,
    posting.part_no,
    posting.part_count,
    posting.child_count,
    posting.is_reversal_text,
    -- a reference field is whole; an id in the text may end at the text's cut
    coalesce(posting.payment_reference, posting.text_course_id) as course_reference,
    posting.payment_reference is null and coalesce(posting.is_text_course_id_cut, false) as is_reference_cut,
    posting.text_appropriation_id,
    coalesce(posting.is_text_appropriation_id_cut, false) as is_text_appropriation_id_cut,
    posting.hint_initials_key,
    posting.hint_first_name_key,
    posting.hint_first_name_initial_key,
    posting.hint_birth_key,
    coalesce(account.is_activity_account, false) as is_activity_account

from {{ ref('int_ledger__posting') }} as posting

left join {{ ref('dim_account') }} as account
    on posting.account_id = account.account_id

left join {{ ref('int_posting_match__supplier') }} as by_cvr
    on posting.supplier_cvr = by_cvr.written
    and by_cvr.written_as = 'cvr'

left join {{ ref('int_posting_match__supplier') }} as by_name
    on posting.supplier_match_name = by_name.written
    and by_name.written_as = 'name'

-- what a school pays for a place beside the course is no payment of the course
anti join (
    select account_id from {{ ref('int_account__school_side') }} where side = 'school'
) as school_account
    on posting.account_id = school_account.account_id

where not posting.is_balance
    and posting.posted_on <= {{ as_of() }}
