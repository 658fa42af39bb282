"""What must hold of what is published: a suite for each table of `marts`, and no personal number anywhere.

Belongs here: keys, references, codes, ranges, the equations between columns and tables, the ledger's control
totals. Does not: formulas (their unit tests stand beside the models) or rules about registration.
"""

from collections.abc import Callable, Mapping, Sequence

from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from expectations.building_blocks import (
    Expectations,
    between,
    in_set,
    no_personal_numbers,
    no_rows,
    not_null,
    references,
    suite,
    unique,
)
from expectations.control_totals import PERIOD_TOTALS, YEAR_TOTALS

# A dimension's harm is everything that joins to it.
MONEY_MARTS = ("mart_overrun", "mart_overrun_frame", "mart_overrun_month")
COURSE_MARTS = ("mart_commitments", "mart_unit_price", "mart_overrun")


def _key(columns: Sequence[str], harms: Sequence[str]) -> list[Expectation]:
    """The table's key: filled, and unique."""
    why = "Rækken skal kunne findes og må kun være der én gang; ellers ganger en kobling beløbene op"
    return [*not_null(columns, why=why, harms=harms), unique(columns, why=why, harms=harms)]


def _as_of(harms: Sequence[str]) -> Expectation:
    return no_rows(
        "as_of_is_the_runs",
        "select 1 from batch where as_of is distinct from (select as_of from control.run)",
        columns=["as_of"],
        da="as_of er kørslens dato",
        why="Tal fra to datoer må ikke blandes",
        harms=harms,
    )


def _fct_posting() -> Expectations:
    harms = ("fct_posting", "fct_posting_match", *MONEY_MARTS)
    return [
        _key(["posting_id"], harms),
        not_null(
            ["fiscal_year", "period_no", "posted_on", "account_id", "amount_dkk", "is_balance"],
            why="Uden år, periode, dato, konto eller beløb kan posteringen ikke indgå i forbruget",
            harms=harms,
        ),
        references(
            "account_id", "marts.dim_account", why="Forbruget fordeles på rammer ved kontoen", harms=harms
        ),
        references("provider_id", "marts.dim_provider", why="Leverandøren skal kunne slås op", harms=harms),
        no_rows(
            "ledger_equals_files_and_lake",
            f"""
            select 1 from ({PERIOD_TOTALS})
            where lake_dkk <> fact_dkk or file_dkk <> lake_dkk or lake_balance_dkk <> fact_balance_dkk
            """,
            columns=["fiscal_year", "period_no", "amount_dkk"],
            da="Sum pr. regnskabsår og periode er den samme i de leverede filer, i søen og her, til øren",
            why="Ingen krone fra økonomisystemet må mangle eller tælle to gange",
            harms=harms,
        ),
    ]


def _fct_posting_match() -> Expectations:
    harms = ("fct_posting_match", "mart_commitments", "mart_registration_gap")
    return [
        not_null(["posting_id"], why="Et match uden postering siger intet", harms=harms),
        unique(
            ["posting_id", "course_payment_id"],
            why="Den samme postering må kun dække den samme betaling én gang",
            harms=harms,
        ),
        references(
            "posting_id", "marts.fct_posting", why="Matchet skal kunne føres tilbage til posten", harms=harms
        ),
        references(
            "course_payment_id",
            "marts.fct_course_payment",
            why="Matchet skal kunne føres tilbage til betalingen",
            harms=harms,
        ),
        between("confidence", 0, 1, why="Sikkerheden er en andel", harms=harms),
        between("candidates", 0, None, why="Et antal er ikke negativt", harms=harms),
        no_rows(
            "allocated_at_most_once",
            """
            select 1
            from batch
            inner join marts.fct_posting as posting on batch.posting_id = posting.posting_id
            group by posting.posting_id, posting.amount_dkk
            having abs(sum(batch.allocated_dkk)) > abs(posting.amount_dkk)
            """,
            columns=["posting_id", "allocated_dkk"],
            da="Der er højst fordelt en posterings eget beløb",
            why="Fordeles mere end posteringen, ser betalinger bogførte ud, som ikke er det",
            harms=harms,
        ),
    ]


def _fct_course_payment() -> Expectations:
    harms = ("fct_course_payment", *COURSE_MARTS)
    return [
        _key(["course_payment_id"], harms),
        not_null(
            ["course_id", "planned_on"], why="En betaling uden forløb eller dato tæller ikke", harms=harms
        ),
        references("course_id", "marts.dim_course", why="Betalingen hører til et forløb", harms=harms),
        references("account_id", "marts.dim_account", why="Dispositioner fordeles ved kontoen", harms=harms),
        in_set("status", ["GRANTED", "EXPECTED"], why="Kun det bevilgede er disponeret", harms=harms),
        no_rows(
            "allocated_is_what_the_matches_say",
            """
            select 1
            from batch
            full join (
                select course_payment_id, sum(allocated_dkk) as allocated_dkk
                from marts.fct_posting_match
                where course_payment_id is not null
                group by course_payment_id
            ) as matched using (course_payment_id)
            where coalesce(batch.allocated_dkk, 0) <> coalesce(matched.allocated_dkk, 0)
            """,
            columns=["course_payment_id", "allocated_dkk"],
            da="Det, der er fordelt på betalingen, er matchenes sum",
            why="Det, der er tilbage at betale, regnes af det fordelte",
            harms=harms,
        ),
    ]


def _fct_course_month() -> Expectations:
    harms = ("fct_course_month", "mart_unit_price")
    return [
        _key(["course_id", "month"], harms),
        references("course_id", "marts.dim_course", why="Måneden hører til et forløb", harms=harms),
        no_rows(
            "days_within_the_month",
            "select 1 from batch where course_days not between 0 and day(last_day(month))",
            columns=["course_days", "month"],
            da="Forløbsdagene er ikke flere end månedens",
            why="Ingen dag må tælle to gange; dagene er prisens nævner",
            harms=harms,
        ),
        no_rows(
            "months_sum_to_payments",
            """
            select 1
            from (select course_id, sum(posted_dkk) as posted_dkk from batch group by course_id) as months
            full join (
                select course_id, sum(allocated_dkk) as allocated_dkk
                from marts.fct_course_payment
                group by course_id
            ) as payments using (course_id)
            where coalesce(months.posted_dkk, 0) <> coalesce(payments.allocated_dkk, 0)
            """,
            columns=["course_id", "posted_dkk"],
            da="Ydelsesmånederne summer til forløbets betalinger, til øren",
            why="Fordeling på måneder må hverken skabe eller tabe penge",
            harms=harms,
        ),
    ]


