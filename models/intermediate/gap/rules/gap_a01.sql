-- A01: a person was paid from an activity account, and no step of the cascade found the course. One gap a posting.
-- Lines that several courses fit equally well are not here: a course is registered, only not told apart; nor those that
-- go on after a course's end (A08). A reversal that is left unmatched takes back an unmatched line of the same person,
-- account and amount.
with

{{ gap_rule('A01') }},

unmatched as (

    select
        posting.*,
        count(*) filter (where posting.amount_dkk < 0) over same_amount as reversals,
        row_number() over (
            partition by posting.person_key, posting.account_id, posting.amount_dkk
            order by posting.posted_on, posting.posting_id
        ) as nth_posting

    from {{ ref('int_gap__open_posting') }} as posting

    anti join {{ ref('int_gap__posting_after_end') }} as after_end
        on posting.posting_id = after_end.posting_id

    where posting.open_kind <> 'ambiguous'
        and posting.person_key is not null

    window same_amount as (partition by posting.person_key, posting.account_id, abs(posting.amount_dkk))

)

select
    rule.rule_id,
    unmatched.posting_id as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    unmatched.posting_id,
    unmatched.account_id,
    usual_team.team_id,
    cast(null as varchar) as provider_id,
    unmatched.posting_id as document_no,
    unmatched.amount_dkk,
    unmatched.posted_on as occurred_on,
    case when unmatched.art_no like '1%' then 'Løn' else 'Udbetaling' end
        || ' på ' || {{ dkk_da('unmatched.amount_dkk') }} || ' bogført ' || {{ date_da('unmatched.posted_on') }}
        || ' på konto ' || unmatched.account_id || ' svarer ikke til noget forløb for personen.' as text_da

from unmatched

cross join rule

left join {{ ref('int_gap__usual_team') }} as usual_team
    on unmatched.person_key = usual_team.party_id

where unmatched.amount_dkk > 0
    and unmatched.nth_posting > unmatched.reversals
