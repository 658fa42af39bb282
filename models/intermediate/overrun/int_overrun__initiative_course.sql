-- What the courses show of an initiative's effect, against what would have been without it. Grain: initiative x fiscal
-- year x course. Number: a course that ended from the start month on would have run to the end that it had before, through
-- the year at most, at its last price. Price: the units planned from the start month on would have cost what they did
-- before. Up to the as-of date the effect is realised; after it, it stands in the forecast already (secured).
with

run as (

    select * from {{ ref('stg_control__run') }}

),

initiative as (

    select
        *,
        make_date(fiscal_year, 1, 1) as year_start_on,
        make_date(fiscal_year, 12, 31) as year_end_on,
        list_distinct(regexp_split_to_array(course_ids, '[ ,]+')) as courses
    from {{ ref('int_overrun__initiative') }}
    where is_measured

),

course as (

    select
        course.*,
        account.frame_id
    from {{ ref('int_overrun__course_state') }} as course
    inner join {{ ref('dim_account') }} as account
        on course.account_id = account.account_id
    where course.status = 'GRANTED'
        and course.is_current
        and not course.is_fictive

),

-- courses that are named, else all of the provider, activity, section and account that are; a course counts once
scope as (

    select
        initiative.initiative_id,
        initiative.fiscal_year,
        initiative.lever,
        initiative.start_on,
        initiative.year_start_on,
        initiative.year_end_on,
        course.course_id,
        course.end_on,
        course.month_dkk
    from initiative
    inner join course
        on initiative.frame_id = course.frame_id
        and case
            when initiative.courses is not null then list_contains(initiative.courses, course.course_id)
            else coalesce(initiative.provider_id = course.provider_id, initiative.provider_id is null)
                and coalesce(initiative.activity_no = course.activity_no, initiative.activity_no is null)
                and coalesce(initiative.section_id = course.section_id, initiative.section_id is null)
                and coalesce(initiative.account_id = course.account_id, initiative.account_id is null)
        end
    qualify row_number() over (
        partition by initiative.fiscal_year, initiative.lever, course.course_id
        order by initiative.courses is null, initiative.initiative_id
    ) = 1

),

-- as the course stood before the start month; where no delivery is as old, as it was first seen
before as (

    select
        scope.*,
        observed.observed_on,
        observed.start_on as course_start_on,
        coalesce(observed.end_on, date '2999-12-31') as end_before_on,
        coalesce(scope.month_dkk, observed.month_dkk) as last_month_dkk
    from scope
    inner join {{ ref('stg_control__course_state_observation') }} as observed
        on scope.course_id = observed.course_id
        and observed.status = 'GRANTED'
        and observed.is_current
        and not observed.is_fictive
    where scope.lever = 'number'
    qualify row_number() over (
        partition by scope.initiative_id, scope.fiscal_year, scope.course_id
        order by observed.observed_on >= scope.start_on, abs(date_diff('day', scope.start_on, observed.observed_on))
    ) = 1

),

ended as (

    select
        *,
        greatest(end_on + 1, year_start_on) as from_on,
        least(end_before_on, year_end_on) as until_on
    from before
    where course_start_on < start_on
        and end_on >= start_on - 1
        and end_on < end_before_on
        and last_month_dkk is not null

),

ended_saved as (

    select
        ended.initiative_id,
        ended.fiscal_year,
        ended.course_id,
        ended.observed_on as before_on,
        nullif(ended.end_before_on, date '2999-12-31') as end_before_on,
        ended.end_on,
        ended.last_month_dkk as price_before_dkk,
        cast(ended.until_on - ended.from_on + 1 as decimal(18, 4)) as units_saved,
        -{{ divide(
            'ended.last_month_dkk * 12 * greatest(least(ended.until_on, run.as_of) - ended.from_on + 1, 0)', '365'
        ) }} as realised_dkk,
        -{{ divide(
            'ended.last_month_dkk * 12 * greatest(ended.until_on - greatest(ended.from_on, run.as_of + 1) + 1, 0)', '365'
        ) }} as secured_dkk
    from ended
    cross join run
    where ended.until_on >= ended.from_on

),

payment as not materialized (

    select
        course_id,
        planned_on,
        granted_dkk,
        payment_frequency,
        payment_cost_type,
        coalesce(units, 1) as units
    from {{ ref('fct_course_payment') }}
    where is_current
        and not is_fictive
        and granted_dkk is not null

),

-- a price of nothing is no price: the history is lost (rule D10)
price_before as (

    select
        scope.*,
        payment.planned_on as before_on,
        payment.granted_dkk as before_dkk,
        payment.units as before_units,
        payment.payment_frequency,
        payment.payment_cost_type
    from scope
    inner join payment
        on scope.course_id = payment.course_id
        and scope.start_on > payment.planned_on
        and payment.granted_dkk <> 0
        and payment.units <> 0
    where scope.lever = 'price'
    qualify row_number() over (
        partition by scope.initiative_id, scope.fiscal_year, scope.course_id order by payment.planned_on desc
    ) = 1

),

price_since as (

    select
        price_before.*,
        payment.planned_on,
        payment.units,
        payment.granted_dkk
        - {{ divide('price_before.before_dkk * payment.units', 'price_before.before_units') }} as change_dkk
    from price_before
    inner join payment
        on price_before.course_id = payment.course_id
        and price_before.start_on <= payment.planned_on
        and price_before.payment_frequency is not distinct from payment.payment_frequency
        and price_before.payment_cost_type is not distinct from payment.payment_cost_type
        and payment.granted_dkk <> 0
    where payment.planned_on between price_before.year_start_on and price_before.year_end_on

),

price_saved as (

    select
        price_since.initiative_id,
        price_since.fiscal_year,
        price_since.course_id,
        price_since.before_on,
        {{ divide('price_since.before_dkk', 'price_since.before_units') }} as price_before_dkk,
        cast(sum(price_since.units) as decimal(18, 4)) as units_saved,
        sum(case when price_since.planned_on <= run.as_of then price_since.change_dkk else 0 end) as realised_dkk,
        sum(case when price_since.planned_on > run.as_of then price_since.change_dkk else 0 end) as secured_dkk
    from price_since
    cross join run
    group by
        price_since.initiative_id,
        price_since.fiscal_year,
        price_since.course_id,
        price_since.before_on,
        price_since.before_dkk,
        price_since.before_units
    having count(*) filter (where price_since.change_dkk <> 0) > 0

),

saved as (

    select * from ended_saved
    union all by name
    select * from price_saved

)

select
    initiative_id,
    fiscal_year,
    course_id,
    before_on,
    end_before_on,
    end_on,
    price_before_dkk,
    units_saved,
    cast(realised_dkk as decimal(18, 2)) as realised_dkk,
    cast(secured_dkk as decimal(18, 2)) as secured_dkk

from saved
