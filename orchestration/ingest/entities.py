"""What the lake holds: the canonical entities that every source is mapped onto, declared once.

Belongs here: entities, the fields a profile may fill, and the columns that each field becomes.
Does not: how a value is read (`expressions`), where it comes from (profiles), or what is made of it (dbt).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

MONEY: Final = "DECIMAL(18,2)"


class Kind(Enum):
    """How a field's text becomes one or more typed columns."""

    CODE = "code"  # an identifier or a code, kept as it is but where it looks like a CPR number
    REFERENCE = "reference"  # somebody else's number: replaced by a hash where it looks like a CPR number
    LABEL = "label"  # words (a company, an account, a team): what looks like a CPR number is masked
    INTEGER = "integer"
    MONEY = "money"
    QUANTITY = "quantity"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    PARTY = "party"  # who is paid: a company's CVR number, or a pseudonym
    PARTY_NAME = "party_name"  # kept for companies and own units only
    PERSON = "person"  # a CPR number: pseudonym and whether it is valid
    PERSON_BORN = "person_born"  # the same and the birth date that is in the number
    RELATIVE = "relative"  # a CPR number: pseudonym only
    PERSON_NAME = "person_name"  # keyed hashes that a hint in a posting's text can be compared with
    TEXT = "text"  # parsed by the profile's patterns, never kept


PERSONAL_KINDS: Final = {
    Kind.PARTY,
    Kind.PARTY_NAME,
    Kind.PERSON,
    Kind.PERSON_BORN,
    Kind.RELATIVE,
    Kind.PERSON_NAME,
    Kind.TEXT,
}
"""Kinds that derive and drop: a column that a profile calls personal may feed these only."""

NEVER_KEPT_KINDS: Final = PERSONAL_KINDS - {Kind.PARTY, Kind.PARTY_NAME}
"""Kinds that only a column listed as personal may feed."""


@dataclass(frozen=True)
class Column:
    """A column of the lake: name, DuckDB type, what it means."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Field:
    """What a profile maps a source column onto, and the columns that come of it.

    `required`: a row without a value is a bad row, and a profile must map it.
    `codes`: the only values there are; others make a bad row. `default`: the SQL value when not mapped.
    """

    name: str
    kind: Kind
    columns: tuple[Column, ...]
    required: bool = False
    codes: tuple[str, ...] = ()
    default: str = "NULL"


@dataclass(frozen=True)
class RowRule:
    """What makes a row bad although each value fits: a SQL condition over the entity's columns and `delivered_on`.

    `field` is where it is mended, `reason` says how.
    """

    condition: str
    field: str
    reason: str


@dataclass(frozen=True)
class Entity:
    """One table of the lake. `total` is the money column whose sum ties a file to its source."""

    name: str
    description: str
    fields: dict[str, Field]
    total: str | None = None
    id_column: str | None = None
    rules: tuple[RowRule, ...] = ()
    columns: dict[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        own = [column for part in self.fields.values() for column in part.columns]
        object.__setattr__(self, "columns", {column.name: column for column in [*own, *PROVENANCE]})


PROVENANCE: Final = (
    Column("source_system", "VARCHAR", "The folder under landing that delivered the row."),
    Column("profile", "VARCHAR", "The source profile that read it."),
    Column("file_hash", "VARCHAR", "SHA-256 of the delivered file, as hex."),
    Column("row_no", "BIGINT", "The row's number in the file, from 1, without the header."),
)
"""Every entity's last columns; `extract_date` is the partition in the path, not a column of the file."""

_SQL_TYPES: Final = {
    Kind.INTEGER: "INTEGER",
    Kind.MONEY: MONEY,
    Kind.QUANTITY: "DECIMAL(18,4)",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.BOOLEAN: "BOOLEAN",
}


def _plain(
    kind: Kind,
    name: str,
    description: str,
    required: bool = False,
    codes: tuple[str, ...] = (),
    default: str = "NULL",
) -> Field:
    """A field that becomes one column of the same name."""
    column = Column(name, _SQL_TYPES.get(kind, "VARCHAR"), description)
    return Field(name, kind, (column,), required, codes, default)


