-- Every account that a source writes, with the account of the chart that it stands for.
-- The most specific row of the seed wins: section and main activity, then section, then any.
with

source_account as (

    select distinct source_account, section_id, main_activity_no from {{ ref('stg_bos__course_payment') }}
    union
    select distinct source_account, cast(null as varchar), cast(null as varchar) from {{ ref('stg_ledger__posting') }}
    union
    select distinct source_account, cast(null as varchar), cast(null as varchar) from {{ ref('stg_ledger__budget') }}
    union
    select distinct source_account, cast(null as varchar), cast(null as varchar) from {{ ref('stg_ledger__invoice') }}

),

correction as (

    select * from {{ ref('stg_reference__account_correction') }}

),

resolved as (

    select
        source_account.source_account,
        source_account.section_id,
        source_account.main_activity_no,
        coalesce(correction.account_id, source_account.source_account, 'UKENDT') as account_id,
        correction.account_id is not null as is_corrected

    from source_account

    left join correction
        on source_account.source_account = correction.source_account
        and (correction.section_id is null or source_account.section_id = correction.section_id)
        and (correction.main_activity_no is null or source_account.main_activity_no = correction.main_activity_no)

    qualify row_number() over (
        partition by source_account.source_account, source_account.section_id, source_account.main_activity_no
        order by
            cast(correction.section_id is not null as integer) + cast(correction.main_activity_no is not null as integer) desc
    ) = 1

)

select * from resolved
