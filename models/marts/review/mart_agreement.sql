-- Purchase agreements up for renegotiation: what rests on each of them, its price against what is paid and what others
-- take, and when notice must be given; and the same for what is bought from companies without one.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

agreement as (

    select
        *,
        -- notice is given to a month's end where the agreement ends with one: 30 September less six months is 31 March
        case
            when valid_to = last_day(valid_to) then last_day(cast(valid_to - to_months(notice_months) as date))
            else cast(valid_to - to_months(notice_months) as date)
        end as last_notice_on
    from {{ ref('stg_plan__purchase_agreement') }}
    -- a delivery is the whole list
    qualify rank() over (order by extract_date desc) = 1

),

delivered as (

    select count(*) > 0 as is_delivered from agreement

),

segment as (

    select * from {{ ref('int_agreement__segment') }}

),

-- the newest change of price by now: of the courses that it changed for
price_change as (

    select
        change.provider_id,
        change.activity_no,
        change.effective_on,
        {{ divide(
            'sum(change.units * (change.new_price - change.old_price)) * 100', 'sum(change.units * change.old_price)'
        ) }} as change_pct
    from {{ ref('int_review__price_change') }} as change
    inner join run
        on change.effective_on <= run.as_of
    group by change.provider_id, change.activity_no, change.effective_on
    qualify row_number() over (
        partition by change.provider_id, change.activity_no order by change.effective_on desc
    ) = 1

),

-- the years whose price rise an agreement with regulation has taken by now; a year that nobody has told makes it unknown
regulated as (

    select
        agreement.agreement_no,
        agreement.activity_no,
        count(price_index.fiscal_year) as years_known,
        exp(sum(ln(1 + price_index.change_pct / 100))) as factor
    from agreement
    cross join run
    left join {{ ref('stg_reference__price_index') }} as price_index
        on price_index.fiscal_year > year(agreement.valid_from)
        and price_index.fiscal_year <= year(run.as_of)
    where agreement.price_regulation = 'INDEX'
    group by agreement.agreement_no, agreement.activity_no

),

agreed as (

    select
        agreement.*,
        agreement.valid_from <= run.as_of as is_begun,
        coalesce(agreement.valid_to < run.as_of, false) as is_expired,
        case
            when agreement.price_regulation = 'INDEX' and agreement.valid_from <= run.as_of
                then case
                    when year(run.as_of) = year(agreement.valid_from) then agreement.agreed_price_day_dkk
                    when regulated.years_known = year(run.as_of) - year(agreement.valid_from)
                        then {{ money('agreement.agreed_price_day_dkk * regulated.factor') }}
                end
            else agreement.agreed_price_day_dkk
        end as agreed_price_day_now_dkk
    from agreement
    cross join run
    left join regulated
        on agreement.agreement_no = regulated.agreement_no
        and agreement.activity_no is not distinct from regulated.activity_no

),

-- the agreement that a purchase rests on: one in force before one that has expired, one for the activity before one for all
covering as (

    select
        segment.*,
        {{ divide('segment.month_dkk', 'segment.month_days', 8, digits=28) }} as price_day,
        least(agreed.agreed_price_day_now_dkk, segment.others_price_day_dkk) as better_price_day,
        agreed.agreement_no,
        agreed.activity_no as agreement_activity_no,
        agreed.agreed_price_day_now_dkk,
        price_change.effective_on as price_changed_on,
        price_change.change_pct as price_change_pct
    from segment
    left join price_change
        on segment.provider_id = price_change.provider_id
        and segment.activity_no = price_change.activity_no
    left join agreed
        on segment.provider_id = agreed.provider_id
        and agreed.is_begun
        and coalesce(segment.activity_no = agreed.activity_no, true)
    qualify row_number() over (
        partition by segment.provider_id, segment.activity_no
        order by agreed.is_expired, agreed.activity_no is null, agreed.valid_from desc, agreed.agreement_no
    ) = 1

),

