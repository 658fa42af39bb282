-- Counted again from the children: no public figure is of fewer children than may be told of, no hidden category stands
-- alone in a quarter or in a year, and what is hidden has no figure.
{%- set figures = ['children', 'course_days', 'full_year_equivalents', 'cost_total_dkk', 'unit_price_day', 'unit_price_year'] %}
with

public_price as (

    select
        *,
        year(quarter) as fiscal_year
    from {{ ref('mart_unit_price_public') }}

),

suppressed as (

    select distinct
        fiscal_year,
        category_no
    from public_price
    where is_suppressed
        and not is_other

),

child as (

    select
        part.quarter,
        case when suppressed.category_no is null then part.category_no else 'Øvrige' end as category_no,
        part.child_key,
        sum(part.course_days) as course_days,
        sum(abs(part.cost_dkk)) as cost_dkk
    from {{ ref('int_unit_price__category_child') }} as part
    left join suppressed
        on part.category_no = suppressed.category_no
        and year(part.quarter) = suppressed.fiscal_year
    group by all

),

counted as (

    select
        quarter,
        category_no,
        count(*) filter (where course_days > 0) as children_with_days,
        count(*) filter (where cost_dkk > 0) as children_with_cost,
        sum(cost_dkk) as cost_dkk,
        max(cost_dkk) as largest_dkk
    from child
    group by quarter, category_no

),

too_few as (

    select
        public_price.quarter,
        public_price.category_no,
        'tells of too few children' as reason
    from public_price
    inner join counted
        on public_price.quarter = counted.quarter
        and public_price.category_no = counted.category_no
    where not public_price.is_suppressed
        and (
            counted.children_with_days between 1 and {{ var('public_min_children') - 1 }}
            or counted.children_with_cost between 1 and {{ var('public_min_children') - 1 }}
            or counted.largest_dkk * 100 > counted.cost_dkk * {{ var('public_max_share_pct') }}
        )

),

alone as (

    select
        quarter,
        max(category_no) as category_no,
        'is hidden alone in its quarter' as reason
    from public_price
    where is_suppressed
    group by quarter
    having count(*) = 1

),

some_quarters as (

    select
        max(quarter) as quarter,
        category_no,
        'is hidden in some quarters of the year only' as reason
    from public_price
    group by fiscal_year, category_no
    having count(distinct is_suppressed) > 1

),

figure as (

    select
        quarter,
        category_no,
        'is hidden and has figures' as reason
    from public_price
    where is_suppressed
        and coalesce({{ figures | join(', ') }}) is not null

)

select * from too_few
union all
select * from alone
union all
select * from some_quarters
union all
select * from figure