def _fct_invoice() -> Expectations:
    harms = ("fct_invoice", "mart_registration_gap")
    return [
        _key(["invoice_id"], harms),
        not_null(["amount_dkk", "invoice_status"], why="Fakturaen følges ved beløb og status", harms=harms),
        references("account_id", "marts.dim_account", why="Fakturaen hører til en konto", harms=harms),
    ]


def _dim_course() -> Expectations:
    harms = ("dim_course", *COURSE_MARTS)
    return [
        _key(["course_id"], harms),
        in_set(
            "course_type",
            ["MAIN", "SUPPL"],
            why="Enhedspriser skelner hovedydelse og følgeudgift",
            harms=harms,
        ),
        in_set("status", ["GRANTED", "EXPECTED"], why="Kun det bevilgede er disponeret", harms=harms),
        references("provider_id", "marts.dim_provider", why="Leverandøren skal kunne slås op", harms=harms),
        references("account_id", "marts.dim_account", why="Dispositioner fordeles ved kontoen", harms=harms),
        references(
            "section_id",
            "marts.dim_section",
            why="Uden paragraf mangler forløbet i nøgletallene pr. paragraf",
            harms=harms,
            severity="warning",
        ),
        references(
            "activity_no",
            "marts.dim_activity",
            why="Uden ydelse mangler forløbet i nøgletallene pr. ydelse",
            harms=harms,
            severity="warning",
        ),
        between("course_days", 0, None, why="Forløbsdage er nævneren i enhedsprisen", harms=harms),
        between(
            "age_at_start_years",
            0,
            30,
            why="Centeret hjælper børn og unge; en anden alder er en forkert fødselsdato",
            harms=harms,
            severity="warning",
        ),
    ]


def _dim_provider() -> Expectations:
    harms = ("dim_provider", "mart_unit_price", "mart_commitments")
    return [
        _key(["provider_id"], harms),
        in_set(
            "provider_kind", ["company", "person", "internal"], why="Nøgletallene skelner arten", harms=harms
        ),
        no_rows(
            "persons_have_no_name",
            """
            select 1 from batch
            where provider_kind = 'person' and (provider_name is not null or cvr_no is not null)
            """,
            columns=["provider_kind", "provider_name", "cvr_no"],
            da="Personer står uden navn og nummer",
            why="Kun virksomheders navne må publiceres",
            harms=harms,
        ),
    ]


def _dimension(key: str, *harms: str) -> Callable[[], Expectations]:
    """A dimension that promises its key only."""
    return lambda: [_key([key], harms)]


def _dim_account() -> Expectations:
    harms = MONEY_MARTS
    return [
        _key(["account_id"], harms),
        references("frame_id", "marts.dim_frame", why="Merforbruget opgøres pr. ramme", harms=harms),
        not_null(["frame_id"], why="Merforbruget opgøres pr. ramme", harms=harms),
        no_rows(
            "service_frame_known",
            "select 1 from batch where is_known and is_service_frame is null",
            columns=["is_service_frame"],
            da="Kontoplanens konti er enten inden for eller uden for servicerammen",
            why="Servicerammens sum er ellers for lille",
            harms=harms,
            severity="warning",
        ),
    ]


def _known_where_delivered(
    columns: Sequence[str], name: str, delivered: str, harms: Sequence[str]
) -> Expectation:
    """What rests on an input is empty only where nobody delivered that input: unknown, not nothing."""
    empty = " or ".join(f"batch.{column} is null" for column in columns)
    return no_rows(
        name,
        f"select 1 from batch where ({empty}) and exists (select 1 from {delivered})",
        columns=columns,
        da=f"{', '.join(columns)} er udfyldt, hvor grundlaget er leveret",
        why="Et tomt beløb falder ud af summen; det må det kun, når grundlaget mangler",
        harms=harms,
    )


def _mart_overrun() -> Expectations:
    harms = MONEY_MARTS
    return [
        _key(["fiscal_year", "account_id"], harms),
        _as_of(harms),
        _known_where_delivered(
            ["budget_original", "budget_supplementary", "budget_transfer", "budget_corrected"],
            "budget_known_where_delivered",
            "lake.budget where budget.fiscal_year = batch.fiscal_year",
            harms,
        ),
        _known_where_delivered(
            ["actual_to_date", "actual_expenditure", "actual_income"],
            "actual_known_where_delivered",
            "lake.posting",
            harms,
        ),
        _known_where_delivered(
            ["accrued_unposted", "committed_remaining", "pipeline_expected", "full_year_effect"],
            "commitments_known_where_delivered",
            "lake.course_payment",
            harms,
        ),
        no_rows(
            "forecast_known_where_its_parts_are",
            """
            select 1 from batch
            where forecast is null
                and budget_corrected is not null
                and actual_to_date is not null
                and committed_remaining is not null
            """,
            columns=["forecast"],
            da="Forventet forbrug er udfyldt, hvor budget, forbrug og dispositioner er det",
            why="En konto uden forventning ville falde ud af rammens merforbrug",
            harms=harms,
        ),
        references("account_id", "marts.dim_account", why="Kontoen skal kunne slås op", harms=harms),
        references("frame_id", "marts.dim_frame", why="Merforbruget opgøres pr. ramme", harms=harms),
        in_set(
            "year_status",
            ["running", "preliminary", "final"],
            why="Læseren skal vide, om året er slut",
            harms=harms,
        ),
        no_rows(
            "ledger_equals_mart",
            f"select 1 from ({YEAR_TOTALS}) where fact_dkk <> mart_dkk",
            columns=["fiscal_year", "actual_to_date"],
            da="Forbrug til dato pr. regnskabsår er posteringernes sum, til øren",
            why="Hver postering skal stå i netop én række",
            harms=harms,
        ),
        no_rows(
            "actual_is_expenditure_plus_income",
            "select 1 from batch where actual_to_date is distinct from actual_expenditure + actual_income",
            columns=["actual_to_date", "actual_expenditure", "actual_income"],
            da="Forbrug til dato er udgift plus indtægt",
            why="Delene skal summe til helheden",
            harms=harms,
        ),
        no_rows(
            "budget_is_the_sum_of_its_parts",
            "select 1 from batch where budget_corrected <> budget_original + budget_supplementary + budget_transfer",
            columns=["budget_original", "budget_supplementary", "budget_transfer", "budget_corrected"],
            da="Korrigeret budget er oprindeligt budget plus tillægsbevillinger plus omplaceringer",
            why="Delene skal summe til helheden",
            harms=harms,
        ),
        no_rows(
            "overrun_is_forecast_minus_budget",
            "select 1 from batch where expected_overrun is distinct from forecast - budget_corrected",
            columns=["expected_overrun", "forecast", "budget_corrected"],
            da="Merforbrug er forventet forbrug minus korrigeret budget",
            why="Det er tallet, alle spørger efter",
            harms=harms,
        ),
        no_rows(
            "no_percentage_without_budget",
            "select 1 from batch where budget_corrected <= 0 and expected_overrun_pct is not null",
            columns=["expected_overrun_pct"],
            da="Uden budget er der ingen procent",
            why="En procent af nul eller mindre siger intet",
            harms=harms,
        ),
    ]


