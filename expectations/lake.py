"""What must hold of the lake: every delivery up to the as-of date, one suite an entity.

Belongs here: keys, codes, ranges, personal data, control totals of the files, row counts against the
previous month-end delivery. Does not: rules about registration (models/intermediate/gap), computed figures.
"""

from collections.abc import Iterable, Mapping

from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import Expectation

from expectations.building_blocks import (
    between,
    in_set,
    no_personal_numbers,
    no_rows,
    not_null,
    suite,
    unique,
)

ROW_KEY = ("source_system", "extract_date", "file_hash", "row_no")

LEDGER_HARMS = ("fct_posting", "fct_posting_match", "mart_overrun", "mart_commitments")
BUDGET_HARMS = ("mart_overrun", "mart_overrun_frame", "mart_overrun_month")
INVOICE_HARMS = ("fct_invoice", "mart_registration_gap")
COURSE_HARMS = ("dim_course", "fct_course_payment", "fct_posting_match", "mart_overrun", "mart_unit_price")
CASE_HARMS = ("dim_course", "mart_registration_gap")
DECISION_HARMS = ("mart_registration_gap", "fct_posting_match")
ASSUMPTION_HARMS = ("mart_registration_gap",)
AGREEMENT_HARMS = ("mart_agreement",)
CONSEQUENCE_HARMS = ("mart_consequence",)
PLAN_HARMS = ("mart_savings_initiative", "mart_overrun_frame", "mart_overrun_scenario")

# Row counts compare with the last month-end delivery. Month to month the samples move by up to 6 %; a third
# is no ordinary month. Fewer rows than this are never compared: a small list halves by chance.
LARGEST_CHANGE = 0.30
LARGEST_SHRINK = 0.50
FEWEST_ROWS = 100

# Beyond this, one line is a typing error far more often than a payment (a whole frame is some 200 mio. kr.).
LARGEST_AMOUNT = 100_000_000


def _row_keys(harms: Iterable[str], *of_file: str) -> list[Expectation]:
    """A row's place in its file; `of_file` tells files of the same bytes apart."""
    why = "Uden nøgle kan en række ikke føres tilbage til sin fil, og den samme række kan tælle to gange"
    return [
        *not_null(ROW_KEY, why=why, harms=harms),
        unique([*ROW_KEY, *of_file], why=why, harms=harms),
    ]


def _as_in_the_files(
    entity: str, harms: Iterable[str], amount: str | None = None, counted: str = "true"
) -> Expectation:
    """Rows, and money where the entity has a control total, are what ingest counted file by file.

    Args:
        entity: as the registry calls it.
        harms: what a failure would harm.
        amount: the column that ingest sums; `None` where there is none.
        counted: the rows that ingest sums, as a SQL condition.
    """
    total = f"sum({amount}) filter (where {counted})" if amount else "null"
    return no_rows(
        "rows_and_totals_as_in_the_files",
        f"""
            , lake as (
                select source_system, extract_date, file_hash, count(*) as row_count,
                    {total} as total_dkk
                from batch
                group by all
            )
            , file as (
                select source_system, extract_date, file_hash, sum(accepted_count) as row_count,
                    sum(amount_total_dkk) as total_dkk
                from control.delivery_file
                where entity = '{entity}'
                group by all
            )
            select 1
            from lake
            full join file using (source_system, extract_date, file_hash)
            where coalesce(lake.row_count, 0) <> coalesce(file.row_count, 0)
                or coalesce(lake.total_dkk, 0) <> coalesce(file.total_dkk, 0)
            """,
        columns=[amount] if amount else [],
        da="Antal rækker og beløb er de samme som i hver leveret fil",
        why="Alt, hvad en fil bragte, skal stå i søen, hverken mere eller mindre",
        harms=harms,
    )