def _party(name: str, key: str, what: str) -> Field:
    return Field(
        name,
        Kind.PARTY,
        (
            Column("supplier_cvr", "VARCHAR", f"CVR number (8 digits) of {what}; NULL when it is none."),
            Column("supplier_cvr_status", "VARCHAR", "valid, invalid (digits or shape); NULL: none given."),
            Column(key, "VARCHAR", f"Pseudonym of {what} when the id is not a CVR number."),
        ),
    )


def _person(name: str, who: str, born: bool = False) -> Field:
    columns = [
        Column(f"{name}_key", "VARCHAR", f"Pseudonym of {who}'s CPR number, the same in every source."),
        Column(f"{name}_cpr_status", "VARCHAR", "valid, invalid_format, invalid_date; NULL: none given."),
    ]
    if born:
        columns += [
            Column(f"{name}_birth_on", "DATE", f"Birth date in {who}'s CPR number; NULL when it is invalid."),
            Column(f"{name}_birth_key", "VARCHAR", "Hash of the birth date, to meet hint_birth_key."),
        ]
    return Field(f"{name}_cpr", Kind.PERSON_BORN if born else Kind.PERSON, tuple(columns))


def _relative(name: str) -> Field:
    column = Column(f"{name}_key", "VARCHAR", f"Pseudonym of the {name}'s CPR number.")
    return Field(f"{name}_cpr", Kind.RELATIVE, (column,))


CHILD_NAME: Final = Field(
    "child_name",
    Kind.PERSON_NAME,
    (
        Column("child_initials_key", "VARCHAR", "Hash of the child's initials, to meet hint_initials_key."),
        Column("child_first_name_key", "VARCHAR", "Hash of the child's first name."),
        Column("child_first_name_initial_key", "VARCHAR", "Hash of first name and the last name's initial."),
    ),
)

TEXT: Final = Field(
    "text",
    Kind.TEXT,
    (
        Column("text_course_id", "VARCHAR", "Payment id (betalings-ID) written in the text."),
        Column("is_text_course_id_cut", "BOOLEAN", "The id ends where the text is cut: it is a prefix."),
        Column("text_appropriation_id", "VARCHAR", "Appropriation id (SBSYS number) written in the text."),
        Column("is_text_appropriation_id_cut", "BOOLEAN", "The number ends at the cut: it is a prefix."),
        Column("service_month", "DATE", "First day of the month that the text says was paid for."),
        Column("part_no", "INTEGER", "First number of '(1/2)': this part of a split invoice."),
        Column("part_count", "INTEGER", "Second number of '(1/2)': parts of the invoice."),
        Column("child_count", "INTEGER", "Children on a collective invoice: '(2 børn)'."),
        Column("is_reversal_text", "BOOLEAN", "The text says that the line reverses another."),
        Column("hint_initials_key", "VARCHAR", "Hash of initials in the text."),
        Column("hint_first_name_key", "VARCHAR", "Hash of a first name in the text."),
        Column("hint_first_name_initial_key", "VARCHAR", "Hash of first name and initial in the text."),
        Column("hint_birth_key", "VARCHAR", "Hash of a birth date (DDMMYY) in the text."),
    ),
)

_CASE_FIELDS: Final = (
    _plain(Kind.LABEL, "target_group", "The department's target group."),
    _plain(Kind.CODE, "caseworker_id", "Caseworker's user name."),
    _plain(Kind.LABEL, "team_id", "The caseworker's present team."),
    _plain(Kind.CODE, "leader_id", "The team leader's user name."),
    _plain(Kind.LABEL, "efforts", "Efforts of the case, comma-joined."),
    _plain(Kind.LABEL, "effort_step", "Step of the ladder of efforts (indsatstrappe)."),
    _plain(Kind.LABEL, "scaling_step", "Step of the scaling ladder (skaleringstrappe), 1 to 10."),
    _plain(Kind.LABEL, "paying_municipality", "Municipality that pays."),
    _plain(Kind.LABEL, "acting_municipality", "Municipality that acts."),
    _plain(Kind.LABEL, "residence_municipality", "Municipality of residence."),
    _relative("mother"),
    _relative("father"),
)


def _entity(
    name: str,
    description: str,
    *fields: Field,
    total: str | None = None,
    id_column: str | None = None,
    rules: tuple[RowRule, ...] = (),
) -> Entity:
    return Entity(name, description, {part.name: part for part in fields}, total, id_column, rules)