def _same_money(mart: str, columns: Sequence[str], grain: str) -> str:
    """Groups in which this table's sums are not those of another mart."""
    here = ", ".join(f"coalesce(sum({column}), 0) as {column}" for column in columns)
    differ = " or ".join(f"coalesce(here.{column}, 0) <> coalesce(there.{column}, 0)" for column in columns)
    return f"""
        select 1
        from (select {grain}, {here} from batch group by {grain}) as here
        full join (select {grain}, {here} from {mart} group by {grain}) as there using ({grain})
        where {differ}
    """


def _mart_overrun_frame() -> Expectations:
    harms = ("mart_overrun_frame",)
    columns = [
        "budget_corrected",
        "actual_to_date",
        "committed_remaining",
        "forecast",
        "expected_overrun",
        "full_year_effect",
    ]
    return [
        _key(["fiscal_year", "frame_id"], harms),
        _as_of(harms),
        references("frame_id", "marts.dim_frame", why="Rammen skal kunne slås op", harms=harms),
        no_rows(
            "frames_sum_to_accounts",
            _same_money("marts.mart_overrun", columns, "fiscal_year, frame_id"),
            columns=columns,
            da="Rammens beløb er kontienes sum, til øren",
            why="To tabeller i samme publikation skal sige det samme",
            harms=harms,
        ),
    ]


def _mart_overrun_bridge() -> Expectations:
    harms = ("mart_overrun_bridge",)
    return [
        # a row without a course has no course_id, and one such row an account
        not_null(["fiscal_year", "account_id"], why="Ændringen skal kunne placeres", harms=harms),
        _as_of(harms),
        references("account_id", "marts.dim_account", why="Kontoen skal kunne slås op", harms=harms),
        references("course_id", "marts.dim_course", why="Forløbet skal kunne slås op", harms=harms),
        no_rows(
            "parts_are_the_change",
            """
            select 1 from batch
            where change is distinct from forecast - forecast_previous
                or change is distinct from
                new_courses + late_registration + expected_became_granted + prolonged + ended_or_shortened
                + service_level + price + posted_against_plan + accruals_dropped + corrections_of_errors
                + accounts_without_courses + method
            """,
            columns=["change", "forecast", "forecast_previous"],
            da="Broens dele er ændringen i prognosen, til øren",
            why="Bliver delene ikke til ændringen, er forklaringen forkert",
            harms=harms,
        ),
    ]


def _mart_savings_initiative() -> Expectations:
    harms = ("mart_savings_initiative", "mart_overrun_frame")
    return [
        _key(["initiative_id", "fiscal_year"], harms),
        _as_of(harms),
        no_rows(
            "initiatives_sum_to_frame",
            """
            select 1
            from marts.mart_overrun_frame as frame
            left join (
                select fiscal_year, frame_id, sum(remaining_dkk) as remaining_dkk
                from batch
                group by fiscal_year, frame_id
            ) as initiative using (fiscal_year, frame_id)
            where frame.forecast_with_plan - frame.forecast <> coalesce(initiative.remaining_dkk, 0)
            """,
            columns=["remaining_dkk"],
            da="Prognosen med handleplan er prognosen plus det, initiativerne endnu skal give, til øren",
            why="To tabeller i samme publikation skal sige det samme",
            harms=harms,
        ),
    ]


def _mart_overrun_scenario() -> Expectations:
    harms = ("mart_overrun_scenario",)
    return [
        _key(["scenario_id", "frame_id", "fiscal_year"], harms),
        _as_of(harms),
        references("frame_id", "marts.dim_frame", why="Rammen skal kunne slås op", harms=harms),
        no_rows(
            "scenario_adds_to_the_frames_forecast",
            """
            select 1
            from batch
            left join marts.mart_overrun_frame as frame using (fiscal_year, frame_id)
            where batch.base_forecast is distinct from coalesce(frame.forecast_with_plan, frame.forecast)
                or batch.forecast is distinct from batch.base_forecast + batch.effect_dkk
            """,
            columns=["base_forecast", "effect_dkk", "forecast"],
            da="Scenariets prognose er rammens prognose plus virkningen, til øren",
            why="Et scenarie på 0 er prognosen",
            harms=harms,
        ),
    ]


def _mart_overrun_month() -> Expectations:
    harms = ("mart_overrun_month",)
    return [
        _key(["fiscal_year", "frame_id", "month"], harms),
        _as_of(harms),
        references("frame_id", "marts.dim_frame", why="Rammen skal kunne slås op", harms=harms),
        no_rows(
            "months_sum_to_year",
            """
            select 1
            from (
                select fiscal_year, frame_id, sum(budget_dkk) as budget_dkk, sum(actual_dkk) as actual_dkk
                from batch
                group by fiscal_year, frame_id
            ) as months
            full join marts.mart_overrun_frame as year using (fiscal_year, frame_id)
            where coalesce(months.budget_dkk, 0) <> coalesce(year.budget_corrected, 0)
                or coalesce(months.actual_dkk, 0) <> coalesce(year.actual_to_date, 0)
            """,
            columns=["budget_dkk", "actual_dkk"],
            da="Månederne summer til rammens budget og forbrug, til øren",
            why="To tabeller i samme publikation skal sige det samme",
            harms=harms,
        ),
    ]


def _mart_commitments() -> Expectations:
    harms = ("mart_commitments",)
    return [
        _key(["course_id", "month", "account_id"], harms),
        _as_of(harms),
        references("course_id", "marts.dim_course", why="Forløbet skal kunne slås op", harms=harms),
        references("account_id", "marts.dim_account", why="Kontoen skal kunne slås op", harms=harms),
        no_rows(
            "deviation_is_posted_minus_committed",
            "select 1 from batch where deviation_dkk <> posted_dkk - committed_dkk",
            columns=["committed_dkk", "posted_dkk", "deviation_dkk"],
            da="Afvigelsen er bogført minus disponeret",
            why="Opfølgningen sker på afvigelsen",
            harms=harms,
        ),
        no_rows(
            "posted_is_what_was_allocated",
            """
            select 1
            from (select sum(posted_dkk) as total_dkk from batch) as here
            cross join (
                select sum(allocated_dkk) as total_dkk
                from marts.fct_course_payment
                where not is_fictive and status = 'GRANTED'
            ) as payments
            where coalesce(here.total_dkk, 0) <> coalesce(payments.total_dkk, 0)
            """,
            columns=["posted_dkk"],
            da="Det bogførte er summen af det, posteringerne er fordelt på",
            why="Ingen matchet krone må mangle i dispositionsregnskabet",
            harms=harms,
        ),
    ]


