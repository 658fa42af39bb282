-- Postings that no planned payment explains, for the stewards who know which course it is. Names no person.
with

posting as (

    select * from {{ ref('int_gap__open_posting') }}

),

usual_team as (

    select * from {{ ref('int_gap__usual_team') }}

),

provider as (

    select * from {{ ref('dim_provider') }}

),

gap as (

    select * from {{ ref('mart_registration_gap') }} where closed_on is null

),

-- rule A01 tells persons' lines one by one, A02 suppliers' by month
posting_gap as (

    select
        *,
        {{ gap_id("'A01'", 'posting_id') }} as person_gap_id,
        {{ gap_id("'A02'", 'supplier_month_key') }} as supplier_gap_id
    from posting

)

select
    posting.posting_id,
    posting.posted_on,
    coalesce(posting.invoice_no, posting.posting_id) as document_no,
    case when provider.provider_kind <> 'person' then provider.provider_name end as supplier_name,
    posting.account_id,
    posting.amount_dkk,
    posting.candidates,
    usual_team.team_id,
    gap.gap_id

from posting_gap as posting

left join provider
    on posting.provider_id = provider.provider_id

left join usual_team
    on coalesce(posting.person_key, posting.provider_id) = usual_team.party_id

left join gap
    on posting.open_kind <> 'ambiguous'
    and gap.gap_id = case when posting.person_key is null then posting.supplier_gap_id else posting.person_gap_id end