def _against_previous(group: Iterable[str], mode: str, harms: Iterable[str]) -> list[Expectation]:
    """Rows of the newest delivery against the last month-end delivery before it, group by group.

    A snapshot's group may not vanish; of a ledger only the periods are compared that both deliveries bring.
    """
    grouped = ", ".join(["source_system", *group])
    counts = f"""
        , counted as (select {grouped}, extract_date, count(*) as row_count from batch group by all)
        , newest as (
            select * from counted
            qualify extract_date = max(extract_date) over (partition by source_system)
        )
        , previous as (
            select counted.* from counted, control.run
            where counted.extract_date <= run.previous_as_of
            qualify counted.extract_date = max(counted.extract_date) over (partition by source_system)
        )
        , compared as (
            select coalesce(newest.row_count, 0) as now_count, previous.row_count as then_count
            from previous
            {"left" if mode == "snapshot" else "inner"} join newest using ({grouped})
            where previous.row_count >= {FEWEST_ROWS}
        )
    """
    return [
        no_rows(
            "not_halved_since_last_month",
            f"{counts} select 1 from compared where now_count < then_count * (1 - {LARGEST_SHRINK})",
            da="Antallet af rækker er ikke halveret siden sidste måneds levering",
            why="En halv fil ligner en hel; tallene ville falde uden grund",
            harms=harms,
        ),
        no_rows(
            "row_count_as_last_month",
            f"""
            {counts}
            select 1 from compared where abs(now_count - then_count) > then_count * {LARGEST_CHANGE}
            """,
            da="Antallet af rækker afviger højst 30 % fra sidste måneds levering",
            why="Et spring i antal rækker skyldes oftere udtrækket end virkeligheden",
            harms=harms,
            severity="warning",
        ),
    ]


def posting(columns: Mapping[str, str]) -> ExpectationSuite:
    """Ledger lines."""
    harms = LEDGER_HARMS
    return suite(
        "lake.posting",
        [
            _row_keys(harms),
            not_null(
                ["posting_id", "fiscal_year", "period_no", "posted_on", "amount_dkk", "is_balance"],
                why="En postering uden år, periode, dato eller beløb kan ikke indgå i forbruget",
                harms=harms,
            ),
            unique(
                ["source_system", "extract_date", "posting_id"],
                why="Den samme postering to gange i en levering tæller pengene dobbelt",
                harms=harms,
            ),
            between("period_no", 0, 16, why="Perioder er 0 til 16; andre er en forkert kolonne", harms=harms),
            between("fiscal_year", 2000, 2100, why="Et andet regnskabsår er en forkert kolonne", harms=harms),
            no_rows(
                "posted_near_its_year",
                "select 1 from batch where abs(year(posted_on) - fiscal_year) > 1",
                columns=["posted_on", "fiscal_year"],
                da="Posteringsdatoen ligger højst et år fra regnskabsåret",
                why="En dato langt fra året er en tastefejl eller en forkert kolonne",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "not_posted_in_the_future",
                "select 1 from batch where posted_on > extract_date",
                columns=["posted_on"],
                da="Posteringsdatoen ligger ikke efter leveringen",
                why="Posteringer med en senere dato tæller først med i forbruget, når dagen kommer",
                harms=harms,
                severity="warning",
            ),
            between(
                "amount_dkk",
                -LARGEST_AMOUNT,
                LARGEST_AMOUNT,
                why="Et så stort beløb på en linje er oftest et manglende komma",
                harms=harms,
                severity="warning",
            ),
            in_set("supplier_cvr_status", ["valid", "invalid"], why="Reglerne læser koden", harms=harms),
            in_set(
                "person_cpr_status",
                ["valid", "invalid_format", "invalid_date"],
                why="Reglerne læser koden",
                harms=harms,
            ),
            _cvr_shaped("supplier_cvr", harms),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("posting", harms, "amount_dkk", "not is_balance"),
            _against_previous(["fiscal_year", "period_no"], "period", harms),
        ],
    )