def _mart_new_grants() -> Expectations:
    harms = ("mart_new_grants",)
    return [
        _key(["course_id"], harms),
        _as_of(harms),
        not_null(["month"], why="Hver bevilling er ny i netop én måned", harms=harms),
        references("course_id", "marts.dim_course", why="Forløbet skal kunne slås op", harms=harms),
        references("account_id", "marts.dim_account", why="Rammen følger af kontoen", harms=harms),
        no_rows(
            "level_known",
            "select 1 from batch where is_this_month and level_rank is null",
            columns=["approval_level"],
            da="Månedens nye bevillinger har et bevillingsniveau fra listen",
            why="Uden niveau falder bevillingen ud af oversigten pr. niveau",
            harms=harms,
            severity="warning",
        ),
    ]


def _mart_unpaid_invoice() -> Expectations:
    harms = ("mart_unpaid_invoice",)
    return [
        unique(["team_id"], why="En række pr. team; ellers tæller fakturaerne to gange", harms=harms),
        _as_of(harms),
        references("team_id", "marts.dim_team", why="Teamets leder følger op", harms=harms),
        _known_where_delivered(
            ["invoices", "amount_dkk"], "invoices_known_where_delivered", "lake.invoice", harms
        ),
    ]


def _mart_registration_gap() -> Expectations:
    harms = ("mart_registration_gap", "mart_registration_gap_summary")
    return [
        _key(["gap_id"], harms),
        not_null(
            ["rule_id", "kind", "status", "first_seen_on", "last_seen_on"],
            why="En mangel følges ved regel, status og datoer",
            harms=harms,
        ),
        in_set("kind", ["gap", "event"], why="En hændelse lukkes anderledes end en mangel", harms=harms),
        in_set(
            "status", ["open", "overdue", "waived", "closed"], why="Opfølgningen læser status", harms=harms
        ),
        no_rows(
            "closed_has_a_date",
            "select 1 from batch where (status = 'closed') <> (closed_on is not null)",
            columns=["status", "closed_on"],
            da="En lukket mangel har en dato, andre har ingen",
            why="Tiden til lukning regnes af datoen",
            harms=harms,
        ),
        no_rows(
            "dates_in_order",
            "select 1 from batch where last_seen_on < first_seen_on or closed_on < last_seen_on",
            columns=["first_seen_on", "last_seen_on", "closed_on"],
            da="Først set, sidst set og lukket står i rækkefølge",
            why="Manglens liv regnes af datoerne",
            harms=harms,
        ),
        references(
            "account_id",
            "marts.dim_account",
            why="Manglen skal kunne føres til en konto",
            harms=harms,
            severity="warning",
        ),
        no_rows(
            "decisions_meet_their_gap",
            """
            select 1
            from lake.steward_decision as decision
            where decision.gap_id is not null
                and decision.gap_id not in (select gap_id from batch)
            """,
            columns=["gap_id"],
            da="Hver afgørelse i en arbejdsliste gælder en mangel, som er eller har været her",
            why="En afgørelse om en ukendt mangel virker ikke: listen er fra et andet datagrundlag",
            harms=harms,
            severity="warning",
        ),
    ]


def _mart_registration_gap_summary() -> Expectations:
    harms = ("mart_registration_gap_summary",)
    return [
        unique(["rule_id", "team_id", "month"], why="En række pr. regel, team og måned", harms=harms),
        not_null(["rule_id", "month"], why="En række pr. regel, team og måned", harms=harms),
    ]


def _mart_unit_price() -> Expectations:
    harms = ("mart_unit_price",)
    return [
        not_null(
            ["month", "course_days", "cost_total_dkk"], why="Enhedsprisen er beløb over dage", harms=harms
        ),
        unique(
            ["month", "section_id", "activity_no", "provider_id", "target_group", "is_unattached"],
            why="Rækken må kun være der én gang; ellers tæller omkostningen to gange",
            harms=harms,
        ),
        no_rows(
            "whole_months_only",
            "select 1 from batch where day(month) <> 1 or last_day(month) > (select as_of from control.run)",
            columns=["month"],
            da="Kun hele måneder til og med datoen",
            why="En halv måned ligner en billig måned",
            harms=harms,
        ),
        no_rows(
            "cost_is_main_plus_suppl",
            """
            select 1 from batch
            where cost_total_dkk <> coalesce(cost_main_dkk, 0) + coalesce(cost_suppl_dkk, 0)
            """,
            columns=["cost_total_dkk", "cost_main_dkk", "cost_suppl_dkk"],
            da="Omkostningen er hovedydelse plus følgeudgift",
            why="Delene skal summe til helheden",
            harms=harms,
        ),
        no_rows(
            "prices_hold_all_of_the_cost",
            """
            select 1
            from (select month, sum(cost_total_dkk) as cost_dkk from batch group by month) as prices
            full join (
                select month, sum(planned_dkk) as cost_dkk
                from marts.fct_course_month
                where last_day(month) <= (select as_of from control.run)
                group by month
            ) as courses using (month)
            where coalesce(prices.cost_dkk, 0) <> coalesce(courses.cost_dkk, 0)
            """,
            columns=["month", "cost_total_dkk"],
            da="Månedens omkostning er alle forløbs planlagte beløb, til øren",
            why="Følgeudgifter uden hovedforløb må ikke falde ud af månedens omkostning",
            harms=harms,
        ),
        between("course_days", 0, None, why="Forløbsdage er prisens nævner", harms=harms),
        between("full_year_equivalents", 0, None, why="Helårsforløb er dage over årets dage", harms=harms),
        between("active_courses", 0, None, why="Et antal er ikke negativt", harms=harms),
        no_rows(
            "no_price_without_days",
            "select 1 from batch where course_days = 0 and unit_price_day is not null",
            columns=["course_days", "unit_price_day"],
            da="Uden forløbsdage er der ingen dagspris",
            why="En pris uden nævner siger intet",
            harms=harms,
        ),
        between(
            "unit_price_day",
            0,
            None,
            why="En negativ pris er en egenbetaling uden sit forløb eller en fortegnsfejl",
            harms=harms,
            severity="warning",
        ),
    ]