POSTING: Final = _entity(
    "posting",
    "One line of the ledger.",
    _plain(Kind.CODE, "posting_id", "The ledger's id, else file hash and row.", required=True),
    _plain(Kind.INTEGER, "fiscal_year", "Fiscal year.", required=True),
    _plain(Kind.INTEGER, "period_no", "Ledger period: 1-12; 0, 13-16 open and close.", required=True),
    _plain(Kind.DATE, "posted_on", "Posting date.", required=True),
    _plain(Kind.CODE, "source_account_string", "The account as the ledger writes it."),
    _plain(Kind.CODE, "source_account", "The account's own part of it, not corrected."),
    _plain(Kind.CODE, "account_alias", "The account's alias."),
    _plain(Kind.CODE, "art_no", "Art, 3 digits."),
    _plain(Kind.MONEY, "amount_dkk", "Amount, debit positive and credit negative.", required=True),
    _party("supplier_id", "supplier_key", "the supplier"),
    _plain(Kind.PARTY_NAME, "supplier_name", "The supplier's name; NULL when it may be a person."),
    _person("person", "the payee or child"),
    _plain(Kind.REFERENCE, "payment_reference", "Payment reference (betalings-ID for cash and payroll)."),
    _plain(Kind.REFERENCE, "invoice_no", "The supplier's invoice number."),
    _plain(Kind.BOOLEAN, "is_balance", "A line on the balance side: in no sum of a mart.", default="false"),
    _plain(Kind.TIMESTAMP, "registered_at", "When the line was registered, UTC."),
    TEXT,
    total="amount_dkk",
    id_column="posting_id",
)

BUDGET: Final = _entity(
    "budget",
    "One account's budget of a fiscal year.",
    _plain(Kind.INTEGER, "fiscal_year", "Fiscal year.", required=True),
    _plain(Kind.CODE, "source_account_string", "The account as the ledger writes it."),
    _plain(Kind.CODE, "source_account", "The account's own part of it, not corrected.", required=True),
    _plain(Kind.CODE, "account_alias", "The account's alias."),
    _plain(Kind.LABEL, "account_name", "The account's name."),
    _plain(Kind.MONEY, "original_budget_dkk", "Original budget."),
    _plain(Kind.MONEY, "supplementary_budget_dkk", "Supplementary appropriations (tillægsbevillinger)."),
    _plain(Kind.MONEY, "corrected_budget_dkk", "Corrected budget (korrigeret budget).", required=True),
    _plain(Kind.DATE, "decided_on", "Date of the last supplementary appropriation."),
    total="corrected_budget_dkk",
)

INVOICE: Final = _entity(
    "invoice",
    "One received invoice, or its re-posting.",
    _plain(Kind.REFERENCE, "invoice_no", "The supplier's invoice number.", required=True),
    _party("supplier_id", "supplier_key", "the supplier"),
    _plain(Kind.PARTY_NAME, "supplier_name", "The supplier's name; NULL when it may be a person."),
    _plain(Kind.MONEY, "amount_dkk", "Amount of the invoice.", required=True),
    _plain(Kind.DATE, "received_on", "Date received."),
    _plain(Kind.DATE, "due_on", "Due date."),
    _plain(
        Kind.CODE,
        "invoice_status",
        "RECEIVED, APPROVAL (under godkendelse) or POSTED.",
        required=True,
        codes=("RECEIVED", "APPROVAL", "POSTED"),
    ),
    _plain(Kind.DATE, "posted_on", "Posting date; NULL until posted."),
    _plain(Kind.CODE, "source_account_string", "The ledger's account; may be NULL until posted."),
    _plain(Kind.CODE, "source_account", "The account's own part of it, not corrected."),
    TEXT,
    total="amount_dkk",
)

