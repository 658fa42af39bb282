-- What may leave the house: cost and days of an activity category in a quarter. What is hidden stands in the sum of the
-- year's hidden categories, or nowhere where that sum would tell of single children, too.
with

summed as (

    select
        part.quarter,
        case when category.is_hidden then 'Øvrige' else part.category_no end as category_no,
        count(distinct case when part.course_days > 0 then part.child_key end) as children,
        sum(part.course_days) as course_days,
        sum(part.cost_dkk) as cost_dkk
    from {{ ref('int_unit_price__category_child') }} as part
    inner join {{ ref('int_unit_price__category_hidden') }} as category
        on part.category_no = category.category_no
        and year(part.quarter) = category.fiscal_year
    where not category.is_all_hidden
    group by part.quarter, case when category.is_hidden then 'Øvrige' else part.category_no end

),

-- each category of a year in each of its quarters, so that an empty row tells nothing of a hidden category
listed as (

    select
        fiscal_year,
        category_no,
        is_hidden as is_suppressed,
        false as is_other
    from {{ ref('int_unit_price__category_hidden') }}

    union all

    select
        fiscal_year,
        'Øvrige' as category_no,
        is_all_hidden as is_suppressed,
        true as is_other
    from {{ ref('int_unit_price__category_hidden') }}
    where is_hidden
    group by fiscal_year, is_all_hidden

),

final as (

    select
        quarter.quarter,
        listed.category_no,
        listed.is_other,
        listed.is_suppressed,
        -- the sum's children would narrow down those of the hidden categories
        case when not listed.is_suppressed and not listed.is_other then coalesce(summed.children, 0) end as children,
        case when not listed.is_suppressed then coalesce(summed.course_days, 0) end as course_days,
        case when not listed.is_suppressed then coalesce(summed.cost_dkk, 0) end as cost_dkk,
        dayofyear(make_date(listed.fiscal_year, 12, 31)) as days_in_year
    from listed
    inner join (select distinct quarter from {{ ref('int_unit_price__category_child') }}) as quarter
        on listed.fiscal_year = year(quarter.quarter)
    left join summed
        on quarter.quarter = summed.quarter
        and listed.category_no = summed.category_no

)

select
    {{ as_of() }} as as_of,
    final.quarter,
    final.category_no,
    case
        when final.is_other then 'Øvrige, samlet'
        when final.category_no = 'Ukendt' then 'Uden kategori'
        else coalesce(activity_category.name, final.category_no)
    end as category_name,
    final.is_other,
    final.is_suppressed,
    final.children,
    cast(final.course_days as bigint) as course_days,
    {{ divide('final.course_days', 'final.days_in_year', 6) }} as full_year_equivalents,
    cast(final.cost_dkk as decimal(18, 2)) as cost_total_dkk,
    {{ divide('final.cost_dkk', 'final.course_days', 8, digits=28) }} as unit_price_day,
    {{ divide('final.cost_dkk * final.days_in_year', 'final.course_days') }} as unit_price_year
from final
left join {{ ref('stg_reference__activity_category') }} as activity_category
    on final.category_no = activity_category.category_no