bought as (

    select
        provider_id,
        agreement_no,
        case when agreement_no is null then activity_no else agreement_activity_no end as activity_no,
        sum(courses_running) as courses_running,
        sum(cost_year_dkk) as cost_year_dkk,
        sum(full_year_dkk) as full_year_dkk,
        sum(month_days) as month_days,
        sum(month_dkk) as month_dkk,
        sum(month_days * agreed_price_day_now_dkk) as at_agreed_dkk,
        sum(month_dkk) filter (where others_price_day_dkk is not null and month_days > 0) as compared_dkk,
        sum(month_days) filter (where others_price_day_dkk is not null) as compared_days,
        sum(month_days * others_price_day_dkk) as at_others_dkk,
        sum({{ divide('full_year_dkk * greatest(price_day - better_price_day, 0)', 'price_day') }}) as over_price_dkk,
        max(price_changed_on) as price_changed_on,
        arg_max(price_change_pct, price_changed_on) as price_change_pct
    from covering
    group by
        provider_id,
        agreement_no,
        case when agreement_no is null then activity_no else agreement_activity_no end

),

listed as (

    select
        coalesce(agreed.provider_id, bought.provider_id) as provider_id,
        coalesce(agreed.activity_no, bought.activity_no) as activity_no,
        agreed.agreement_no,
        agreed.valid_from,
        agreed.valid_to,
        agreed.notice_months,
        agreed.price_regulation,
        agreed.agreed_price_day_dkk,
        agreed.agreed_price_day_now_dkk,
        agreed.is_begun,
        agreed.is_expired,
        agreed.last_notice_on,
        coalesce(agreed.last_notice_on, agreed.valid_to) as renegotiate_by_on,
        coalesce(bought.courses_running, 0) as courses_running,
        coalesce(bought.cost_year_dkk, 0) as cost_year_dkk,
        coalesce(bought.full_year_dkk, 0) as full_year_dkk,
        {{ divide('bought.month_dkk', 'bought.month_days') }} as price_day_dkk,
        {{ divide('(bought.month_dkk - bought.at_agreed_dkk) * 100', 'bought.at_agreed_dkk') }} as price_over_agreed_pct,
        {{ divide('bought.at_others_dkk', 'bought.compared_days') }} as others_price_day_dkk,
        {{ divide('(bought.compared_dkk - bought.at_others_dkk) * 100', 'bought.at_others_dkk') }} as price_over_others_pct,
        coalesce(bought.over_price_dkk, 0) as over_price_dkk,
        bought.price_changed_on,
        bought.price_change_pct
    from agreed
    full join bought
        on agreed.agreement_no = bought.agreement_no
        and agreed.activity_no is not distinct from bought.activity_no

),

judged as (

    select
        listed.*,
        run.as_of,
        case
            when listed.agreement_no is null and not delivered.is_delivered then 'not_delivered'
            when listed.agreement_no is null then 'no_agreement'
            when not listed.is_begun then 'not_begun'
            when listed.is_expired and listed.courses_running = 0 then 'ended'
            when listed.renegotiate_by_on < run.as_of then 'overdue'
            when listed.renegotiate_by_on <= run.as_of + {{ var('agreement_warning_days') }} then 'due'
            when listed.renegotiate_by_on is null then 'no_end'
            else 'later'
        end as status
    from listed
    cross join run
    cross join delivered

)

select
    as_of,
    cast(row_number() over (
        order by over_price_dkk desc, full_year_dkk desc, cost_year_dkk desc, provider_id, activity_no, agreement_no
    ) as integer) as rank_no,
    agreement_no,
    provider_id,
    activity_no,
    status,
    case status
        when 'not_delivered' then 'Aftaler er ikke leveret'
        when 'no_agreement' then 'Ingen aftale'
        when 'not_begun' then 'Ikke begyndt'
        when 'ended' then 'Afsluttet'
        when 'overdue' then 'Overskredet'
        when 'due' then 'Inden for {{ var('agreement_warning_days') }} dage'
        when 'no_end' then 'Uden udløb'
        when 'later' then 'Senere'
    end as status_da,
    cast(courses_running as bigint) as courses_running,
    cast(cost_year_dkk as decimal(18, 2)) as cost_year_dkk,
    cast(full_year_dkk as decimal(18, 2)) as full_year_dkk,
    price_day_dkk,
    cast(agreed_price_day_dkk as decimal(18, 2)) as agreed_price_day_dkk,
    cast(agreed_price_day_now_dkk as decimal(18, 2)) as agreed_price_day_now_dkk,
    price_over_agreed_pct,
    others_price_day_dkk,
    price_over_others_pct,
    cast(over_price_dkk as decimal(18, 2)) as over_price_dkk,
    price_changed_on,
    price_change_pct,
    price_regulation,
    valid_from,
    valid_to as expires_on,
    notice_months,
    last_notice_on,
    renegotiate_by_on,
    cast(renegotiate_by_on - as_of as bigint) as days_left

from judged
