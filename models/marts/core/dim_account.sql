-- The chart's accounts and every other account that a source has brought, after correction. The parts of an account
-- are read from the account itself; the frame and the service frame come from the rules valid at the as-of date.
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

run as (

    select * from {{ ref('stg_control__run') }}

),

frame_rule as (

    select rule.*
    from {{ ref('stg_reference__frame_account_rule') }} as rule
    cross join run
    where run.as_of between rule.valid_from and coalesce(rule.valid_to, run.as_of)

),

fallback_frame as (

    select * from {{ ref('stg_reference__frame') }} where is_fallback

),

service_frame_rule as (

    select rule.*
    from {{ ref('stg_reference__service_frame_rule') }} as rule
    cross join run
    where run.as_of between rule.valid_from and coalesce(rule.valid_to, run.as_of)

),

account as (

    select account_id from chart
    union
    select account_id from {{ ref('int_account__resolved') }}

),

split as (

    select
        account_id,
        nullif(regexp_extract(account_id, '^([0-9]{9})(-|$)', 1), '') as main_account_no,
        nullif(regexp_extract(account_id, '^[0-9]{9}-(.+)$', 1), '') as category_no,
        regexp_full_match(account_id, '[0-9]{9}-[0-9]{6}') as is_valid_format

    from account

),

framed as (

    select
        split.account_id,
        frame_rule.frame_id

    from split

    inner join frame_rule
        on regexp_matches(split.account_id, frame_rule.account_pattern)

    qualify row_number() over (partition by split.account_id order by frame_rule.priority) = 1

),

service_framed as (

    select
        split.account_id,
        service_frame_rule.is_service_frame

    from split

    inner join service_frame_rule
        on regexp_matches(split.account_id, service_frame_rule.account_pattern)
        and (service_frame_rule.dranst_no is null or substr(split.main_account_no, 6, 1) = service_frame_rule.dranst_no)

    qualify row_number() over (partition by split.account_id order by service_frame_rule.priority) = 1

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
        coalesce(framed.frame_id, fallback_frame.frame_id) as frame_id,
        service_framed.is_service_frame,
        chart.account_id is not null as is_known,
        split.is_valid_format,
        coalesce(chart.is_activity_account, false) as is_activity_account,
        coalesce(chart.is_person_account, false) as is_person_account,
        case
            when not split.is_valid_format then 'Kontoen er ikke 9 cifre-6 cifre'
            when chart.account_id is null then 'Kontoen findes ikke i kontoplanen'
            when framed.frame_id is null then 'Kontoen hører ikke til en ramme'
            when service_framed.is_service_frame is null then 'Ingen regel for servicerammen'
        end as finding_da

    from split

    cross join fallback_frame

    left join chart
        on split.account_id = chart.account_id

    left join category
        on split.category_no = category.category_no

    left join account_function
        on substr(split.main_account_no, 1, 5) = account_function.function_no

    left join framed
        on split.account_id = framed.account_id

    left join service_framed
        on split.account_id = service_framed.account_id

)

select * from final
