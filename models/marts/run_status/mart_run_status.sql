-- What this publication rests on: each source's last good delivery, each entity's rows, each rule run or not run, and
-- each mart whose input nobody delivered. Not run is never zero. Beside them each year's budget, and the ledger periods with
-- postings that ought not to be there.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

delivery as (

    select * from {{ ref('stg_control__delivery') }}

),

source_status as (

    select
        'source' as subject,
        source_system as name,
        case when bool_or(status = 'loaded') then 'run' else 'not_run' end as status,
        max(extract_date) filter (where status = 'loaded') as last_delivery_on,
        count(*) filter (where status = 'loaded') as deliveries,
        count(*) filter (where status = 'refused') as refused,
        count(*) filter (where status = 'skipped') as skipped,
        arg_max(reason, extract_date) filter (where status <> 'loaded') as reason
    from delivery
    group by source_system

),

file_of_source as (

    select
        source_system,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by source_system

),

entity as (

    select unnest(['course_payment', 'case_history', 'posting', 'budget', 'invoice']) as name

),

-- the inputs without which a mart, or a column of it, has nothing to say
mart as (

    select
        unnest([
            'mart_overrun', 'mart_commitments', 'mart_unit_price', 'fct_posting_match', 'fct_posting_match', 'fct_invoice',
            'mart_new_grants', 'mart_unpaid_invoice', 'mart_state_refund', 'mart_state_refund', 'mart_state_refund.claimed_dkk',
            'mart_state_refund.inter_municipal_income_dkk', 'mart_agreement', 'mart_agreement.agreement_no', 'mart_consequence',
            'mart_school_placement', 'mart_school_placement.school_dkk'
        ]) as name,
        unnest([
            'posting', 'course_payment', 'course_payment', 'posting', 'course_payment', 'invoice',
            'course_payment', 'invoice', 'posting', 'course_payment', 'state_refund', 'inter_municipal_income',
            'course_payment', 'purchase_agreement', 'decision_consequence', 'posting', 'school_posting'
        ]) as input

),

input_da as (

    select
        unnest([
            'posting', 'course_payment', 'invoice', 'state_refund', 'inter_municipal_income', 'purchase_agreement',
            'decision_consequence', 'school_posting'
        ]) as input,
        unnest([
            'posteringer', 'forløbsbetalinger', 'fakturaer', 'statsrefusion pr. barn (dranst 2) i regnskabet',
            'mellemkommunale indtægter i regnskabet', 'indkøbsaftaler (agreements.csv)',
            'tværgående konsekvenser (consequences.csv)', 'posteringer på skolens konti for anbringelser'
        ]) as name_da

),

available_input as (

    select * from {{ ref('int_gap__available_input') }}

),

file_of_entity as (

    select
        entity as name,
        max(extract_date) as last_delivery_on,
        count(distinct extract_date) as deliveries,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by entity

),

-- a year of the ledger, or the as-of date's, and its budget
budget_year as (

    select
        account_year.fiscal_year,
        max(budget.extract_date) as last_delivery_on,
        count(distinct budget.extract_date) as deliveries,
        count(budget.fiscal_year) as rows_delivered
    from (select distinct fiscal_year from {{ ref('int_account__year') }}) as account_year
    left join {{ ref('stg_ledger__budget') }} as budget
        on account_year.fiscal_year = budget.fiscal_year
    group by account_year.fiscal_year

),

-- postings that count, and ought not to be where they are
period_finding as (

    select
        posting.fiscal_year,
        posting.period_no,
        'Perioden er ikke i seed period_close; posteringerne tæller i '
        || case when posting.period_no < 1 then 'januar' else 'december' end as finding_da,
        posting.amount_dkk
    from {{ ref('int_ledger__posting') }} as posting
    inner join {{ ref('int_ledger__period') }} as period
        on posting.fiscal_year = period.fiscal_year
        and posting.period_no = period.period_no
        and not period.is_known
    where not posting.is_balance

    union all

    select
        fiscal_year,
        period_no,
        'Kommet efter periodens lukning ' || {{ date_da('closed_on') }} as finding_da,
        amount_dkk
    from {{ ref('int_ledger__late_posting') }}
    where not is_balance

),