def _mart_state_refund() -> Expectations:
    harms = ("mart_state_refund",)
    return [
        not_null(["fiscal_year", "children"], why="Børnene hører til et år", harms=harms),
        unique(
            ["fiscal_year", "frame_id", "section_id", "refund_level"],
            why="Rækken må kun være der én gang; ellers ganger en kobling beløbene op",
            harms=harms,
        ),
        _as_of(harms),
        references("frame_id", "marts.dim_frame", why="Rammen skal kunne slås op", harms=harms),
        references("section_id", "marts.dim_section", why="Paragraffen skal kunne slås op", harms=harms),
        between("children", 0, None, why="Et antal er ikke negativt", harms=harms),
        between("entitled_expected_dkk", 0, None, why="Staten opkræver ikke refusion", harms=harms),
        no_rows(
            "refund_only_above_the_threshold",
            "select 1 from batch where refund_level = 0 and entitled_expected_dkk <> 0",
            columns=["refund_level", "entitled_expected_dkk"],
            da="Under den første grænse er der ingen refusion",
            why="Refusionen regnes for hvert barn, ikke for summen",
            harms=harms,
        ),
        no_rows(
            "difference_is_entitled_less_claimed",
            "select 1 from batch where difference_dkk <> entitled_dkk - claimed_dkk",
            columns=["entitled_dkk", "claimed_dkk", "difference_dkk"],
            da="Forskellen er berettiget minus hjemtaget",
            why="To tal på samme række skal sige det samme",
            harms=harms,
        ),
    ]


def _mart_control_risk() -> Expectations:
    harms = ("mart_control_risk",)
    return [
        _key(["fiscal_year", "account_id", "is_income"], harms),
        _key(["fiscal_year", "is_income", "risk_rank"], harms),
        _as_of(harms),
        references("account_id", "marts.dim_account", why="Kontoen skal kunne slås op", harms=harms),
        between("open_gap_share", 0, 1, why="Andelen er højst det hele", harms=harms),
        between("score", 0, None, why="Faktorerne er ikke negative", harms=harms),
        in_set("risk_class", ["high", "medium", "low"], why="Klassen giver rytmen", harms=harms),
        in_set(
            "follow_up_rhythm",
            ["weekly", "monthly", "quarterly"],
            why="Kontoen skal følges op i en kendt rytme",
            harms=harms,
        ),
        no_rows(
            "every_account_of_the_year_is_ranked",
            """
            select 1
            from marts.mart_overrun as overrun
            anti join batch using (fiscal_year, account_id)
            where overrun.fiscal_year = year(overrun.as_of)
            """,
            columns=["account_id"],
            da="Hver konto i årets merforbrug har en placering",
            why="En konto uden placering bliver ikke fulgt op",
            harms=harms,
        ),
    ]


def _mart_measure_month() -> Expectations:
    harms = ("mart_measure_month",)
    return [
        _key(["month", "activity_no"], harms),
        between("children", 1, None, why="En række er en måned med børn", harms=harms),
        no_rows(
            "days_within_the_month",
            "select 1 from batch where child_days not between children and children * day(last_day(month))",
            columns=["child_days", "children", "month"],
            da="Barnets dage er mindst én og højst månedens",
            why="Et barn må kun tælle én gang om dagen i en foranstaltning",
            harms=harms,
        ),
    ]


def _mart_occupancy() -> Expectations:
    harms = ("mart_occupancy",)
    return [
        _key(["month", "provider_id"], harms),
        no_rows(
            "own_institutions_only",
            """
            select 1
            from batch
            inner join marts.dim_provider as provider on batch.provider_id = provider.provider_id
            where provider.provider_kind <> 'internal'
            """,
            columns=["provider_id"],
            da="Kun egne institutioner har pladser",
            why="Kapaciteten er sat på en leverandør, der ikke er en egen institution",
            harms=harms,
            severity="warning",
        ),
        between(
            "occupancy_pct",
            0,
            110,
            why="Flere børn end pladser: kapaciteten eller forløbenes datoer er forkerte",
            harms=harms,
            severity="warning",
        ),
    ]


def _mart_unit_price_variance() -> Expectations:
    harms = ("mart_unit_price_variance",)
    return [
        _key(["basis", "activity_no", "provider_kind"], harms),
        in_set(
            "basis", ["last_year", "budget"], why="Læseren skal vide, hvad der sammenlignes med", harms=harms
        ),
        in_set(
            "provider_kind",
            ["company", "person", "internal", "unknown", "all"],
            why="Et segment er en ydelse hos en art leverandør",
            harms=harms,
        ),
        no_rows(
            "effects_are_the_change",
            """
            select 1 from batch
            where volume + mix + price + new_effect + ended_effect <> change_dkk
                or change_dkk <> cost_dkk - cost_base_dkk
            """,
            columns=["change_dkk", "volume", "mix", "price", "new_effect", "ended_effect"],
            da="Mængde, sammensætning, pris, nye og ophørte segmenter er ændringen i udgiften, til øren",
            why="Forklaringen skal gå op",
            harms=harms,
        ),
    ]


def _mart_agreement() -> Expectations:
    harms = ("mart_agreement",)
    return [
        # without an agreement the key is the provider and the activity
        not_null(["provider_id"], why="En aftale er med en leverandør", harms=harms),
        unique(
            ["agreement_no", "provider_id", "activity_no"],
            why="Aftalen må kun være der én gang; ellers tæller udgiften to gange",
            harms=harms,
        ),
        _as_of(harms),
        unique(["rank_no"], why="Rækkefølgen siger, hvor der skal begyndes", harms=harms),
        in_set(
            "status",
            ["overdue", "due", "later", "no_end", "not_begun", "ended", "no_agreement", "not_delivered"],
            why="Læseren skal kunne skelne en frist fra en aftale, som ingen har leveret",
            harms=harms,
        ),
        no_rows(
            "no_agreement_knows_nothing_of_one",
            """
            select 1 from batch
            where (agreement_no is null) <> (status in ('no_agreement', 'not_delivered'))
                or (agreement_no is null and coalesce(valid_from, expires_on, last_notice_on) is not null)
                or over_price_dkk < 0
            """,
            columns=["agreement_no", "status", "over_price_dkk"],
            da="Uden aftale er der hverken frist eller aftalt pris",
            why="Et tal, som ingen har leveret, må ikke stå som 0",
            harms=harms,
        ),
    ]


