-- C08: a course starts before the day of birth that the child's CPR number holds. One gap a child, told by its first
-- such course; the key is a hash of the child's pseudonym, and no date is told that would give the birth away.
with

{{ gap_rule('C08') }},

early as (

    select *
    from {{ ref('int_bos__course') }}
    where is_current
        and child_key is not null
        and start_on < child_birth_on

),

{{ planned_of('early', 'flagged.start_on', as_of(), keys=['child_key']) }},

child as (

    select
        *,
        count(*) over (partition by child_key) as courses
    from early
    qualify row_number() over (partition by child_key order by start_on, course_id) = 1

)

select
    rule.rule_id,
    substr(sha256(rule.rule_id || '|' || child.child_key), 1, 32) as business_key,
    rule.severity,
    child.course_id,
    cast(null as varchar) as posting_id,
    child.account_id,
    child.team_id,
    child.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    child.start_on as occurred_on,
    'Forløbet starter ' || {{ date_da('child.start_on') }}
        || ', før barnet er født ifølge CPR-nummeret (forløb i alt: ' || child.courses || ').' as text_da

from child

cross join rule

left join planned
    on child.child_key = planned.child_key
