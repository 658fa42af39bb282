-- D01: a CPR number that is none: not 10 digits, or an impossible date (ingest judged it and kept only the verdict; day
-- + 60 is a replacement number). In the newest list of cases and in the ledger's lines. One gap a person; the key is a
-- hash of the pseudonym, which is not published.
with

{{ gap_rule('D01') }},

finding as (

    select
        child_key as person_key,
        child_cpr_status as cpr_status,
        team_id,
        cast(null as varchar) as posting_id,
        cast(null as decimal(18, 2)) as amount_dkk,
        cast(changed_at as date) as seen_on
    from {{ ref('int_bos__case') }}
    where child_cpr_status in ('invalid_format', 'invalid_date')

    union all

    select
        person_key,
        person_cpr_status as cpr_status,
        cast(null as varchar) as team_id,
        posting_id,
        amount_dkk,
        posted_on as seen_on
    from {{ ref('int_ledger__posting') }}
    where person_cpr_status in ('invalid_format', 'invalid_date')
        and not is_balance

),

person as (

    select
        person_key,
        min(cpr_status) as cpr_status,
        min(team_id) as team_id,
        min(posting_id) as posting_id,
        cast(coalesce(sum(amount_dkk), 0) as decimal(18, 2)) as amount_dkk,
        min(seen_on) as seen_on,
        bool_or(posting_id is null) as is_in_case_system,
        bool_or(posting_id is not null) as is_in_ledger
    from finding
    where person_key is not null
    group by person_key

)

select
    rule.rule_id,
    {{ gap_id('rule.rule_id', 'person.person_key') }} as business_key,
    rule.severity,
    course.course_id,
    case when course.course_id is null then person.posting_id end as posting_id,
    cast(null as varchar) as account_id,
    coalesce(person.team_id, course.team_id) as team_id,
    cast(null as varchar) as provider_id,
    case when course.course_id is null then person.posting_id end as document_no,
    person.amount_dkk,
    person.seen_on as occurred_on,
    'CPR-nummeret '
        || case person.cpr_status
            when 'invalid_format' then 'har ikke 10 cifre' else 'indeholder en dato, der ikke findes'
        end
        || ' (' || concat_ws(
            ' og ',
            case when person.is_in_case_system then 'sagen i BOS' end,
            case when person.is_in_ledger then 'posteringer i regnskabet' end
        ) || ').' as text_da

from person

cross join rule

left join {{ ref('int_gap__course_of_child') }} as course
    on person.person_key = course.child_key
