-- File = lake = fact: per ledger file in force, the control total that ingest took of the file is the sum of the
-- lines that stand. A row is a file that does not tie.
with

fact as (

    select
        file_hash,
        source_system,
        extract_date,
        sum(amount_dkk) filter (where not is_balance) as amount_dkk
    from {{ ref('int_ledger__posting') }}
    group by file_hash, source_system, extract_date

)

select
    fact.file_hash,
    fact.amount_dkk,
    file.amount_total_dkk
from fact
left join {{ ref('stg_control__delivery_file') }} as file
    on fact.file_hash = file.file_hash
    and fact.source_system = file.source_system
    and fact.extract_date = file.extract_date
    and file.entity = 'posting'
where coalesce(fact.amount_dkk, 0) is distinct from coalesce(file.amount_total_dkk, 0)
