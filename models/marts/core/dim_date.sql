-- The days of the calendar that any delivery, budget or deadline can fall on.
with

holiday as (

    select * from {{ ref('stg_control__holiday') }}

),

day as (

    select
        cast(unnest(range(
            date '{{ var("calendar_first_on", "2015-01-01") }}',
            date '{{ var("calendar_last_on", "2040-12-31") }}' + interval 1 day,
            interval 1 day
        )) as date) as date_on

),

-- Two holidays can fall on one day; the day stays one row.
named_holiday as (

    select
        holiday_on,
        string_agg(name_da, ', ' order by name_da) as holiday_name_da

    from holiday

    group by holiday_on

),

described as (

    select
        day.date_on,
        cast(date_trunc('month', day.date_on) as date) as month_start_on,
        last_day(day.date_on) as month_end_on,
        cast(year(day.date_on) as integer) as year,
        cast(quarter(day.date_on) as integer) as quarter_no,
        cast(month(day.date_on) as integer) as month_no,
        cast(isodow(day.date_on) as integer) as weekday_no,
        cast(dayofyear(make_date(year(day.date_on), 12, 31)) as integer) as days_in_year,
        cast(day(last_day(day.date_on)) as integer) as days_in_month,
        isodow(day.date_on) <= 5 and named_holiday.holiday_on is null as is_workday,
        named_holiday.holiday_name_da

    from day

    left join named_holiday
        on day.date_on = named_holiday.holiday_on

),

final as (

    select
        date_on,
        month_start_on,
        month_end_on,
        year,
        quarter_no,
        month_no,
        weekday_no,
        days_in_year,
        days_in_month,
        is_workday,
        cast(count(*) filter (where is_workday) over (order by date_on) as integer) as workday_no,
        holiday_name_da

    from described

)

select * from final
