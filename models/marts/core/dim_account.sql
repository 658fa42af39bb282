-- The chart's accounts and every other account that a source has brought, after correction. The parts of an account
-- are read from the account itself; the frame and the service frame are those of the as-of date's year.
with

chart as (

    select * from {{ ref('stg_reference__account') }}

),

category as (

    select * from {{ ref('stg_reference__activity_category') }}

),

account_function as (

    select * from {{ ref('stg_reference__account_function') }}

),

account_year as (

    select account_year.*
    from {{ ref('int_account__year') }} as account_year
    inner join {{ ref('stg_control__run') }} as run
        on account_year.fiscal_year = year(run.as_of)

),

split as (

    select
        account_id,
        frame_id,
        has_frame_rule,
        is_service_frame,
        nullif(regexp_extract(account_id, '^([0-9]{9})(-|$)', 1), '') as main_account_no,
        nullif(regexp_extract(account_id, '^[0-9]{9}-(.+)$', 1), '') as category_no,
        regexp_full_match(account_id, '[0-9]{9}-[0-9]{6}') as is_valid_format

    from account_year

),

final as (

    select
        split.account_id,
        split.main_account_no,
        substr(split.main_account_no, 1, 5) as function_no,
        account_function.name as function_name_da,
        substr(split.main_account_no, 6, 1) as dranst_no,
        substr(split.main_account_no, 7, 3) as grouping_no,
        split.category_no,
        coalesce(chart.account_name, category.name) as account_name,
        split.frame_id,
        split.is_service_frame,
        chart.account_id is not null as is_known,
        split.is_valid_format,
        coalesce(chart.is_activity_account, false) as is_activity_account,
        coalesce(chart.is_person_account, false) as is_person_account,
        case
            when not split.is_valid_format then 'Kontoen er ikke 9 cifre-6 cifre'
            when chart.account_id is null then 'Kontoen findes ikke i kontoplanen'
            when not split.has_frame_rule then 'Kontoen hører ikke til en ramme'
            when split.is_service_frame is null then 'Ingen regel for servicerammen'
        end as finding_da

    from split

    left join chart
        on split.account_id = chart.account_id

    left join category
        on split.category_no = category.category_no

    left join account_function
        on substr(split.main_account_no, 1, 5) = account_function.function_no

)

select * from final
