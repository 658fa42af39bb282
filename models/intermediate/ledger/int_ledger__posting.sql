-- The ledger as the deliveries up to the as-of date tell it: a delivery replaces the fiscal year and period that it
-- brings; a source that appends (one file a day, no corrections) keeps every file once, however often it arrives.
with

delivered as (

    select
        source_system,
        extract_date,
        file_hash,
        mode,
        row_number() over (partition by source_system, file_hash order by extract_date) as nth_arrival
    from (
        -- one file under two names is one file
        select distinct source_system, extract_date, file_hash, mode
        from {{ ref('stg_control__delivery_file') }}
        where entity = 'posting'
    )

),

newest as (

    select
        source_system,
        fiscal_year,
        period_no,
        max(extract_date) as extract_date
    from {{ ref('stg_ledger__posting') }}
    group by source_system, fiscal_year, period_no

),

account as (

    select source_account, account_id from {{ ref('int_account__resolved') }} where section_id is null

),

effective as (

    select
        posting.*,
        coalesce(account.account_id, 'UKENDT') as account_id,
        -- 7xx and 8xx are income (budget and accounting system for municipalities)
        coalesce(posting.art_no like '7%' or posting.art_no like '8%', false) as is_income,
        coalesce(posting.art_no like '9%', false) as is_internal,
        {{ provider_id('posting.supplier_cvr', 'posting.supplier_key', 'posting.supplier_name') }} as provider_id,
        {{ normalised_name('posting.supplier_name') }} as supplier_match_name

    from {{ ref('stg_ledger__posting') }} as posting

    inner join delivered
        on posting.source_system = delivered.source_system
        and posting.extract_date = delivered.extract_date
        and posting.file_hash = delivered.file_hash

    left join newest
        on posting.source_system = newest.source_system
        and posting.fiscal_year = newest.fiscal_year
        and posting.period_no = newest.period_no

    left join account
        on posting.source_account = account.source_account

    where (delivered.mode = 'append' and delivered.nth_arrival = 1)
        or (delivered.mode <> 'append' and posting.extract_date = newest.extract_date)

)

select * from effective
