-- What the companies' granted main courses cost this year, and next year in full, is the list's, to the øre.
with

course as (

    select course.course_id
    from {{ ref('int_unit_price__course') }} as course
    inner join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id
        and provider.provider_kind = 'company'
    where course.is_counted

),

cost as (

    select coalesce(sum(course_month.planned_dkk), 0) as cost_year_dkk
    from {{ ref('fct_course_month') }} as course_month
    semi join course
        on course_month.course_id = course.course_id
    where year(course_month.month) = year({{ as_of() }})

),

full_year as (

    select coalesce(sum(full_year.full_year_effect), 0) as full_year_dkk
    from {{ ref('int_overrun__full_year') }} as full_year
    semi join course
        on full_year.course_id = course.course_id

),

agreement as (

    select
        coalesce(sum(cost_year_dkk), 0) as cost_year_dkk,
        coalesce(sum(full_year_dkk), 0) as full_year_dkk
    from {{ ref('mart_agreement') }}

)

select agreement.*
from agreement
cross join cost
cross join full_year
where agreement.cost_year_dkk <> cost.cost_year_dkk
    or agreement.full_year_dkk <> full_year.full_year_dkk
