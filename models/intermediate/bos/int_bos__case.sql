-- One row a case of the newest list of cases, as its newest record has it. Private: with the child's key.
with

case_row as (

    select *
    from {{ ref('stg_bos__case_history') }}
    qualify rank() over (partition by source_system order by extract_date desc) = 1

)

select
    *,
    cast(min(changed_at) over (partition by source_system, case_id) as date) as opened_on

from case_row

qualify row_number() over (partition by source_system, case_id order by changed_at desc, history_id desc) = 1