COURSE_PAYMENT: Final = _entity(
    "course_payment",
    "One row of a payments report of the case system: a dated payment of a course.",
    _plain(Kind.CODE, "report", "Which report.", required=True, codes=("expected", "granted")),
    _plain(Kind.CODE, "source_payment_id", "The case system's row id; not stable.", required=True),
    _plain(Kind.DATE, "planned_on", "Planned payment date.", required=True),
    _plain(Kind.MONEY, "planned_dkk", "Planned amount.", required=True),
    _plain(Kind.DATE, "paid_on", "Date marked paid."),
    _plain(Kind.MONEY, "paid_dkk", "Amount marked paid."),
    _plain(Kind.CODE, "source_account_string", "The account as the case system writes it."),
    _plain(Kind.CODE, "source_account", "The account's own part of it, not corrected."),
    _plain(Kind.CODE, "account_alias", "The account's alias."),
    _plain(Kind.CODE, "course_id", "Payment id (betalings-ID) of the schedule.", required=True),
    _plain(Kind.MONEY, "schedule_amount_dkk", "Fixed amount per payment."),
    _plain(Kind.CODE, "payment_frequency", "DAILY, WEEKLY, BIWEEKLY, MONTHLY; NULL: once or individual."),
    _plain(
        Kind.CODE, "recipient_type", "INTERNAL, PERSON, COMPANY.", codes=("INTERNAL", "PERSON", "COMPANY")
    ),
    _party("recipient_id", "recipient_key", "the recipient"),
    _plain(Kind.PARTY_NAME, "recipient_name", "Name of a company or own unit; NULL for persons."),
    _plain(Kind.CODE, "payment_method", "CASH, SD, INVOICE, INTERNAL."),
    _plain(Kind.CODE, "payment_cost_type", "FIXED, PER_UNIT, GLOBAL_RATE; NULL: individual payments."),
    _plain(Kind.MONEY, "price_per_unit_dkk", "Unit price or rate."),
    _plain(Kind.QUANTITY, "units", "Units per payment."),
    _plain(Kind.BOOLEAN, "is_fictive", "Not really paid out.", required=True),
    _plain(Kind.CODE, "activity_no", "Activity number."),
    _plain(Kind.LABEL, "activity_name", "Activity name."),
    _plain(Kind.DATE, "start_on", "First day of the activity."),
    _plain(Kind.DATE, "end_on", "Last day of the activity; NULL: open."),
    _plain(
        Kind.CODE, "activity_status", "GRANTED or EXPECTED.", required=True, codes=("GRANTED", "EXPECTED")
    ),
    _plain(Kind.CODE, "course_type", "MAIN or SUPPL (følgeudgift).", required=True, codes=("MAIN", "SUPPL")),
    _plain(Kind.CODE, "section_id", "Section of the law."),
    _plain(Kind.LABEL, "section_name", "Its name."),
    _plain(Kind.CODE, "appropriation_id", "SBSYS number of the appropriation."),
    _plain(Kind.CODE, "main_activity_no", "Number of the appropriation's main activity."),
    _plain(Kind.LABEL, "main_activity_name", "Its name."),
    _person("child", "the child", born=True),
    CHILD_NAME,
    *_CASE_FIELDS,
    _plain(Kind.CODE, "category_no", "Activity category."),
    _plain(Kind.LABEL, "category_name", "Its name."),
    _plain(Kind.LABEL, "approval_level", "Level that approved."),
    _plain(Kind.CODE, "approval_user_id", "User name of the approver."),
    _plain(Kind.DATE, "appropriation_on", "Date of the last grant."),
    total="planned_dkk",
)

CASE_HISTORY: Final = _entity(
    "case_history",
    "One history record of a case.",
    _plain(Kind.CODE, "case_id", "The case.", required=True),
    _plain(Kind.CODE, "history_id", "The history record.", required=True),
    _plain(Kind.TIMESTAMP, "changed_at", "When it was changed, UTC.", required=True),
    _person("child", "the child", born=True),
    _plain(Kind.CODE, "case_sbsys_id", "SBSYS number of the case."),
    *_CASE_FIELDS,
)

