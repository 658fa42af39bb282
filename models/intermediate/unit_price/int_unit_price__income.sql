-- What others pay of the measures, month by month: other municipalities (art 7.7), the state's refund (dranst 2), and
-- parents and young people beyond their planned own contributions (arts 7.2, 7.9), on the functions that courses are
-- paid from and on 5.22.07. Of the course that the posting is matched with or names; where it names only a child or an
-- appropriation, of its main courses by their days of the month; else of none.
with

course as (

    select * from {{ ref('int_unit_price__course') }}

),

course_function as (

    select distinct function_no from {{ ref('dim_account') }} where is_activity_account

    union

    select function_no from {{ ref('stg_reference__account_function') }} where function_code = '5.22.07'

),

income as (

    select
        posting.*,
        coalesce(posting.service_month, cast(date_trunc('month', posting.posted_on) as date)) as month,
        case
            when account.dranst_no = '2' then 'refund'
            when {{ is_inter_municipal('posting') }} then 'inter_municipal'
            else 'parents'
        end as payer
    from {{ ref('int_ledger__posting') }} as posting
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    semi join course_function
        on account.function_no = course_function.function_no
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
        and (account.dranst_no = '2' or {{ is_inter_municipal('posting') }} or left(posting.art_no, 2) in ('72', '79'))

),

matched as (

    select
        income.posting_id,
        income.month,
        income.payer,
        match.course_id,
        match.allocated_dkk
    from income
    inner join {{ ref('fct_posting_match') }} as match
        on income.posting_id = match.posting_id
    where match.course_id is not null

),

-- what no match took
rest as (

    select
        income.*,
        income.amount_dkk - coalesce(taken.allocated_dkk, 0) as rest_dkk
    from income
    left join (
        select
            posting_id,
            sum(allocated_dkk) as allocated_dkk
        from matched
        group by posting_id
    ) as taken
        on income.posting_id = taken.posting_id
    where income.amount_dkk <> coalesce(taken.allocated_dkk, 0)

),

-- the course itself is nearer than its appropriation, that than the child
named as (

    select
        rest.posting_id,
        rest.month,
        course.course_id,
        course.child_key,
        course.is_counted,
        case
            when course.course_id in (rest.payment_reference, rest.text_course_id) then 1
            when rest.text_appropriation_id = course.appropriation_id then 2
            else 3
        end as nearness
    from rest
    inner join course
        on {{ names_course('rest', 'course') }}
    qualify nearness = min(nearness) over (partition by rest.posting_id)

),

course_day as (

    select
        course_id,
        month,
        sum(end_on - start_on + 1) as course_days
    from {{ ref('int_unit_price__interval_month') }}
    group by course_id, month

),

carrier as (

    select
        named.posting_id,
        named.course_id,
        -- a course that is named carries it without days, too
        case when named.nearness = 1 then greatest(coalesce(course_day.course_days, 0), 1) else course_day.course_days end
            as weight
    from named
    left join course_day
        on named.course_id = course_day.course_id
        and named.month = course_day.month
    -- two children that were born on one day are nobody
    anti join (
        select posting_id
        from named
        group by posting_id
        having count(distinct child_key) > 1
    ) as unclear
        on named.posting_id = unclear.posting_id
    where named.nearness = 1
        or (named.is_counted and course_day.course_days > 0)

),

carried as (

    select
        posting_id,
        course_id,
        sum(weight) over (partition by posting_id) as whole,
        sum(weight) over (
            partition by posting_id
            order by course_id
            rows between unbounded preceding and current row
        ) as through,
        through - weight as before
    from carrier

),

part as (

    -- a parents' payment that is matched is planned: the cost has it already
    select
        course_id,
        month,
        payer,
        allocated_dkk as amount_dkk
    from matched
    where payer <> 'parents'

    union all

    select
        carried.course_id,
        rest.month,
        rest.payer,
        case
            when carried.posting_id is null then rest.rest_dkk
            else {{ split_part('rest.rest_dkk', 'carried.before', 'carried.through', 'carried.whole') }}
        end as amount_dkk
    from rest
    left join carried
        on rest.posting_id = carried.posting_id

)

select
    course_id,
    month,
    {%- for payer in ['inter_municipal', 'refund', 'parents'] %}
    cast(coalesce(sum(amount_dkk) filter (where payer = '{{ payer }}'), 0) as decimal(18, 2)) as {{ payer }}_dkk{{ ',' if not loop.last }}
    {%- endfor %}
from part
where amount_dkk <> 0
group by course_id, month
