-- Both sides of the places with a school are what was posted on their accounts, to the øre.
with

posted as (

    select coalesce(sum(posting.amount_dkk), 0) as amount_dkk
    from {{ ref('fct_posting') }} as posting
    semi join {{ ref('int_account__school_side') }} as account
        on posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}

),

shown as (

    select coalesce(sum(social_dkk + coalesce(school_dkk, 0)), 0) as amount_dkk
    from {{ ref('mart_school_placement') }}

)

select shown.amount_dkk
from shown
cross join posted
where shown.amount_dkk <> posted.amount_dkk
