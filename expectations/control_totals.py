"""The SQL that follows the ledger's money from the files through the lake and the fact to the mart.

Belongs here: the two tables of totals, stated independently of the models, which the gate compares and the
validation report shows. Does not: the comparison itself (expectations/marts).
"""

# One row a fiscal year and period. What is effective is said here a second time, on purpose: the newest
# delivery that brings the period, or the first arrival of a file of a source that appends.
# The balance side of a ledger is never in a sum of money that somebody spends; it is followed beside it,
# because the two sides of a file can only be wrong together.
# `file_dkk` is NULL where a file holds several periods: its total cannot be split. Such a file is compared
# as a whole, with all its rows, by the lake's `rows_and_totals_as_in_the_files`.
PERIOD_TOTALS = """
    select
        coalesce(lake.fiscal_year, fact.fiscal_year) as fiscal_year,
        coalesce(lake.period_no, fact.period_no) as period_no,
        lake.file_dkk,
        coalesce(lake.total_dkk, 0) as lake_dkk,
        coalesce(fact.total_dkk, 0) as fact_dkk,
        coalesce(lake.balance_dkk, 0) as lake_balance_dkk,
        coalesce(fact.balance_dkk, 0) as fact_balance_dkk
    from (
        with delivered as (
            select
                source_system, extract_date, file_hash, mode,
                sum(amount_total_dkk) as total_dkk,
                extract_date = min(extract_date) over (partition by source_system, file_hash) as is_first
            from control.delivery_file
            where entity = 'posting'
            group by source_system, extract_date, file_hash, mode
        )
        , piece as (
            select
                source_system, extract_date, file_hash, fiscal_year, period_no,
                coalesce(sum(amount_dkk) filter (where not is_balance), 0) as total_dkk,
                coalesce(sum(amount_dkk) filter (where is_balance), 0) as balance_dkk
            from lake.posting
            group by source_system, extract_date, file_hash, fiscal_year, period_no
        )
        , effective as (
            select
                piece.*,
                delivered.total_dkk as file_dkk,
                count(*) over (
                    partition by piece.source_system, piece.extract_date, piece.file_hash
                ) as period_count
            from piece
            inner join delivered using (source_system, extract_date, file_hash)
            qualify case delivered.mode
                when 'append' then delivered.is_first
                else piece.extract_date = max(piece.extract_date) over (
                    partition by piece.source_system, piece.fiscal_year, piece.period_no
                )
            end
        )
        select
            fiscal_year, period_no,
            case when max(period_count) = 1 then sum(file_dkk) end as file_dkk,
            sum(total_dkk) as total_dkk,
            sum(balance_dkk) as balance_dkk
        from effective
        group by fiscal_year, period_no
    ) as lake
    full join (
        select
            fiscal_year, period_no,
            coalesce(sum(amount_dkk) filter (where not is_balance), 0) as total_dkk,
            coalesce(sum(amount_dkk) filter (where is_balance), 0) as balance_dkk
        from marts.fct_posting
        group by fiscal_year, period_no
    ) as fact
        on lake.fiscal_year = fact.fiscal_year and lake.period_no = fact.period_no
"""

# One row a fiscal year: what is posted up to the as-of date, without the balance side.
YEAR_TOTALS = """
    select
        coalesce(fact.fiscal_year, mart.fiscal_year) as fiscal_year,
        coalesce(fact.total_dkk, 0) as fact_dkk,
        coalesce(mart.total_dkk, 0) as mart_dkk
    from (
        select posting.fiscal_year, sum(posting.amount_dkk) as total_dkk
        from marts.fct_posting as posting, control.run
        where not posting.is_balance and posting.posted_on <= run.as_of
        group by posting.fiscal_year
    ) as fact
    full join (
        select fiscal_year, sum(actual_to_date) as total_dkk from marts.mart_overrun group by fiscal_year
    ) as mart
        on fact.fiscal_year = mart.fiscal_year
"""