# Stewards read why a row was left out: these reasons are in their language.
_DECISION_RULES: Final = (
    RowRule(
        "NOT regexp_full_match(gap_id, '[0-9a-f]{32}')",
        "gap_id",
        "er ikke en mangel fra en arbejdsliste: kopiér hele rækken fra den nyeste liste",
    ),
    RowRule(
        "NOT regexp_full_match(rule_id, '[A-Z][0-9A-Z_]{0,9}')",
        "rule_id",
        "er ikke en regel: kopiér hele rækken fra den nyeste liste",
    ),
    RowRule(
        "decision <> 'MATCH' AND gap_id IS NULL AND posting_id IS NULL",
        "gap_id",
        "mangler: kopiér hele rækken fra den nyeste liste, også de skjulte kolonner",
    ),
    RowRule(
        "decision = 'MATCH' AND posting_id IS NULL",
        "posting_id",
        "mangler: en kobling skrives i en række på arket Koblinger",
    ),
    RowRule(
        "decision = 'MATCH' AND course_payment_id IS NULL",
        "course_payment_id",
        "mangler: skriv forløbets betalings-ID",
    ),
    RowRule(
        "NOT regexp_full_match(course_payment_id, '[0-9A-Za-z]+(/[0-9]{4}-[0-9]{2}-[0-9]{2})?')",
        "course_payment_id",
        "er ikke et betalings-ID: skriv det som 834, eller med betalingens dato som 834/2022-03-01",
    ),
    RowRule(
        "decision IN ('COMMENT', 'WAIVE', 'ACCEPT') AND comment_da IS NULL",
        "comment_da",
        "mangler: skriv hvorfor",
    ),
    RowRule(
        "decision = 'WAIVE' AND valid_until_on IS NULL",
        "valid_until_on",
        "mangler: skriv, hvor længe undtagelsen gælder",
    ),
    RowRule("valid_until_on < decided_on", "valid_until_on", "ligger før afgørelsens dato: skriv en senere"),
    RowRule(
        "valid_until_on > decided_on + INTERVAL 5 YEAR",
        "valid_until_on",
        "ligger mere end fem år frem: skriv en tidligere",
    ),
    RowRule(
        "decided_on > delivered_on",
        "decided_on",
        "ligger efter leveringens dato: ret den, eller læg filen i en mappe med en senere dato",
    ),
    RowRule(
        "decided_on < delivered_on - INTERVAL 10 YEAR",
        "decided_on",
        "ligger mere end ti år tilbage: ret den",
    ),
    RowRule(
        "NOT regexp_full_match(decided_by, '[^\\s\\[\\]]{2,30}')",
        "decided_by",
        "skal være initialer eller brugernavn: 2 til 30 tegn uden mellemrum, hverken navn eller CPR-nummer",
    ),
)

STEWARD_DECISION: Final = _entity(
    "steward_decision",
    "What a steward decided about one gap or one posting: a line of a worklist that came back, or a waiver.",
    _plain(Kind.CODE, "gap_id", "The gap; NULL where the decision is about a posting alone."),
    _plain(Kind.CODE, "rule_id", "The gap's rule."),
    _plain(Kind.CODE, "posting_id", "The posting that is coupled; NULL for other decisions."),
    _plain(
        Kind.CODE,
        "decision",
        "COMMENT, WAIVE (undtaget til en dato), ACCEPT (rigtigt som det er), MATCH (koblet), REVOKE (ophævet).",
        required=True,
        codes=("COMMENT", "WAIVE", "ACCEPT", "MATCH", "REVOKE"),
    ),
    _plain(
        Kind.REFERENCE,
        "course_payment_id",
        "Course payment, or course (betalings-ID), that MATCH couples to.",
    ),
    _plain(Kind.LABEL, "comment_da", "The steward's reason or comment."),
    _plain(Kind.DATE, "valid_until_on", "Last day of a waiver or an acceptance; NULL: until revoked."),
    _plain(Kind.LABEL, "decided_by", "Initials or user name of the steward.", required=True),
    _plain(Kind.DATE, "decided_on", "When it was decided.", required=True),
    rules=_DECISION_RULES,
)

_ASSUMPTION_RULES: Final = (
    RowRule(
        "NOT regexp_full_match(activity_no, '[0-9]{6}')",
        "activity_no",
        "er ikke et aktivitetsnummer på seks cifre",
    ),
    RowRule("assumed_courses < 0", "assumed_courses", "er negativt: skriv det forventede antal, eventuelt 0"),
    RowRule(
        "assumed_duration_days <= 0",
        "assumed_duration_days",
        "er ikke positiv: skriv forløbenes varighed i dage, eller lad feltet stå tomt",
    ),
    RowRule(
        "assumed_price_day_dkk < 0",
        "assumed_price_day_dkk",
        "er negativ: en egenbetaling hører til i budgettets indtægter",
    ),
    RowRule(
        "activation_pct NOT BETWEEN 0 AND 100 OR (activation_pct > 0 AND activation_pct < 1)",
        "activation_pct",
        "er ikke en procent fra 0 til 100: skriv fx 80",
    ),
    RowRule(
        "threshold_pct NOT BETWEEN 1 AND 1000",
        "threshold_pct",
        "er ikke en procent fra 1 til 1000: skriv fx 10",
    ),
)