finding_of_period as (

    select
        fiscal_year,
        period_no,
        finding_da,
        count(*) as postings,
        sum(amount_dkk) as amount_dkk
    from period_finding
    group by fiscal_year, period_no, finding_da

)

select
    run.as_of,
    source_status.subject,
    source_status.name,
    source_status.status,
    source_status.last_delivery_on,
    run.as_of - source_status.last_delivery_on as age_days,
    source_status.deliveries,
    source_status.refused,
    source_status.skipped,
    cast(file_of_source.rows_delivered as bigint) as rows_delivered,
    cast(file_of_source.rows_quarantined as bigint) as rows_quarantined,
    source_status.reason
from source_status
cross join run
left join file_of_source
    on source_status.name = file_of_source.source_system

union all

select
    run.as_of,
    'entity' as subject,
    entity.name,
    case when file_of_entity.name is not null then 'run' else 'not_run' end as status,
    file_of_entity.last_delivery_on,
    run.as_of - file_of_entity.last_delivery_on as age_days,
    coalesce(file_of_entity.deliveries, 0) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(file_of_entity.rows_delivered as bigint) as rows_delivered,
    cast(file_of_entity.rows_quarantined as bigint) as rows_quarantined,
    case when file_of_entity.name is null then 'Ikke leveret' end as reason
from entity
cross join run
left join file_of_entity
    on entity.name = file_of_entity.name

union all

select
    run.as_of,
    'rule' as subject,
    rule_status.rule_id as name,
    case when rule_status.is_run then 'run' else 'not_run' end as status,
    cast(null as date) as last_delivery_on,
    cast(null as bigint) as age_days,
    cast(null as bigint) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(null as bigint) as rows_delivered,
    cast(null as bigint) as rows_quarantined,
    rule_status.reason
from {{ ref('int_gap__rule_status') }} as rule_status
cross join run

union all

select
    run.as_of,
    'mart' as subject,
    mart.name,
    case when count(available_input.input) = count(*) then 'run' else 'not_run' end as status,
    cast(null as date) as last_delivery_on,
    cast(null as bigint) as age_days,
    cast(null as bigint) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(null as bigint) as rows_delivered,
    cast(null as bigint) as rows_quarantined,
    'Ikke leveret: ' || string_agg(input_da.name_da, ', ' order by input_da.name_da)
        filter (where available_input.input is null) as reason
from mart
cross join run
inner join input_da
    on mart.input = input_da.input
left join available_input
    on mart.input = available_input.input
group by run.as_of, mart.name

union all

select
    run.as_of,
    'budget' as subject,
    cast(budget_year.fiscal_year as varchar) as name,
    case when budget_year.rows_delivered > 0 then 'run' else 'not_run' end as status,
    budget_year.last_delivery_on,
    run.as_of - budget_year.last_delivery_on as age_days,
    budget_year.deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    budget_year.rows_delivered,
    cast(null as bigint) as rows_quarantined,
    case
        when budget_year.rows_delivered = 0 then 'Årets budget er ikke leveret: merforbruget kendes ikke'
    end as reason
from budget_year
cross join run

union all

select
    run.as_of,
    'period' as subject,
    finding.fiscal_year || '-' || lpad(cast(finding.period_no as varchar), 2, '0') as name,
    'run' as status,
    cast(null as date) as last_delivery_on,
    cast(null as bigint) as age_days,
    cast(null as bigint) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(null as bigint) as rows_delivered,
    cast(null as bigint) as rows_quarantined,
    string_agg(
        finding.finding_da || ' (posteringer: ' || finding.postings || ', ' || {{ dkk_da('finding.amount_dkk') }} || ')',
        '; ' order by finding.finding_da
    ) as reason
from finding_of_period as finding
cross join run
group by run.as_of, finding.fiscal_year, finding.period_no
