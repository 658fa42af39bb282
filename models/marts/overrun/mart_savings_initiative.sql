-- The action plan at the as-of date, one row an initiative and fiscal year: planned, realised, and what the frame's
-- forecast with the plan still counts on (remaining).
with

initiative as (

    select * from {{ ref('int_overrun__initiative') }}

),

shown_by_courses as (

    select
        initiative_id,
        fiscal_year,
        count(*) as courses,
        sum(realised_dkk) as realised_dkk,
        sum(secured_dkk) as secured_dkk
    from {{ ref('int_overrun__initiative_course') }}
    group by initiative_id, fiscal_year

),

joined as (

    select
        initiative.*,
        case when initiative.is_measured then coalesce(shown_by_courses.courses, 0) end as measured_courses,
        case when initiative.is_measured then coalesce(shown_by_courses.realised_dkk, 0) end as realised_dkk,
        case when initiative.is_measured then coalesce(shown_by_courses.secured_dkk, 0) end as secured_dkk,
        case
            when not initiative.is_known_frame then 'Rammen findes ikke: ret den i planen'
            when initiative.initiative_status = 'DROPPED' then 'Opgivet'
            when initiative.initiative_status = 'DONE' then 'Gennemført: effekten står i prognosen'
            when initiative.months_to_come = 0 then 'Året er gået'
        end as not_counted_da

    from initiative

    left join shown_by_courses
        on initiative.initiative_id = shown_by_courses.initiative_id
        and initiative.fiscal_year = shown_by_courses.fiscal_year

)

select
    {{ as_of() }} as as_of,
    initiative_id,
    fiscal_year,
    measure_da,
    frame_id,
    lever,
    initiative_status as status,
    owner_role,
    deadline_on,
    is_overdue,
    is_not_begun,
    start_on,
    account_id,
    section_id,
    activity_no,
    provider_id,
    cast(probability_pct as decimal(18, 2)) as probability_pct,
    cast(effect_months as integer) as effect_months,
    cast(months_to_come as integer) as months_to_come,
    cast(effect_dkk as decimal(18, 2)) as planned_dkk,
    cast(expected_dkk as decimal(18, 2)) as expected_dkk,
    cast(realised_dkk as decimal(18, 2)) as realised_dkk,
    cast(secured_dkk as decimal(18, 2)) as secured_dkk,
    -- a course that has ended, or has its new price, is in the forecast: it takes its part of what is still to come
    cast(case
        when not_counted_da is null then least(to_come_dkk - least(coalesce(secured_dkk, 0), 0), 0)
        else 0
    end as decimal(18, 2)) as remaining_dkk,
    cast(measured_courses as integer) as measured_courses,
    case
        when measured_courses is null then null
        when lever = 'number'
            then
                'Ellers var de afsluttede forløb fortsat til den slutdato, som de havde før startmåneden, '
                || 'dog højst året ud, til deres seneste pris.'
        else 'Ellers havde enhederne fra startmåneden kostet det samme som før den.'
    end as counterfactual_da,
    not_counted_da

from joined