BUDGET_ASSUMPTION: Final = _entity(
    "budget_assumption",
    "What a budget was built on, for one activity, provider kind and target group of a year.",
    _plain(Kind.INTEGER, "fiscal_year", "Fiscal year.", required=True),
    _plain(Kind.CODE, "activity_no", "Activity number.", required=True),
    _plain(
        Kind.CODE,
        "provider_kind",
        "company, person or internal; NULL: all.",
        codes=("company", "person", "internal"),
    ),
    _plain(Kind.LABEL, "target_group", "Target group; NULL: all."),
    _plain(Kind.QUANTITY, "assumed_courses", "Full-year courses (helårsforløb), before the activation rate."),
    _plain(Kind.QUANTITY, "assumed_duration_days", "Average duration of a course, days."),
    _plain(Kind.MONEY, "assumed_price_day_dkk", "Average cost per course day."),
    _plain(
        Kind.MONEY,
        "assumed_cost_dkk",
        "Cost of the year as it stands in the budget, after the activation rate.",
        required=True,
    ),
    _plain(
        Kind.QUANTITY, "activation_pct", "Share of the courses that is expected to start; NULL: all of them."
    ),
    _plain(
        Kind.QUANTITY,
        "threshold_pct",
        "Deviation beyond which it is to be reported; NULL: the catalogue's for rule E08.",
    ),
    _plain(Kind.LABEL, "owner_role", "Who reports a deviation, as a role; NULL: the team that uses it most."),
    rules=_ASSUMPTION_RULES,
    total="assumed_cost_dkk",
)

# Controllers read why a line of the plan was left out: these reasons are in their language too.
_INITIATIVE_RULES: Final = (
    RowRule(
        "NOT regexp_full_match(initiative_id, '[A-Za-zÆØÅæøå][0-9A-Za-zÆØÅæøå._-]{0,8}')",
        "initiative_id",
        "skal begynde med et bogstav og højst have 9 tegn, fx H01",
    ),
    RowRule(
        "NOT regexp_full_match(frame_id, '[0-9A-Z.]{1,9}')",
        "frame_id",
        "er ikke en ramme: skriv den som 30.46",
    ),
    RowRule(
        "NOT regexp_full_match(account_id, '[0-9]{9}(-[0-9]{6})?')",
        "account_id",
        "er ikke en konto: skriv den som 528211000-015209",
    ),
    RowRule(
        "NOT regexp_full_match(activity_no, '[0-9]{6}')",
        "activity_no",
        "er ikke et aktivitetsnummer på seks cifre",
    ),
    RowRule(
        "NOT regexp_full_match(provider_id, '[0-9]{8}')", "provider_id", "er ikke et CVR-nummer på otte cifre"
    ),
    RowRule(
        "NOT regexp_full_match(course_ids, '[0-9A-Za-z]+([ ,]+[0-9A-Za-z]+)*')",
        "course_ids",
        "er ikke betalings-ID'er: skriv dem som 834, 912",
    ),
    RowRule(
        "fiscal_year NOT BETWEEN year(delivered_on) - 5 AND year(delivered_on) + 10",
        "fiscal_year",
        "er ikke et år, som planen kan gælde: skriv det som 2022",
    ),
    RowRule(
        "effect_dkk > 0",
        "effect_dkk",
        "er positiv: en besparelse skrives med minus, og en udgift hører til i budgettet",
    ),
    RowRule(
        "year(start_on) > fiscal_year",
        "start_on",
        "ligger efter året: skriv effekten i det år, hvor tiltaget er begyndt",
    ),
    RowRule("year(start_on) < year(delivered_on) - 10", "start_on", "ligger mere end ti år tilbage: ret den"),
    RowRule(
        "probability_pct NOT BETWEEN 0 AND 100 OR (probability_pct > 0 AND probability_pct < 1)",
        "probability_pct",
        "er ikke en procent fra 0 til 100: skriv fx 75",
    ),
)