def _mart_school_placement() -> Expectations:
    harms = ("mart_school_placement",)
    return [
        # what no course carries has none
        not_null(["month", "provider_id"], why="Rækken er en måned hos en leverandør", harms=harms),
        unique(
            ["month", "provider_id", "course_id"],
            why="Rækken må kun være der én gang; ellers tæller udgiften to gange",
            harms=harms,
        ),
        _as_of(harms),
        no_rows(
            "shares_are_of_both_sides",
            """
            select 1 from batch
            where school_share_pct + social_share_pct <> 100
                or (school_dkk is null) <> not is_school_shown
                or school_share_pct not between 0 and 100
            """,
            columns=["school_share_pct", "social_share_pct", "school_dkk"],
            da="Andelene er tilsammen 100 %, og en side, som kontiene ikke viser, er tom",
            why="En ukendt andel er ikke 0",
            harms=harms,
        ),
    ]


def _mart_consequence() -> Expectations:
    harms = ("mart_consequence",)
    return [
        _key(["decision_no", "department_da", "fiscal_year"], harms),
        _as_of(harms),
        no_rows(
            "net_is_own_and_others",
            """
            select 1 from batch
            group by decision_no, fiscal_year
            having min(net_effect_dkk) <> sum(effect_dkk)
                or max(net_effect_dkk) <> sum(effect_dkk)
                or min(net_expected_dkk) <> sum(expected_dkk)
                or min(own_effect_dkk) + min(others_effect_dkk) <> sum(effect_dkk)
            """,
            columns=["effect_dkk", "net_effect_dkk", "own_effect_dkk", "others_effect_dkk"],
            da="Kommunens netto er egen ramme plus andre afdelinger, til øren",
            why="En besparelse ét sted må ikke skjule en udgift et andet",
            harms=harms,
        ),
    ]


def _mart_unit_price_public() -> Expectations:
    harms = ("mart_unit_price_public",)
    return [
        _key(["quarter", "category_no"], harms),
        _as_of(harms),
        no_rows(
            "quarters_that_are_over",
            """
            select 1 from batch
            where quarter <> date_trunc('quarter', quarter) or last_day(quarter + interval 2 month) > as_of
            """,
            columns=["quarter"],
            da="Kun hele kvartaler, der er forbi",
            why="Et kvartal, der vokser fra udgave til udgave, viser det enkelte barn, der kommer til",
            harms=harms,
        ),
        no_rows(
            "no_figure_of_few_children",
            "select 1 from batch where children between 1 and 4",
            columns=["children"],
            da="Intet vist tal handler om færre end fem børn",
            why="Et tal om få børn kan føres tilbage til det enkelte barn",
            harms=harms,
        ),
        no_rows(
            "suppressed_has_no_figures",
            """
            select 1 from batch
            where is_suppressed
                and coalesce(
                    children, course_days, full_year_equivalents, cost_total_dkk, unit_price_day, unit_price_year
                ) is not null
            """,
            columns=["is_suppressed"],
            da="En skjult celle har ingen tal",
            why="Alle cellens tal handler om de samme børn",
            harms=harms,
        ),
        no_rows(
            "nothing_is_suppressed_alone",
            "select 1 from batch where is_suppressed group by quarter having count(*) = 1",
            columns=["quarter", "is_suppressed"],
            da="Ingen celle er skjult alene i sit kvartal",
            why="En enkelt skjult celle er kvartalets sum minus resten",
            harms=harms,
        ),
        no_rows(
            "suppressed_in_the_whole_year",
            "select 1 from batch group by year(quarter), category_no having count(distinct is_suppressed) > 1",
            columns=["category_no", "is_suppressed"],
            da="En kategori er skjult i alle årets kvartaler eller i ingen",
            why="Et enkelt skjult kvartal er årets regnskab minus resten",
            harms=harms,
        ),
    ]


def _mart_placement_flow() -> Expectations:
    harms = ("mart_placement_flow", "mart_homecoming")
    return [
        _key(["month", "placement_type", "age_band"], harms),
        no_rows(
            "flow_makes_the_stock",
            """
            select 1 from batch
            where children_at_start + entries + age_shifts_in - exits - age_shifts_out <> children_at_end
            """,
            columns=["children_at_start", "entries", "exits", "children_at_end"],
            da="Antal ved månedens udgang er antal ved dens start plus tilgang minus afgang",
            why="Bevægelserne skal forklare ændringen i antallet af anbragte",
            harms=harms,
        ),
        no_rows(
            "days_within_the_month",
            "select 1 from batch where child_days not between children and children * day(last_day(month))",
            columns=["child_days", "children", "month"],
            da="Anbringelsesdage er mindst én og højst månedens pr. barn",
            why="Et barn må kun være ét sted om dagen",
            harms=harms,
        ),
        no_rows(
            "nobody_is_placed_beyond_the_age",
            "select 1 from batch where age_band in ('23 år og derover', 'Ukendt') and children_at_end > 0",
            columns=["age_band", "children_at_end"],
            da="Ingen anbragte er over 22 år eller uden kendt fødselsdato",
            why="Slutdatoen mangler, eller CPR-nummeret er forkert; barnet tæller i forkert aldersgruppe",
            harms=harms,
            severity="warning",
        ),
    ]


def _mart_placement_duration() -> Expectations:
    harms = ("mart_placement_duration",)
    return [
        _key(["calendar_year", "placement_type", "age_band"], harms),
        no_rows(
            "quartiles_in_order",
            """
            select 1 from batch
            where ended_lower_quartile_days > ended_median_days
                or ended_median_days > ended_upper_quartile_days
                or (ended_stays > 0) <> (ended_median_days is not null)
            """,
            columns=["ended_lower_quartile_days", "ended_median_days", "ended_upper_quartile_days"],
            da="Kvartilerne står i rækkefølge og er der, hvor ophold er afsluttet",
            why="Varigheden er et mål for, hvor længe et barn er væk hjemmefra",
            harms=harms,
        ),
        between("survival_median_days", 1, None, why="Et ophold varer mindst en dag", harms=harms),
    ]


def _mart_homecoming() -> Expectations:
    harms = ("mart_homecoming",)
    return [
        _key(["month", "age_band"], harms),
        no_rows(
            "endings_are_homecomings_and_adults",
            """
            select 1 from batch
            where is_judged and (
                    placements_ended <> homecomings + left_as_adult
                    or homecomings <> home_with_measure + home_without_measure
                )
                or not is_judged and homecomings is not null
                or again_half_year > homecomings
                or again_half_year > again_year
                or again_year > homecomings
            """,
            columns=["placements_ended", "homecomings", "left_as_adult", "again_year"],
            da="Afsluttede anbringelser er hjemgivelser og ophør som voksen; uafklarede måneder er tomme",
            why="En måned, der er for ny til at bedømme, må ikke ligne en uden genanbringelser",
            harms=harms,
        ),
    ]