def budget(columns: Mapping[str, str]) -> ExpectationSuite:
    """Budget rows."""
    harms = BUDGET_HARMS
    return suite(
        "lake.budget",
        [
            _row_keys(harms),
            not_null(
                ["fiscal_year", "source_account", "original_budget_dkk", "corrected_budget_dkk"],
                why="Et budget uden år, konto eller beløb kan ikke holdes op mod forbruget",
                harms=harms,
            ),
            between("fiscal_year", 2000, 2100, why="Et andet regnskabsår er en forkert kolonne", harms=harms),
            no_rows(
                "transfers_cancel_out",
                """
                select 1 from batch
                group by source_system, extract_date, fiscal_year
                having sum(corrected_budget_dkk - original_budget_dkk - coalesce(supplementary_budget_dkk, 0)) <> 0
                """,
                columns=["original_budget_dkk", "supplementary_budget_dkk", "corrected_budget_dkk"],
                da="Omplaceringer (korrigeret minus oprindeligt budget og tillægsbevilling) går op i året",
                why="Det, en konto får omplaceret, afgiver en anden; ellers mangler en tillægsbevilling eller en konto",
                harms=harms,
                severity="warning",
            ),
            between(
                "corrected_budget_dkk",
                0,
                None,
                why="Et negativt budget er et nettobudget eller en fortegnsfejl; det har ingen procent",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "account_once_a_year",
                """
                select 1 from batch
                group by source_system, extract_date, fiscal_year, source_account_string
                having count(*) > 1
                """,
                columns=["fiscal_year", "source_account_string"],
                da="En konto har én budgetlinje om året",
                why="To linjer lægges sammen; er den ene en gentagelse, er budgettet for stort",
                harms=harms,
                severity="warning",
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("budget", harms, "corrected_budget_dkk"),
            _against_previous(["fiscal_year"], "period", harms),
        ],
    )


def invoice(columns: Mapping[str, str]) -> ExpectationSuite:
    """Invoices of the ledger's list."""
    harms = INVOICE_HARMS
    return suite(
        "lake.invoice",
        [
            _row_keys(harms),
            not_null(
                ["amount_dkk", "invoice_status"],
                why="Uden beløb og status kan fakturaen ikke følges",
                harms=harms,
            ),
            not_null(
                ["invoice_no", "received_on"],
                why="Uden fakturanummer eller dato kan forfaldne fakturaer ikke findes",
                harms=harms,
                severity="warning",
            ),
            in_set(
                "invoice_status", ["RECEIVED", "APPROVAL", "POSTED"], why="Reglerne læser koden", harms=harms
            ),
            in_set("supplier_cvr_status", ["valid", "invalid"], why="Reglerne læser koden", harms=harms),
            _cvr_shaped("supplier_cvr", harms),
            between(
                "amount_dkk",
                -LARGEST_AMOUNT,
                LARGEST_AMOUNT,
                why="Et så stort beløb på en faktura er oftest et manglende komma",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "due_after_received",
                "select 1 from batch where due_on < received_on",
                columns=["received_on", "due_on"],
                da="Forfaldsdatoen ligger ikke før modtagelsen",
                why="Forfaldne fakturaer findes ved datoerne",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "posted_has_a_date",
                "select 1 from batch where (invoice_status = 'POSTED') <> (posted_on is not null)",
                columns=["invoice_status", "posted_on"],
                da="En bogført faktura har en bogføringsdato, andre har ingen",
                why="Ubetalte fakturaer findes ved status og dato",
                harms=harms,
                severity="warning",
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("invoice", harms, "amount_dkk"),
            _against_previous([], "snapshot", harms),
        ],
    )


def course_payment(columns: Mapping[str, str]) -> ExpectationSuite:
    """Rows of the case system's payment reports."""
    harms = COURSE_HARMS
    return suite(
        "lake.course_payment",
        [
            # where nothing is expected but what is granted, the two reports are the same file
            _row_keys(harms, "report"),
            not_null(
                [
                    "report",
                    "source_payment_id",
                    "planned_on",
                    "planned_dkk",
                    "course_id",
                    "activity_status",
                    "course_type",
                    "recipient_type",
                    "is_fictive",
                ],
                why="En betaling uden dato, beløb, forløb eller status kan ikke disponeres",
                harms=harms,
            ),
            not_null(
                ["child_key", "section_id", "activity_no"],
                why="Uden barn, paragraf eller ydelse mangler forløbet i nøgletallene",
                harms=harms,
                severity="warning",
            ),
            unique(
                ["source_system", "extract_date", "report", "source_payment_id"],
                why="Den samme betaling to gange i en rapport tæller pengene dobbelt",
                harms=harms,
            ),
            in_set(
                "report",
                ["expected", "granted"],
                why="Bevilget og forventet tælles hver for sig",
                harms=harms,
            ),
            in_set(
                "activity_status",
                ["GRANTED", "EXPECTED"],
                why="Kun bevilgede forløb er disponeret",
                harms=harms,
            ),
            in_set(
                "course_type",
                ["MAIN", "SUPPL"],
                why="Enhedspriser skelner hovedydelse og følgeudgift",
                harms=harms,
            ),
            in_set(
                "recipient_type",
                ["INTERNAL", "PERSON", "COMPANY"],
                why="Modtagerens art bestemmer, hvordan betalingen findes i økonomisystemet",
                harms=harms,
            ),
            in_set(
                "payment_frequency",
                ["DAILY", "WEEKLY", "BIWEEKLY", "MONTHLY"],
                why="Ydelsesmåneden regnes af hyppigheden",
                harms=harms,
            ),
            in_set(
                "payment_method",
                ["CASH", "SD", "INVOICE", "INTERNAL"],
                why="Matchningen læser koden",
                harms=harms,
            ),
            in_set(
                "child_cpr_status",
                ["valid", "invalid_format", "invalid_date"],
                why="Reglerne læser koden",
                harms=harms,
            ),
            _cvr_shaped("supplier_cvr", harms),
            no_rows(
                "planned_date_plausible",
                """
                select 1 from batch
                where year(planned_on) not between year(extract_date) - 10 and year(extract_date) + 5
                """,
                columns=["planned_on"],
                da="Planlagt dato ligger højst 10 år før og 5 år efter leveringen",
                why="En dato langt borte er en tastefejl eller en forkert kolonne",
                harms=harms,
                severity="warning",
            ),
            between(
                "planned_dkk",
                -LARGEST_AMOUNT,
                LARGEST_AMOUNT,
                why="Et så stort beløb i en betaling er oftest et manglende komma",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "paid_all_or_none",
                "select 1 from batch where (paid_on is null) <> (paid_dkk is null)",
                columns=["paid_on", "paid_dkk"],
                da="Betalt dato og betalt beløb er begge udfyldt eller begge tomme",
                why="Det betalte holdes op mod det bogførte",
                harms=harms,
                severity="warning",
            ),
            no_rows(
                "ends_after_it_starts",
                "select 1 from batch where end_on < start_on",
                columns=["start_on", "end_on"],
                da="Slutdato ligger ikke før startdato",
                why="Et forløb med negativ længde har ingen forløbsdage",
                harms=harms,
                severity="warning",
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("course_payment", harms, "planned_dkk"),
            _against_previous(["report"], "snapshot", harms),
        ],
    )


def case_history(columns: Mapping[str, str]) -> ExpectationSuite:
    """History records of cases."""
    harms = CASE_HARMS
    return suite(
        "lake.case_history",
        [
            _row_keys(harms),
            not_null(
                ["case_id", "history_id", "changed_at"],
                why="Uden sag og tidspunkt er der ingen historik",
                harms=harms,
            ),
            unique(
                ["source_system", "extract_date", "history_id"],
                why="Den samme ændring to gange giver to gyldige rækker på samme tid",
                harms=harms,
            ),
            no_rows(
                "not_changed_in_the_future",
                # timestamps are UTC, the delivery's date is local: a day is given
                "select 1 from batch where changed_at > extract_date + interval 2 day",
                columns=["changed_at"],
                da="Ændringen ligger ikke efter leveringen",
                why="En ændring i fremtiden er en forkert kolonne eller en forkert leveringsdato",
                harms=harms,
                severity="warning",
            ),
            in_set(
                "child_cpr_status",
                ["valid", "invalid_format", "invalid_date"],
                why="Reglerne læser koden",
                harms=harms,
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("case_history", harms),
            _against_previous([], "snapshot", harms),
        ],
    )


def steward_decision(columns: Mapping[str, str]) -> ExpectationSuite:
    """What stewards answered on their worklists."""
    harms = DECISION_HARMS
    return suite(
        "lake.steward_decision",
        [
            _row_keys(harms),
            not_null(
                ["decision", "decided_by", "decided_on"],
                why="En afgørelse uden navn og dato kan ingen stå ved",
                harms=harms,
            ),
            in_set(
                "decision",
                ["COMMENT", "WAIVE", "ACCEPT", "MATCH", "REVOKE"],
                why="Modellerne læser koden",
                harms=harms,
            ),
            no_rows(
                "is_about_something",
                """
                select 1 from batch
                where coalesce(gap_id, posting_id) is null
                    or (decision = 'MATCH' and (posting_id is null or course_payment_id is null))
                """,
                columns=["gap_id", "posting_id", "course_payment_id"],
                da="En afgørelse gælder en mangel eller en postering; en kobling nævner forløbet",
                why="Ellers virker den ikke, uden at nogen ser det",
                harms=harms,
            ),
            no_rows(
                "decided_before_it_came",
                "select 1 from batch where decided_on > extract_date",
                columns=["decided_on"],
                da="Afgørelsen er truffet senest på leveringens dato",
                why="En publikation må ikke kende afgørelser, der er truffet senere",
                harms=harms,
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("steward_decision", harms),
        ],
    )


def budget_assumption(columns: Mapping[str, str]) -> ExpectationSuite:
    """What the budgets were built on."""
    harms = ASSUMPTION_HARMS
    return suite(
        "lake.budget_assumption",
        [
            _row_keys(harms),
            not_null(
                ["fiscal_year", "activity_no", "assumed_cost_dkk"],
                why="En forudsætning gælder et år, en ydelse og et beløb",
                harms=harms,
            ),
            unique(
                [
                    "source_system",
                    "extract_date",
                    "fiscal_year",
                    "activity_no",
                    "provider_kind",
                    "target_group",
                ],
                why="Den samme forudsætning to gange tæller dobbelt",
                harms=harms,
            ),
            in_set(
                "provider_kind",
                ["company", "person", "internal"],
                why="Nøgletallene skelner arten",
                harms=harms,
            ),
            between("activation_pct", 0, 100, why="Andelen er en procent", harms=harms),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("budget_assumption", harms, "assumed_cost_dkk"),
        ],
    )


def savings_initiative(columns: Mapping[str, str]) -> ExpectationSuite:
    """The action plan."""
    harms = PLAN_HARMS
    return suite(
        "lake.savings_initiative",
        [
            _row_keys(harms),
            not_null(
                ["initiative_id", "frame_id", "fiscal_year", "effect_dkk", "start_on", "probability_pct"],
                why="Uden ramme, år, effekt, startmåned og sandsynlighed tæller initiativet ikke",
                harms=harms,
            ),
            unique(
                ["source_system", "extract_date", "initiative_id", "fiscal_year"],
                why="Det samme initiativ to gange tæller dobbelt",
                harms=harms,
            ),
            in_set(
                "initiative_status",
                ["PLANNED", "DECIDED", "RUNNING", "DONE", "DROPPED"],
                why="Modellerne læser koden",
                harms=harms,
            ),
            in_set("lever", ["number", "price", "service_level"], why="Modellerne læser koden", harms=harms),
            between("probability_pct", 0, 100, why="Sandsynligheden er en procent", harms=harms),
            no_rows(
                "effect_is_a_saving",
                "select 1 from batch where effect_dkk > 0",
                columns=["effect_dkk"],
                da="Effekten er en besparelse: 0 eller negativ",
                why="Et forkert fortegn gør besparelsen til et merforbrug",
                harms=harms,
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("savings_initiative", harms, "effect_dkk"),
        ],
    )


def purchase_agreement(columns: Mapping[str, str]) -> ExpectationSuite:
    """The purchase agreements."""
    harms = AGREEMENT_HARMS
    return suite(
        "lake.purchase_agreement",
        [
            _row_keys(harms),
            not_null(
                ["agreement_no", "provider_id", "valid_from"],
                why="Uden leverandør og begyndelse dækker aftalen intet",
                harms=harms,
            ),
            unique(
                ["source_system", "extract_date", "agreement_no", "activity_no"],
                why="Den samme aftale to gange tæller dobbelt",
                harms=harms,
            ),
            _cvr_shaped("provider_id", harms),
            in_set("price_regulation", ["INDEX", "FIXED"], why="Modellerne læser koden", harms=harms),
            between("notice_months", 0, 60, why="Varslet er et antal måneder", harms=harms),
            no_rows(
                "ends_after_it_begins",
                "select 1 from batch where valid_to < valid_from",
                columns=["valid_from", "valid_to"],
                da="Aftalen udløber ikke, før den begynder",
                why="Fristen for opsigelse bliver forkert",
                harms=harms,
            ),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("purchase_agreement", harms),
        ],
    )


def decision_consequence(columns: Mapping[str, str]) -> ExpectationSuite:
    """The register of consequences across departments."""
    harms = CONSEQUENCE_HARMS
    return suite(
        "lake.decision_consequence",
        [
            _row_keys(harms),
            not_null(
                [
                    "decision_no",
                    "department_da",
                    "fiscal_year",
                    "effect_dkk",
                    "probability_pct",
                    "decided_on",
                ],
                why="Uden afdeling, år, beløb og sandsynlighed tæller konsekvensen ikke",
                harms=harms,
            ),
            unique(
                ["source_system", "extract_date", "decision_no", "department_da", "fiscal_year"],
                why="Den samme konsekvens to gange tæller dobbelt",
                harms=harms,
            ),
            between("probability_pct", 0, 100, why="Sandsynligheden er en procent", harms=harms),
            no_personal_numbers(columns, harms=harms),
            _as_in_the_files("decision_consequence", harms, "effect_dkk"),
        ],
    )


def _cvr_shaped(column: str, harms: Iterable[str]) -> Expectation:
    return no_rows(
        f"{column}_has_8_digits",
        f"select 1 from batch where not regexp_full_match({column}, '[0-9]{{8}}')",
        columns=[column],
        da=f"{column} er otte cifre",
        why="Et CVR-nummer har otte cifre; ti cifre er et personnummer",
        harms=harms,
    )


SUITES = {
    "lake.posting": posting,
    "lake.budget": budget,
    "lake.invoice": invoice,
    "lake.course_payment": course_payment,
    "lake.case_history": case_history,
    "lake.steward_decision": steward_decision,
    "lake.budget_assumption": budget_assumption,
    "lake.savings_initiative": savings_initiative,
    "lake.purchase_agreement": purchase_agreement,
    "lake.decision_consequence": decision_consequence,
}


def suites(columns: Mapping[str, Mapping[str, str]]) -> list[ExpectationSuite]:
    """The suites of all lake entities.

    Args:
        columns: `schema.table` → column → DuckDB type, of the whole warehouse file.
    """
    return [factory(columns[table]) for table, factory in SUITES.items()]