SAVINGS_INITIATIVE: Final = _entity(
    "savings_initiative",
    "One initiative of the action plan (handleplan) in one fiscal year.",
    _plain(Kind.CODE, "initiative_id", "The initiative, the same in every delivery.", required=True),
    _plain(Kind.LABEL, "measure_da", "What is done, in words.", required=True),
    _plain(Kind.CODE, "frame_id", "Appropriation frame that the effect falls in.", required=True),
    _plain(Kind.INTEGER, "fiscal_year", "Fiscal year of the effect.", required=True),
    _plain(Kind.MONEY, "effect_dkk", "Effect in the fiscal year, negative: a saving.", required=True),
    _plain(Kind.DATE, "start_on", "A day of the month from which it has effect.", required=True),
    _plain(
        Kind.QUANTITY, "probability_pct", "How likely it is that the rest of the effect comes.", required=True
    ),
    _plain(
        Kind.CODE,
        "initiative_status",
        "PLANNED, DECIDED, RUNNING, DONE (its effect stands in the case system), DROPPED.",
        required=True,
        codes=("PLANNED", "DECIDED", "RUNNING", "DONE", "DROPPED"),
    ),
    _plain(Kind.DATE, "deadline_on", "When it is to be carried through; NULL: not given."),
    _plain(Kind.LABEL, "owner_role", "Who answers for it, as a role.", required=True),
    _plain(
        Kind.CODE,
        "lever",
        "number, price or service_level: what it works on.",
        required=True,
        codes=("number", "price", "service_level"),
    ),
    _plain(Kind.CODE, "account_id", "Account that it concerns; NULL: not given."),
    _plain(Kind.LABEL, "section_id", "Section of the law that it concerns; NULL: not given."),
    _plain(Kind.CODE, "activity_no", "Activity that it concerns; NULL: not given."),
    _plain(Kind.CODE, "provider_id", "CVR number of the provider that it concerns; NULL: not given."),
    _plain(
        Kind.LABEL, "course_ids", "Courses (betalings-ID) that it concerns, with commas; NULL: not given."
    ),
    total="effect_dkk",
    rules=_INITIATIVE_RULES,
)

# Who keeps the list of agreements and the register of consequences reads these.
_AGREEMENT_RULES: Final = (
    RowRule(
        "NOT regexp_full_match(agreement_no, '[A-Za-zÆØÅæøå][0-9A-Za-zÆØÅæøå./_-]{0,19}')",
        "agreement_no",
        "skal begynde med et bogstav og højst have 20 tegn uden mellemrum, fx R-2021-07",
    ),
    RowRule(
        "NOT regexp_full_match(provider_id, '[0-9]{8}')", "provider_id", "er ikke et CVR-nummer på otte cifre"
    ),
    RowRule(
        "NOT regexp_full_match(activity_no, '[0-9]{6}')",
        "activity_no",
        "er ikke et aktivitetsnummer på seks cifre",
    ),
    RowRule(
        "year(valid_from) NOT BETWEEN year(delivered_on) - 40 AND year(delivered_on) + 10",
        "valid_from",
        "er ikke en dag, som en aftale kan gælde fra: skriv den som 01-01-2022",
    ),
    RowRule("valid_to < valid_from", "valid_to", "ligger før den dag, aftalen gælder fra: ret den"),
    RowRule(
        "notice_months NOT BETWEEN 0 AND 60",
        "notice_months",
        "er ikke et antal måneder fra 0 til 60: skriv fx 6",
    ),
    RowRule(
        "agreed_price_day_dkk <= 0",
        "agreed_price_day_dkk",
        "er ikke en pris: lad den stå tom, hvor den ikke kendes",
    ),
)