def _mart_effort_step_move() -> Expectations:
    harms = ("mart_effort_step_move",)
    return [
        _key(["month", "from_step", "to_step"], harms),
        in_set("direction", ["up", "down", "unknown"], why="Læseren spørger op eller ned", harms=harms),
        no_rows(
            "a_move_is_to_another_step",
            "select 1 from batch where from_step = to_step or children not between 1 and moves",
            columns=["from_step", "to_step", "moves", "children"],
            da="En flytning går til et andet trin, og hvert barn har mindst én",
            why="En ny registrering på samme trin er ingen flytning",
            harms=harms,
        ),
    ]


def _mart_effort_step_month() -> Expectations:
    harms = ("mart_effort_step_month",)
    return [
        _key(["month", "effort_step"], harms),
        no_rows(
            "moves_make_the_stock",
            """
            select 1 from batch
            where children_at_start + first_seen + moves_in - moves_out <> children_at_end
                or children_with_course_at_end > children_at_end
            """,
            columns=["children_at_start", "moves_in", "moves_out", "children_at_end"],
            da="Børn på trinnet ved månedens udgang er dem ved dens start plus nye og flytninger",
            why="Flytningerne skal forklare ændringen på hvert trin",
            harms=harms,
        ),
    ]


def _mart_caseworker_change() -> Expectations:
    harms = ("mart_caseworker_change",)
    return [
        _key(["month", "team_id"], harms),
        no_rows(
            "changes_are_of_three_kinds",
            """
            select 1 from batch
            where changes <> changes_within_team + changes_from_other_team + changes_team_unknown
                or children <> children_0_changes + children_1_changes + children_2_changes
                    + children_3_or_more_changes
            """,
            columns=["changes", "children"],
            da="Skift er inden for teamet, fra et andet eller ukendt, og hvert barn står i fordelingen",
            why="Delene skal summe til helheden",
            harms=harms,
        ),
    ]


def _mart_budget_assumption_month() -> Expectations:
    harms = ("mart_budget_assumption_month", "mart_budget_assumption", "mart_registration_gap")
    return [
        _key(["fiscal_year", "month", "activity_no", "provider_kind", "target_group"], harms),
        _as_of(harms),
        not_null(
            ["is_assumed", "course_days", "cost_dkk"], why="Opfølgningen har et faktisk tal", harms=harms
        ),
        no_rows(
            "only_assumptions_are_judged",
            "select 1 from batch where is_assumed <> (is_reportable is not null and report_by_da is not null)",
            columns=["is_assumed", "is_reportable", "report_by_da"],
            da="Hver forudsætning er bedømt og har en, der indmelder; aktivitet uden forudsætning har ingen af delene",
            why="Indmeldingspligten gælder det, der er forudsat",
            harms=harms,
        ),
    ]


def _mart_budget_assumption() -> Expectations:
    harms = ("mart_budget_assumption",)
    return [
        _key(["fiscal_year", "activity_no", "provider_kind", "target_group"], harms),
        _as_of(harms),
        in_set(
            "provider_kind",
            ["company", "person", "internal", "unknown", "all"],
            why="En forudsætning gælder en art leverandør eller alle",
            harms=harms,
        ),
        in_set(
            "assumption_status",
            ["compared", "not_used", "none_assumed", "money_only", "not_assumed", "not_begun"],
            why="Læseren skal vide, hvorfor en afvigelse ikke kan fordeles",
            harms=harms,
        ),
        no_rows(
            "effects_are_the_deviation",
            """
            select 1 from batch
            where change_dkk <> cost_dkk - cost_base_dkk
                or change_dkk <> coalesce(volume_effect + price_effect + calculation_effect, not_compared_effect)
                or volume_effect <> number_effect + mix_effect + duration_effect
            """,
            columns=[
                "change_dkk",
                "volume_effect",
                "price_effect",
                "calculation_effect",
                "not_compared_effect",
            ],
            da="Antal, sammensætning, varighed, pris og regneforskel er afvigelsen fra forudsætningen, til øren",
            why="Forklaringen skal gå op",
            harms=harms,
        ),
        no_rows(
            "nothing_is_0_before_the_year_begins",
            "select 1 from batch where month_to is null and coalesce(cost_dkk, course_days, change_dkk) is not null",
            columns=["month_to", "cost_dkk", "course_days"],
            da="Er ingen af årets måneder gået, er der intet tal til dato",
            why="0 er noget andet end ikke opgjort",
            harms=harms,
        ),
    ]


def _mart_double_measure() -> Expectations:
    harms = ("mart_double_measure",)
    return [
        _key(["course_id", "other_course_id"], harms),
        _as_of(harms),
        *[
            references(
                column,
                "marts.dim_course",
                key="course_id",
                why="Begge forløb skal kunne findes",
                harms=harms,
            )
            for column in ("course_id", "other_course_id")
        ],
        no_rows(
            "days_within_the_overlap",
            """
            select 1
            from batch
            where overlap_days not between 1 and overlap_until - overlap_from + 1
                or overlap_until > as_of
                or child_days not between 0 and overlap_days
            """,
            columns=["overlap_days", "child_days", "overlap_from", "overlap_until"],
            da="Dagene ligger i overlappet til og med opgørelsesdagen, og barnets dage er nogle af dem",
            why="En dag, der tæller to gange, gør dobbeltforanstaltningen større, end den er",
            harms=harms,
        ),
        no_rows(
            "doubled_is_one_of_the_two",
            """
            select 1
            from batch
            where doubled_course_id not in (course_id, other_course_id)
                or abs(doubled_dkk) > greatest(abs(cost_dkk), abs(other_cost_dkk))
            """,
            columns=["doubled_course_id", "doubled_dkk", "cost_dkk", "other_cost_dkk"],
            da="Det dobbelte er højst det, det ene af forløbene koster i overlappet",
            why="Der kan ikke være betalt dobbelt for mere, end forløbet koster",
            harms=harms,
        ),
    ]


def _mart_review_list() -> Expectations:
    harms = ("mart_review_list",)
    return [
        _key(["course_id"], harms),
        _as_of(harms),
        unique(["rank_no"], why="Listen har én orden", harms=harms),
        references("course_id", "marts.dim_course", why="Forløbet skal kunne findes", harms=harms),
        in_set(
            "review_group",
            ["day_treatment", "respite", "contact_person", "family_treatment", "other"],
            why="Listen deles op efter foranstaltning",
            harms=harms,
        ),
        no_rows(
            "every_row_has_a_reason",
            """
            select 1
            from batch
            where not (is_reviewed_measure or is_long_running or is_price_outlier or is_price_on_hold)
                or (is_price_outlier and is_price_on_hold)
            """,
            columns=["is_reviewed_measure", "is_long_running", "is_price_outlier", "is_price_on_hold"],
            da="Hver række siger, hvorfor den er der, og en tilbageholdt pris er ingen prisafviger",
            why="Lederen skal vide, hvad der skal ses efter; en tastefejl skal rettes, ikke forhandles",
            harms=harms,
        ),
    ]


