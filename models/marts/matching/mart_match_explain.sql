-- Why a posting or a payment is matched or not. See marts.md, Matching. The steps' words for what they saw stand in one
-- place, here; whatever a step did not say is told from what lies nearest.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

ledger_cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

payment_state as (

    select * from {{ ref('fct_course_payment') }}

),

known_supplier as (

    select distinct supplier_no from {{ ref('int_posting_match__payment') }}

),

known_course as (

    select distinct course_id from {{ ref('int_posting_match__payment') }}

),

posting_supplier as (

    select distinct supplier_no from {{ ref('int_posting_match__posting') }}

),

unknown_override as (

    select
        posting_id,
        written_payment_id
    from {{ ref('int_posting_match__decision') }}
    where course_payment_id is null

),

nearest_payment as (

    select
        posting_id,
        string_agg(course_payment_id, '; ' order by nearness) as nearest_ids,
        string_agg(course_payment_id || ': ' || differences_da, '; ' order by nearness) as nearest_da,
        bool_and(is_other_party) as is_other_party,
        bool_and(is_paid) filter (where not is_other_party) as is_paid
    from {{ ref('int_posting_match__near') }}
    group by posting_id

),

nearest_posting as (

    select
        course_payment_id,
        string_agg(posting_id, '; ' order by differences, posting_id) as nearest_ids,
        string_agg(posting_id || ': ' || differences_da, '; ' order by differences, posting_id) as nearest_da
    from (
        select *
        from {{ ref('int_posting_match__near') }}
        qualify row_number() over (
            partition by course_payment_id order by differences, posting_id
        ) <= {{ var('match_explain_candidates') }}
    )
    group by course_payment_id

),

-- a collective invoice may be certain in part
said_of_posting as (

    select
        posting_id,
        count(course_payment_id) as payments,
        min(course_payment_id) as course_payment_id,
        min(course_id) as course_id,
        count(distinct course_id) as courses,
        sum(allocated_dkk) filter (where course_payment_id is not null) as allocated_dkk,
        coalesce(max(match_method) filter (where course_payment_id is not null), max(match_method)) as match_method,
        min(confidence) as confidence,
        max(candidates) as candidates,
        bool_or(is_double_candidate) as is_double_candidate
    from {{ ref('fct_posting_match') }}
    group by posting_id

),

posting_reason as (

    select
        said.*,
        posting.account_id,
        posting.service_month,
        posting.posted_on,
        posting.amount_dkk,
        posting.child_count,
        posting.course_reference,
        unknown_override.written_payment_id,
        nearest_payment.nearest_ids,
        nearest_payment.nearest_da,
        case
            when said.course_payment_id is not null then said.match_method
            when unknown_override.posting_id is not null then 'override_unknown'
            when said.match_method = 'ambiguous' then 'ambiguous'
            when coalesce(posting.supplier_no, posting.person_key, posting.course_reference) is null then 'no_party'
            when posting.is_reversal_text and posting.amount_dkk < 0 then 'reversal_without_origin'
            when
                posting.course_reference is not null
                and not posting.is_reference_cut
                and known_course.course_id is null
                then 'reference_unknown'
            when posting.supplier_no is not null and known_supplier.supplier_no is null then 'supplier_unknown'
            when coalesce(nearest_payment.is_other_party, true) then 'no_payment_in_month'
            when posting.child_count > 1 then 'bundle_unexplained'
            when nearest_payment.is_paid then 'all_paid'
            else 'candidates_differ'
        end as reason_code
    from said_of_posting as said
    inner join {{ ref('int_posting_match__posting') }} as posting
        on said.posting_id = posting.posting_id
    left join unknown_override
        on said.posting_id = unknown_override.posting_id
    left join nearest_payment
        on said.posting_id = nearest_payment.posting_id
    left join known_course
        on posting.course_reference = known_course.course_id
    left join known_supplier
        on posting.supplier_no = known_supplier.supplier_no

),