PURCHASE_AGREEMENT: Final = _entity(
    "purchase_agreement",
    "One purchase agreement (indkøbsaftale) with a provider, for one activity or for all of them.",
    _plain(Kind.LABEL, "agreement_no", "The agreement's number, the same in every delivery.", required=True),
    _plain(Kind.CODE, "provider_id", "CVR number of the provider.", required=True),
    _plain(
        Kind.CODE, "activity_no", "Activity that it covers; NULL: all of the provider's other activities."
    ),
    _plain(Kind.DATE, "valid_from", "First day that it covers.", required=True),
    _plain(Kind.DATE, "valid_to", "Last day that it covers; NULL: until notice is given."),
    _plain(Kind.INTEGER, "notice_months", "Months of notice before it expires; NULL: not given."),
    _plain(
        Kind.CODE,
        "price_regulation",
        "INDEX (the price follows the price-and-wage index) or FIXED; NULL: not given.",
        codes=("INDEX", "FIXED"),
    ),
    _plain(Kind.MONEY, "agreed_price_day_dkk", "Price of a day at valid_from; NULL: not given."),
    rules=_AGREEMENT_RULES,
)

_CONSEQUENCE_RULES: Final = (
    RowRule(
        "NOT regexp_full_match(decision_no, '[A-Za-zÆØÅæøå][0-9A-Za-zÆØÅæøå._-]{0,8}')",
        "decision_no",
        "skal begynde med et bogstav og højst have 9 tegn, fx B07",
    ),
    RowRule(
        "NOT regexp_full_match(frame_id, '[0-9A-Z.]{1,9}')",
        "frame_id",
        "er ikke en ramme: skriv den som 30.46",
    ),
    RowRule(
        "NOT regexp_full_match(account_id, '[0-9]{9}(-[0-9]{6})?')",
        "account_id",
        "er ikke en konto: skriv den som 528211000-015209",
    ),
    RowRule(
        "NOT regexp_full_match(course_ids, '[0-9A-Za-z]+([ ,]+[0-9A-Za-z]+)*')",
        "course_ids",
        "er ikke betalings-ID'er: skriv dem som 834, 912",
    ),
    RowRule(
        "fiscal_year NOT BETWEEN year(delivered_on) - 5 AND year(delivered_on) + 10",
        "fiscal_year",
        "er ikke et år, som beslutningen kan virke i: skriv det som 2022",
    ),
    RowRule(
        "year(decided_on) NOT BETWEEN year(delivered_on) - 10 AND year(delivered_on) + 1",
        "decided_on",
        "ligger for langt fra leveringens dag: ret datoen",
    ),
    RowRule(
        "probability_pct NOT BETWEEN 0 AND 100 OR (probability_pct > 0 AND probability_pct < 1)",
        "probability_pct",
        "er ikke en procent fra 0 til 100: skriv fx 75",
    ),
)

DECISION_CONSEQUENCE: Final = _entity(
    "decision_consequence",
    "What one decision costs or saves one department in one fiscal year.",
    _plain(Kind.CODE, "decision_no", "The decision, the same in every delivery.", required=True),
    _plain(Kind.LABEL, "decision_title_da", "What was decided, in words; NULL: not given."),
    _plain(Kind.DATE, "decided_on", "When it was decided.", required=True),
    _plain(Kind.LABEL, "department_da", "The department that it costs or saves for.", required=True),
    _plain(Kind.CODE, "frame_id", "The department's appropriation frame; NULL: not given."),
    _plain(Kind.CODE, "account_id", "Account that it concerns; NULL: not given."),
    _plain(Kind.LABEL, "course_ids", "Courses (betalings-ID) that it pays for, with commas; NULL: none."),
    _plain(Kind.INTEGER, "fiscal_year", "Fiscal year of the effect.", required=True),
    _plain(Kind.MONEY, "effect_dkk", "Effect in the year: positive costs, negative saves.", required=True),
    _plain(Kind.QUANTITY, "probability_pct", "How likely the effect is.", required=True),
    total="effect_dkk",
    rules=_CONSEQUENCE_RULES,
)

ENTITIES: Final = {
    entity.name: entity
    for entity in (
        POSTING,
        BUDGET,
        INVOICE,
        COURSE_PAYMENT,
        CASE_HISTORY,
        STEWARD_DECISION,
        BUDGET_ASSUMPTION,
        SAVINGS_INITIATIVE,
        PURCHASE_AGREEMENT,
        DECISION_CONSEQUENCE,
    )
}
"""The lake's entities by name."""
