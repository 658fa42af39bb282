-- Price changes per provider and activity: the courses whose price goes up, or down, in a month, and what that means.
with

run as (

    select as_of from {{ ref('stg_control__run') }}

),

change as (

    select
        *,
        new_price > old_price as is_increase,
        cast(date_trunc('month', effective_on) as date) as month
    from {{ ref('int_review__price_change') }}

),

summed as (

    select
        month,
        fiscal_year,
        coalesce(provider_id, 'Ukendt') as provider_id,
        coalesce(activity_no, 'Ukendt') as activity_no,
        payment_cost_type,
        payment_frequency,
        is_increase,
        min(effective_on) as effective_on,
        count(distinct course_id) as courses,
        sum(units) as units,
        sum(units * old_price) as old_cost,
        sum(units * new_price) as new_cost,
        min(case when old_price > 0 then {{ divide('(new_price - old_price) * 100', 'old_price') }} end) as lowest_change_pct,
        max(case when old_price > 0 then {{ divide('(new_price - old_price) * 100', 'old_price') }} end) as highest_change_pct,
        sum(effect_year_dkk) as effect_year_dkk,
        sum(effect_to_date_dkk) as effect_to_date_dkk,
        -- a year whose index is not known says nothing of what lies beyond it
        case when count(*) = count(index_year_dkk) then sum(index_year_dkk) end as index_year_dkk,
        sum(full_year_effect_dkk) as full_year_effect_dkk
    from change
    group by
        month,
        fiscal_year,
        coalesce(provider_id, 'Ukendt'),
        coalesce(activity_no, 'Ukendt'),
        payment_cost_type,
        payment_frequency,
        is_increase

)

select
    run.as_of,
    summed.month,
    summed.fiscal_year,
    summed.provider_id,
    summed.activity_no,
    case summed.payment_cost_type when 'PER_UNIT' then 'unit' when 'GLOBAL_RATE' then 'rate' else 'payment' end as price_unit,
    summed.payment_frequency,
    summed.is_increase,
    summed.effective_on > run.as_of as is_coming,
    summed.effective_on,
    summed.courses,
    cast(summed.units as decimal(18, 4)) as units,
    {{ divide('summed.old_cost', 'summed.units', 8, digits=28) }} as old_price,
    {{ divide('summed.new_cost', 'summed.units', 8, digits=28) }} as new_price,
    case
        when summed.old_cost > 0 then {{ divide('(summed.new_cost - summed.old_cost) * 100', 'summed.old_cost') }}
    end as change_pct,
    summed.lowest_change_pct,
    summed.highest_change_pct,
    case
        when summed.old_cost > 0
            then {{ divide('(summed.new_cost - summed.old_cost - summed.index_year_dkk) * 100', 'summed.old_cost') }}
    end as beyond_index_pct,
    cast(summed.effect_year_dkk as decimal(18, 2)) as effect_year_dkk,
    cast(summed.effect_to_date_dkk as decimal(18, 2)) as effect_to_date_dkk,
    cast(summed.effect_year_dkk - summed.effect_to_date_dkk as decimal(18, 2)) as effect_rest_of_year_dkk,
    cast(summed.effect_year_dkk - summed.index_year_dkk as decimal(18, 2)) as beyond_index_year_dkk,
    cast(summed.full_year_effect_dkk as decimal(18, 2)) as full_year_effect_dkk

from summed

cross join run