posting_row as (

    select
        'posting' as subject,
        posting_id as subject_id,
        posting_id,
        case when payments = 1 then course_payment_id end as course_payment_id,
        case when courses = 1 then course_id end as course_id,
        account_id,
        coalesce(service_month, cast(date_trunc('month', posted_on) as date)) as month,
        amount_dkk,
        allocated_dkk,
        case when payments > 0 then match_method end as match_method,
        confidence,
        candidates,
        reason_code,
        concat_ws(
            ' ',
            case reason_code
                when 'manual' then 'Koblet i hånden af en medarbejder.'
                when 'reference' then 'Fundet på betalings-ID i reference eller tekst.'
                when 'person_account' then 'Fundet på person, konto og måned.'
                when 'internal_account' then 'Intern afregning: fundet på enhed, konto, måned og beløb.'
                when 'supplier_account_amount' then 'Fundet på leverandør, konto, måned og beløb.'
                when 'course_month' then 'Fundet på leverandør, konto og beløb: forløbets betalinger i måneden tilsammen, eller '
                    || 'én betaling i flere posteringer.'
                when 'bundle' then 'Samlefaktura: leverandørens betalinger i måneden, der tilsammen giver beløbet.'
                when 'supplier_amount' then 'Fundet på leverandør, måned og beløb, men på en anden konto end den planlagte: '
                    || 'mulig fejlkontering.'
                when 'supplier_month' then 'Leverandørens eneste tilbageværende postering og betaling på kontoen i måneden; '
                    || 'beløbene er forskellige.'
                when 'invoice' then 'Fulgt efter en anden postering med samme faktura: tilbageførsel, rettelse eller gentagelse.'
                when 'override_unknown' then 'Koblet i hånden til ' || written_payment_id || ', som ikke findes; koblingen er '
                    || 'ikke brugt.'
                when 'ambiguous' then case
                    when candidates = 1 then 'En anden samlefaktura passer lige så godt på de samme betalinger.'
                    else candidates || ' lige gode muligheder: der vælges ikke imellem dem.'
                end
                when 'no_party' then 'Posteringen har hverken leverandør, person eller betalings-ID.'
                when 'reversal_without_origin' then 'Tilbageførsel, men det bilag, den tilbagefører, er ikke fundet.'
                when 'reference_unknown' then 'Betalings-ID ' || course_reference || ' findes ikke i BOS.'
                when 'supplier_unknown' then 'Leverandøren har intet forløb i BOS.'
                when 'no_payment_in_month' then 'Ingen betaling hos modtageren i måneden.'
                when 'bundle_unexplained' then 'Samlefaktura for ' || child_count || ' børn: ingen af leverandørens betalinger i '
                    || 'måneden giver tilsammen beløbet.'
                when 'all_paid' then 'De nærmeste betalinger er allerede betalt af andre posteringer.'
                else 'Ingen betaling passer; den nærmeste afviger.'
            end,
            case when payments > 1 then 'Fordelt på ' || payments || ' betalinger.' end,
            case
                when match_method in ('reference', 'person_account', 'internal_account', 'supplier_account_amount')
                    and candidates > 1
                    and payments > 0
                    then candidates || ' ens betalinger i måneden er fordelt efter dato.'
            end,
            case when is_double_candidate then 'Betalingen var allerede betalt: mulig dobbeltbetaling.' end,
            case
                when payments > 0 and allocated_dkk <> amount_dkk
                    then 'Resten kan ikke placeres: ' || candidates || ' lige gode muligheder.'
            end
        ) as explanation_da,
        nearest_ids,
        nearest_da
    from posting_reason

),

open_payment as (

    select
        payment.course_payment_id,
        payment.course_id,
        payment.account_id,
        payment.planned_month,
        payment.planned_dkk,
        payment_state.allocated_dkk,
        nearest_posting.nearest_ids,
        nearest_posting.nearest_da,
        case
            when payment.planned_on < ledger_cover.covered_from then 'before_ledger'
            when coalesce(payment.planned_on > ledger_cover.covered_until, true) then 'after_ledger'
            when payment_state.allocated_dkk <> 0 then 'partly_matched'
            when payment.status <> 'GRANTED' then 'not_granted'
            when payment.supplier_no is not null and posting_supplier.supplier_no is null then 'supplier_without_posting'
            when nearest_posting.course_payment_id is not null then 'candidates_differ'
            when payment.supplier_no is not null
                and last_day(payment.planned_on) + {{ var('match_window_days') }} > run.as_of
                then 'not_due_yet'
            else 'no_posting_in_month'
        end as reason_code
    from {{ ref('int_posting_match__payment') }} as payment
    inner join payment_state
        on payment.course_payment_id = payment_state.course_payment_id
    cross join run
    cross join ledger_cover
    left join nearest_posting
        on payment.course_payment_id = nearest_posting.course_payment_id
    left join posting_supplier
        on payment.supplier_no = posting_supplier.supplier_no
    where payment.is_current
        and payment.planned_on <= run.as_of
        and payment_state.left_dkk > {{ var('match_tolerance_dkk') }}

),

payment_row as (

    select
        'payment' as subject,
        course_payment_id as subject_id,
        cast(null as varchar) as posting_id,
        course_payment_id,
        course_id,
        account_id,
        planned_month as month,
        planned_dkk as amount_dkk,
        allocated_dkk,
        cast(null as varchar) as match_method,
        cast(null as decimal(3, 2)) as confidence,
        cast(null as bigint) as candidates,
        reason_code,
        case reason_code
            when 'before_ledger' then 'Før den første periode, der er leveret fra økonomisystemet.'
            when 'after_ledger' then 'Efter den seneste leverance fra økonomisystemet.'
            when 'partly_matched' then 'Delvis betalt: ' || {{ dkk_da('allocated_dkk') }} || ' af ' || {{ dkk_da('planned_dkk') }}
            when 'not_granted' then 'Ikke bevilget endnu, og ingen postering er fundet.'
            when 'supplier_without_posting' then 'Modtageren har ingen posteringer i økonomisystemet.'
            when 'candidates_differ' then 'Ingen postering passer; den nærmeste uden forløb afviger.'
            when 'not_due_yet' then 'Ingen postering endnu; fakturaen kan stadig nå at komme.'
            else 'Ingen postering uden forløb hos modtageren i måneden.'
        end as explanation_da,
        nearest_ids,
        nearest_da
    from open_payment

),

explained as (

    select * from posting_row
    union all
    select * from payment_row

)

select
    run.as_of,
    explained.subject,
    explained.subject_id,
    explained.posting_id,
    explained.course_payment_id,
    explained.course_id,
    explained.account_id,
    explained.month,
    explained.amount_dkk,
    cast(coalesce(explained.allocated_dkk, 0) as decimal(18, 2)) as allocated_dkk,
    cast(explained.amount_dkk - coalesce(explained.allocated_dkk, 0) as decimal(18, 2)) as residual_dkk,
    explained.match_method,
    explained.confidence,
    explained.candidates,
    explained.reason_code,
    explained.explanation_da,
    explained.nearest_ids,
    explained.nearest_da

from explained

cross join run
