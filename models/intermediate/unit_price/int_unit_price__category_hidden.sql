-- Which activity categories of a year mart_unit_price_public hides. A category with a sensitive quarter is hidden for the
-- whole year and told only within one sum ("Øvrige"); where that sum were sensitive itself, further categories join it,
-- in an order that later quarters do not change. What a quarter was told with is so never taken back by a later one
-- (docs/decisions/0011-a-small-cell-hides-its-category-for-the-year.md). Private: it tells why.
{%- set min_children = var('public_min_children') %}
{%- set max_share = var('public_max_share_pct') %}
with

part as (

    select
        *,
        year(quarter) as fiscal_year
    from {{ ref('int_unit_price__category_child') }}

),

-- who holds a part of a cell: each child, and each person who is paid; money without sign, so that none hides another
holding as (

    select
        fiscal_year,
        quarter,
        category_no,
        'child' as holder_kind,
        child_key as holder_key,
        sum(course_days) as course_days,
        abs(sum(cost_dkk)) as cost_dkk
    from part
    group by fiscal_year, quarter, category_no, child_key

    union all

    select
        fiscal_year,
        quarter,
        category_no,
        'payee' as holder_kind,
        payee_id as holder_key,
        0 as course_days,
        abs(sum(cost_dkk)) as cost_dkk
    from part
    where payee_id <> 'none'
    group by fiscal_year, quarter, category_no, payee_id

),

cell as (

    select
        fiscal_year,
        quarter,
        category_no,
        count(*) filter (where holder_kind = 'child' and course_days > 0) as children_with_days,
        count(*) filter (where holder_kind = 'child' and cost_dkk > 0) as children_with_cost,
        sum(course_days) as course_days,
        coalesce(sum(cost_dkk) filter (where holder_kind = 'child'), 0) as cost_dkk,
        max(cost_dkk) as largest_dkk
    from holding
    group by fiscal_year, quarter, category_no

),

judged_cell as (

    select
        *,
        children_with_days between 1 and {{ min_children - 1 }}
        or children_with_cost between 1 and {{ min_children - 1 }}
        or largest_dkk * 100 > cost_dkk * {{ max_share }} as is_sensitive
    from cell

),

category as (

    select
        fiscal_year,
        category_no,
        min(case when is_sensitive then quarter end) as sensitive_from,
        min(quarter) as first_quarter
    from judged_cell
    group by fiscal_year, category_no

),

-- the order in which others join: those of an earlier quarter first, of them the cheapest; no later quarter changes it
ranked as (

    select
        category.*,
        row_number() over (
            partition by category.fiscal_year
            order by category.first_quarter, judged_cell.cost_dkk, category.category_no
        ) as turn
    from category
    inner join judged_cell
        on category.first_quarter = judged_cell.quarter
        and category.category_no = judged_cell.category_no

),

quarter_of_year as (

    select
        fiscal_year,
        quarter,
        count(*) over (partition by fiscal_year order by quarter) as quarters
    from (select distinct fiscal_year, quarter from part) as found

),

-- as the year was known through each of its quarters: who is in the sum where so many of the others join
candidate as (

    select
        known.fiscal_year,
        known.quarter as known_quarter,
        known.quarters,
        size.turn as joined,
        ranked.category_no
    from quarter_of_year as known
    inner join (
        select fiscal_year, turn from ranked
        union all
        select distinct fiscal_year, 0 as turn from ranked
    ) as size
        on known.fiscal_year = size.fiscal_year
    inner join ranked
        on known.fiscal_year = ranked.fiscal_year
    where ranked.sensitive_from <= known.quarter
        or (ranked.turn <= size.turn and ranked.first_quarter <= known.quarter)

),

-- a sensitive category is a holder, too: it must not be all of the sum
holder as (

    select * from holding

    union all

    select
        fiscal_year,
        quarter,
        category_no,
        'category' as holder_kind,
        category_no as holder_key,
        course_days,
        cost_dkk
    from judged_cell
    where is_sensitive

),

held as (

    select
        candidate.fiscal_year,
        candidate.known_quarter,
        candidate.quarters,
        candidate.joined,
        holder.quarter,
        holder.holder_kind,
        sum(holder.course_days) as course_days,
        sum(holder.cost_dkk) as cost_dkk
    from candidate
    inner join holder
        on candidate.fiscal_year = holder.fiscal_year
        and candidate.category_no = holder.category_no
        and candidate.known_quarter >= holder.quarter
    group by
        candidate.fiscal_year,
        candidate.known_quarter,
        candidate.quarters,
        candidate.joined,
        holder.quarter,
        holder.holder_kind,
        holder.holder_key

),

judged_sum as (

    select
        fiscal_year,
        known_quarter,
        quarters,
        joined,
        count(*) filter (where holder_kind = 'child' and course_days > 0) >= {{ min_children }}
        and count(*) filter (where holder_kind = 'child' and cost_dkk > 0) >= {{ min_children }}
        and max(cost_dkk) * 100
        <= sum(cost_dkk) filter (where holder_kind = 'child') * {{ max_share }}
        and coalesce(max(course_days) filter (where holder_kind = 'category'), 0) * 100
        <= sum(course_days) filter (where holder_kind = 'child') * {{ max_share }} as is_safe
    from held
    group by fiscal_year, known_quarter, quarters, joined, quarter

),

safe_sum as (

    select
        fiscal_year,
        known_quarter,
        joined
    from judged_sum
    where is_safe
    group by fiscal_year, known_quarter, quarters, joined
    -- in every quarter that was known
    having count(*) = quarters

),

-- what each quarter made necessary; none where not even all of them make a safe sum
needed as (

    select
        known.fiscal_year,
        known.quarter,
        case
            when known.quarter < sensitive.sensitive_from then 0
            else min(safe_sum.joined)
        end as joined
    from quarter_of_year as known
    inner join (
        select
            fiscal_year,
            min(sensitive_from) as sensitive_from
        from ranked
        group by fiscal_year
    ) as sensitive
        on known.fiscal_year = sensitive.fiscal_year
    left join safe_sum
        on known.fiscal_year = safe_sum.fiscal_year
        and known.quarter = safe_sum.known_quarter
    where sensitive.sensitive_from is not null
    group by known.fiscal_year, known.quarter, sensitive.sensitive_from

),

year_needed as (

    select
        fiscal_year,
        max(joined) as joined,
        count(joined) < count(*) as is_all_hidden
    from needed
    group by fiscal_year

)

select
    ranked.fiscal_year,
    ranked.category_no,
    ranked.sensitive_from,
    coalesce(
        ranked.sensitive_from is not null or ranked.turn <= year_needed.joined or year_needed.is_all_hidden,
        false
    ) as is_hidden,
    coalesce(year_needed.is_all_hidden, false) as is_all_hidden
from ranked
left join year_needed
    on ranked.fiscal_year = year_needed.fiscal_year
