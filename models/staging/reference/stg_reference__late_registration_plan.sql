with

source as (

    select * from {{ ref('late_registration_plan') }}

),

selected as (

    select
        team_id,
        agreed_on,
        open_pct,
        reason_da,
        is_assumption

    from source

)

select * from selected
