-- Words that the other files use.

-- The session's variables, set by model.py.
create macro children() as getvariable('children');
create macro first_delivery() as getvariable('first_delivery');
create macro last_delivery() as getvariable('last_delivery');
create macro news_from() as getvariable('news_from');
create macro delivered_from() as getvariable('delivered_from');
create macro ledger_from() as getvariable('ledger_from');
create macro window_from() as getvariable('window_from');

-- A uniform draw in [0, 1) from a key: no state and no row order, so the same row always gets the same number
-- whatever the batch or thread. The outer hash separates salts, which the inner one only combines by XOR.
create macro draw(salt, key) as
    (hash(hash(key, getvariable('seed'), salt)) >> 11)::double / 9007199254740992.0;

create macro draw_between(salt, key, low, high) as (low + floor((high - low + 1) * draw(salt, key)))::int;

-- A factor of 1 plus or minus a share.
create macro around(share, salt, key) as 1 + share * (2 * draw(salt, key) - 1);

-- One of a list, by a draw.
create macro one_of(items, salt, key) as items[1 + floor(len(items) * draw(salt, key))::int];

create macro names(kind_wanted) as (select list(name order by name) from name where kind = kind_wanted);

-- The Monday after a weekend: caseworkers register and grant on weekdays.
create macro workday(d) as d + (case isodow(d) when 6 then 2 when 7 then 1 else 0 end);

create macro month_start(d) as date_trunc('month', d)::date;

create macro add_months(d, n) as (d + to_months((n)::int))::date;

create macro month_da(d) as
    ['januar', 'februar', 'marts', 'april', 'maj', 'juni', 'juli', 'august', 'september', 'oktober', 'november',
     'december'][month(d)];

create macro month_year_da(d) as month_da(d) || ' ' || year(d);

create macro month_short_da(d) as
    ['jan', 'feb', 'mar', 'apr', 'maj', 'jun', 'jul', 'aug', 'sep', 'okt', 'nov', 'dec'][month(d)];

-- Where a date must be compared with an open end.
create macro no_end() as date '2100-01-01';

-- OS2bos makes the payments of an open-ended activity up to 31 December of the year after the day they are
-- made, and adds a year when the last one is under six months away.
create macro horizon(made_on, known_on) as
    greatest(make_date(year(made_on) + 1, 12, 31), make_date(year(add_months(known_on, 6)), 12, 31));

-- Prices and rates rise by the year; the new year's are in place on 1 January.
create macro listed_price(price, due_on, known_on) as
    case when price < 50
        then round(price::double * pow(1.0165, least(year(due_on), year(known_on)) - 2021), 2)
        else round(price::double * pow(1.0165, least(year(due_on), year(known_on)) - 2021))
    end;

-- From an activity's `terms` (payments.sql): the price agreed for a payment day, what the case system takes it for
-- as far as it knows on `known_on` (a lost price history reads 0), and the amount that follows from a price.
create macro agreed_price_on(terms, due_on, known_on) as
    case
        when (terms).new_price_known_on <= known_on and due_on >= (terms).new_price_from then (terms).new_price
        when (terms).cost_type in ('PER_UNIT', 'GLOBAL_RATE') then listed_price((terms).price, due_on, known_on)
        else (terms).price
    end::decimal(18, 2);

create macro price_on(terms, due_on, known_on) as
    case
        when (terms).zero_known_on <= known_on and due_on < (terms).zero_before then 0.00
        else agreed_price_on(terms, due_on, known_on)
    end;

create macro amount_dkk(terms, price_of_day) as
    (price_of_day * coalesce((terms).units, 1.00) * (terms).vat_factor_pct / 100)::decimal(18, 2);

-- CVR: weights 2 7 6 5 4 3 2 1, sum divisible by 11; NULL where no last digit fits.
create macro cvr_sum(s) as
    2 * s[1]::int + 7 * s[2]::int + 6 * s[3]::int + 5 * s[4]::int + 4 * s[5]::int + 3 * s[6]::int + 2 * s[7]::int;

create macro with_check_digit(seven_digits) as
    case when (11 - cvr_sum(seven_digits::varchar) % 11) % 11 < 10
        then seven_digits::varchar || ((11 - cvr_sum(seven_digits::varchar) % 11) % 11)::varchar
    end;

-- A supplier's own spelling, cut.
create macro ledger_name(name, cvr, key) as
    if(cvr is not null and draw('upper', key) < 0.32, upper(name)[1:35], name[1:40]);