def _mart_price_change() -> Expectations:
    harms = ("mart_price_change",)
    return [
        _key(
            ["month", "provider_id", "activity_no", "price_unit", "payment_frequency", "is_increase"], harms
        ),
        _as_of(harms),
        in_set(
            "price_unit",
            ["unit", "rate", "payment"],
            why="Læseren skal vide, hvad prisen er for",
            harms=harms,
        ),
        between("courses", 1, None, why="En prisændring er et forløbs", harms=harms),
        no_rows(
            "effect_is_units_times_the_change",
            """
            select 1
            from batch
            where abs(effect_year_dkk - units * (new_price - old_price)) > 0.01 * courses
                or (effect_year_dkk < 0 and is_increase)
                or (effect_year_dkk > 0 and not is_increase)
            """,
            columns=["effect_year_dkk", "units", "old_price", "new_price"],
            da="Virkningen er enhederne gange prisændringen, på en afrunding pr. forløb nær",
            why="Virkningen skal kunne regnes efter",
            harms=harms,
        ),
        no_rows(
            "effect_is_to_date_and_the_rest",
            "select 1 from batch where effect_to_date_dkk + effect_rest_of_year_dkk <> effect_year_dkk",
            columns=["effect_year_dkk", "effect_to_date_dkk", "effect_rest_of_year_dkk"],
            da="Virkningen til dato og resten af året er årets, til øren",
            why="Ellers går opgørelsen ikke op",
            harms=harms,
        ),
    ]


def _mart_run_status() -> Expectations:
    harms = ("mart_run_status",)
    return [
        _key(["subject", "name"], harms),
        _as_of(harms),
        in_set("status", ["run", "not_run"], why="Ikke kørt er noget andet end nul", harms=harms),
        no_rows(
            "every_year_has_its_budget",
            "select 1 from batch where subject = 'budget' and status = 'not_run'",
            columns=["name"],
            da="Hvert regnskabsår har et budget",
            why="Uden årets budget er merforbruget ukendt, og konti uden budget kan ikke findes",
            harms=MONEY_MARTS,
            severity="warning",
        ),
        no_rows(
            "postings_are_in_open_and_known_periods",
            "select 1 from batch where subject = 'period'",
            columns=["name", "reason"],
            da="Ingen posteringer er kommet i en lukket eller ukendt periode; mart_run_status siger hvilke",
            why="De tæller i deres regnskabsår, men ændrer et tal, der er meldt ud",
            harms=MONEY_MARTS,
            severity="warning",
        ),
    ]


SUITES: dict[str, Callable[[], Expectations]] = {
    "marts.dim_date": _dimension("date_on", "mart_registration_gap"),
    "marts.dim_frame": _dimension("frame_id", *MONEY_MARTS),
    "marts.dim_section": _dimension("section_id", *COURSE_MARTS),
    "marts.dim_activity": _dimension("activity_no", *COURSE_MARTS),
    "marts.dim_team": _dimension("team_id", "mart_commitments", "mart_registration_gap"),
    "marts.dim_account": _dim_account,
    "marts.dim_provider": _dim_provider,
    "marts.dim_course": _dim_course,
    "marts.fct_posting": _fct_posting,
    "marts.fct_invoice": _fct_invoice,
    "marts.fct_course_payment": _fct_course_payment,
    "marts.fct_posting_match": _fct_posting_match,
    "marts.fct_course_month": _fct_course_month,
    "marts.mart_overrun": _mart_overrun,
    "marts.mart_overrun_frame": _mart_overrun_frame,
    "marts.mart_overrun_month": _mart_overrun_month,
    "marts.mart_overrun_bridge": _mart_overrun_bridge,
    "marts.mart_savings_initiative": _mart_savings_initiative,
    "marts.mart_overrun_scenario": _mart_overrun_scenario,
    "marts.mart_commitments": _mart_commitments,
    "marts.mart_new_grants": _mart_new_grants,
    "marts.mart_unpaid_invoice": _mart_unpaid_invoice,
    "marts.mart_state_refund": _mart_state_refund,
    "marts.mart_control_risk": _mart_control_risk,
    "marts.mart_registration_gap": _mart_registration_gap,
    "marts.mart_registration_gap_summary": _mart_registration_gap_summary,
    "marts.mart_unit_price": _mart_unit_price,
    "marts.mart_unit_price_variance": _mart_unit_price_variance,
    "marts.mart_unit_price_public": _mart_unit_price_public,
    "marts.mart_budget_assumption": _mart_budget_assumption,
    "marts.mart_budget_assumption_month": _mart_budget_assumption_month,
    "marts.mart_measure_month": _mart_measure_month,
    "marts.mart_occupancy": _mart_occupancy,
    "marts.mart_agreement": _mart_agreement,
    "marts.mart_consequence": _mart_consequence,
    "marts.mart_placement_flow": _mart_placement_flow,
    "marts.mart_placement_duration": _mart_placement_duration,
    "marts.mart_homecoming": _mart_homecoming,
    "marts.mart_effort_step_move": _mart_effort_step_move,
    "marts.mart_effort_step_month": _mart_effort_step_month,
    "marts.mart_caseworker_change": _mart_caseworker_change,
    "marts.mart_school_placement": _mart_school_placement,
    "marts.mart_double_measure": _mart_double_measure,
    "marts.mart_review_list": _mart_review_list,
    "marts.mart_price_change": _mart_price_change,
    "marts.mart_run_status": _mart_run_status,
}

# Whatever is published, listed above or not, is searched for personal numbers.
PUBLISHED_SCHEMAS = ("marts", "steward")


def suites(columns: Mapping[str, Mapping[str, str]]) -> list[ExpectationSuite]:
    """The suites of all published tables, the steward part's too.

    Args:
        columns: `schema.table` → column → DuckDB type, of the whole warehouse file.
    """
    published = [table for table in columns if table.split(".")[0] in PUBLISHED_SCHEMAS]
    return [
        suite(
            table,
            [
                *(SUITES[table]() if table in SUITES else []),
                no_personal_numbers(columns[table], harms=[table.split(".")[1]]),
            ],
        )
        for table in published
    ]
