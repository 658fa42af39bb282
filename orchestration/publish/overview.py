"""The monthly overview (månedsoverblik): per frame what is expected, why, and what to do about it; then drill-downs.

Belongs here: which figures, from which marts, in what order. Does not: looks and texts around them (template), how a
figure is read (figures), the sentences' words (explanation), the same tables as workbooks (overview_workbooks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.publish import charts
from orchestration.publish.charts import Chart
from orchestration.publish.explanation import Part, Report, Sentence, sentences
from orchestration.publish.figures import Field, Figure, Filled, Key, Reader, Row, Table, condition
from orchestration.publish.manifest import Manifest
from orchestration.templating import month, render, short_day

BRIDGE = "mart_overrun_bridge"
TOP = 5
"""So many causes of each kind stand on the first screen."""
SHOWN = 15
"""So many rows of a drill-down stand on the page; the workbook has them all."""

GROUPS = {"number": "Antal", "service level": "Serviceniveau", "price": "Pris"}
"""A bridge part's group → what the page calls it."""

_ACCOUNT = Key(
    "account_id",
    "Konto",
    name="(select concat_ws(' ', account.account_id, account.account_name) from kobling.marts.dim_account as account"
    " where account.account_id = found.account_id)",
)
_TEAM = Key("team_id", "Team")
_PROVIDER = Key(
    "provider_id",
    "Leverandør",
    name="(select coalesce(provider.provider_name, provider.provider_id) from kobling.marts.dim_provider as provider"
    " where provider.provider_id = found.provider_id)",
)
_SECTION = Key(
    "section_id",
    "Paragraf",
    name="(select concat_ws(' ', section.section_id, section.name) from kobling.marts.dim_section as section"
    " where section.section_id = found.section_id)",
)
_ACTIVITY = Key(
    "activity_no",
    "Ydelse",
    name="(select concat_ws(' ', activity.activity_no, activity.name) from kobling.marts.dim_activity as activity"
    " where activity.activity_no = found.activity_no)",
)
_COURSE = Key("course_id", "Forløb")
_FRAME = Key("frame_id", "Ramme")


@dataclass(frozen=True)
class Cause:
    """One of the largest parts of a frame's change."""

    part: str
    course_id: str | None
    account: str
    activity: str | None
    provider: str | None
    team: str | None
    figure: Figure


@dataclass(frozen=True)
class Frame:
    """What the first screen says of a frame."""

    frame_id: str
    name: str
    row: Row
    trust: Row | None
    sentences: Sequence[Sentence]
    bridge: Chart | None
    history: Chart | None
    months: Chart | None
    causes: Mapping[str, Sequence[Cause]]


@dataclass(frozen=True)
class Section:
    """A drill-down: a heading, perhaps a chart, and tables."""

    id: str
    title: str
    tables: Sequence[Filled]
    charts: Sequence[Chart] = ()


@dataclass(frozen=True)
class Overview:
    """All that the page and the workbook show."""

    manifest: Manifest
    year: int
    frames: Sequence[Frame]
    table: Filled
    trust: Filled
    error_of: str
    """What the forecast's error is of."""
    error: Figure | None
    interval: tuple[Figure, Figure] | None
    unpaid: Filled
    grants: Filled
    sections: Sequence[Section]
    template: Sequence[Mapping[str, Any]]
    """The quarterly template's cells, in its order."""
    not_run: Mapping[str, str]
    """Mart → why it has nothing to say."""

    @property
    def tables(self) -> list[Filled]:
        """Every table, in the page's order."""
        first = [self.table, self.trust, self.unpaid, self.grants]
        return [*first, *(table for section in self.sections for table in section.tables)]


def read_overview(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Overview | None:
    """Reads what the overview shows of the as-of date's year; nothing where no frame has a budget or a posting.

    Args:
        connection: the published tables attached as `kobling`.
        manifest: which tables there are, and the dates.
    """
    year = manifest.as_of.year
    reader = Reader(connection, manifest)
    table = reader.table(_frames(manifest))
    if not table.rows:
        return None
    trust = reader.table(_trust(year))
    error_of, error, interval = _forecast_error(reader, manifest)
    return Overview(
        manifest=manifest,
        year=year,
        frames=[_frame(reader, manifest, row, trust) for row in table.rows],
        table=table,
        trust=trust,
        error_of=error_of,
        error=error,
        interval=interval,
        unpaid=reader.table(_unpaid()),
        grants=reader.table(_grants()),
        sections=[
            Section(id_, title, [reader.table(found) for found in tables])
            for id_, title, tables in _drill_downs(manifest, [row.keys["frame_id"] for row in table.rows])
        ],
        template=reader.rows(
            "from kobling.marts.mart_quarterly_template "
            "order by frame_id, is_whole_frame desc, function_no, field_no"
        )
        if reader.has("mart_quarterly_template")
        else [],
        not_run=reader.not_run,
    )


def overview_page(overview: Overview | None, manifest: Manifest, workbooks: Mapping[str, str]) -> str:
    """The page; where there is nothing to show, one that says so.

    Args:
        overview: as read.
        manifest: of the publication.
        workbooks: name of a file beside the page → what it is.
    """
    return render(
        "overview.html.j2",
        root="../",
        here="overview/index.html",
        as_of=manifest.as_of,
        publication_id=manifest.id,
        previous_as_of=manifest.previous_as_of,
        overview=overview,
        groups=GROUPS,
        top=TOP,
        workbooks=workbooks,
    )


def tables(manifest: Manifest, frames: Sequence[str] = ()) -> list[Table]:
    """Every table that the overview asks for, whether or not it is there.

    Args:
        manifest: of the publication.
        frames: the frames in the page's order.
    """
    first = [_frames(manifest), _trust(manifest.as_of.year), _unpaid(), _grants()]
    return [*first, *(table for _, _, found in _drill_downs(manifest, frames) for table in found)]


# The first screen -----------------------------------------------------------------------------------------------------


def _frames(manifest: Manifest) -> Table:
    year = manifest.as_of.year
    history = "mart_overrun_history"
    today = f"fiscal_year = {year} and observed_on = date '{manifest.as_of}'"
    return Table(
        id="rammer",
        title="Alle rammer",
        note="Hele kr. Merforbrug er forventet resultat minus korrigeret budget; positivt er overskridelse.",
        mart="mart_overrun_frame",
        by=[Key("frame_id", "Ramme", name="concat_ws(' ', found.frame_id, found.frame_name)")],
        where=f"fiscal_year = {year}",
        order="budget_corrected desc nulls last",
        fields=[
            Field(
                "frame_name",
                "Navn",
                "case when count(distinct frame_id) = 1 then max(frame_name) end",
                "text",
                is_hidden=True,
            ),
            Field.of("budget_original"),
            Field.of("budget_corrected"),
            Field.of("actual_to_date"),
            Field.of("committed"),
            Field.of("forecast"),
            Field.of("expected_overrun", label="Merforbrug nu"),
            Field.of("previous_overrun", mart=history, where=today),
            Field.of("overrun_change", label="Ændring", mart=history, where=today),
            Field.of("expected_overrun_with_plan"),
            Field.of("forecast_service_frame", label="Inden for service\u00adrammen"),
            Field.of("forecast_outside", label="Uden for service\u00adrammen"),
            Field.of("full_year_effect"),
            Field.of("savings_target", is_hidden=True),
        ],
    )


def _trust(year: int) -> Table:
    return Table(
        id="tillid",
        title="Tillid til tallene",
        note="Hvor meget af tallene der hviler på hele data. – betyder, at det ikke kan opgøres for rammen.",
        mart="mart_data_trust",
        by=[_FRAME],
        where=f"fiscal_year = {year}",
        has_total=False,
        fields=[
            Field("last_closed_month", "Sidste lukkede måned", "max(last_closed_month)", "month"),
            Field.of("without_course_dkk"),
            Field.of("without_course_pct"),
            Field("without_course_postings", "Posteringer uden forløb", kind="number"),
            Field.of("without_invoice_dkk"),
            Field.of("without_invoice_pct"),
        ],
    )


def _unpaid() -> Table:
    return Table(
        id="fakturaer",
        title="Forfaldne, ubetalte fakturaer pr. leder",
        note="Et team har én leder. Uden team: leverandøren bruges ikke af noget team.",
        mart="mart_unpaid_invoice",
        by=[Key("team_id", "Leder af", name="coalesce(found.team_id, 'Uden team')")],
        where="invoices > 0",
        order="unpaid_dkk desc",
        limit=TOP,
        fields=[
            Field.of("unpaid_invoices", label="Antal"),
            Field.of("unpaid_dkk", label="Kr."),
            Field("overdue_days_max", "Ældste, dage", "max(overdue_days_max)", "number"),
        ],
        empty="Ingen forfaldne, ubetalte fakturaer.",
    )


def _grants() -> Table:
    return Table(
        id="bevillinger",
        title="Nye bevillinger i måneden pr. niveau",
        note="",
        mart="mart_new_grants",
        by=[Key("level_rank", "", is_hidden=True), Key("approval_level", "Niveau")],
        where="is_this_month",
        order="level_rank nulls last",
        fields=[
            Field.of("new_grants", label="Antal"),
            Field.of("new_grants_full_year_dkk", label="Helårsvirkning, kr."),
        ],
        empty="Ingen nye bevillinger i måneden.",
    )


def _frame(reader: Reader, manifest: Manifest, row: Row, trust: Filled) -> Frame:
    frame_id, year = row.keys["frame_id"], manifest.as_of.year
    keys: dict[str, Any] = {"fiscal_year": year, "frame_id": frame_id}
    bridged = condition({**keys, "previous_as_of": manifest.previous_as_of})
    parts = _parts(reader, bridged)
    said = condition({**keys, "observed_on": manifest.as_of})
    report = Report(
        year=year,
        overrun=row["expected_overrun"],
        previous_on=reader.figure("mart_overrun_history", "max(previous_on)", said, "date").value,
        previous_overrun=row["previous_overrun"],
        change=row["overrun_change"],
        budget_change=reader.figure(BRIDGE, "sum(budget_change)", bridged),
        parts=[Part(part["because_da"], found) for part, found in parts],
        with_plan=row["expected_overrun_with_plan"],
        savings_target=row["savings_target"],
    )
    return Frame(
        frame_id=frame_id,
        name=row["frame_name"].value,
        row=row,
        trust=next((found for found in trust.rows if found.keys["frame_id"] == frame_id), None),
        sentences=sentences(report),
        bridge=_waterfall(frame_id, report, [(part["name_da"], found) for part, found in parts], manifest),
        history=_history(reader, keys),
        months=_by_month(reader, keys),
        causes=_causes(reader, bridged),
    )


def _parts(reader: Reader, where: str) -> list[tuple[dict[str, Any], Figure]]:
    """The bridge's parts in the seed's order, each with its sum."""
    if not reader.has(BRIDGE):
        return []
    found = reader.rows("from kobling.marts.dim_bridge_part order by sort_order")
    return [(part, reader.figure(BRIDGE, f"sum({part['part']})", where)) for part in found]


def _causes(reader: Reader, where: str) -> dict[str, list[Cause]]:
    """The largest single parts by group: one course's, or one account's where no course carries it."""
    if not reader.has(BRIDGE):
        return {}
    causes: dict[str, list[Cause]] = {}
    for group in GROUPS:
        parts = reader.rows(
            "from kobling.marts.dim_bridge_part where cause_group = ? order by sort_order",
            [group],
        )
        if not parts:
            continue
        names = ", ".join(part["part"] for part in parts)
        rows = reader.rows(
            f"""
            with part as (
                unpivot (select account_id, course_id, team_id, activity_no, provider_id, {names}
                    from kobling.marts.{BRIDGE} where {where})
                on {names} into name part value amount
            )
            select part.*, bridge_part.name_da, activity.name as activity, provider.provider_name as provider,
                account.account_name as account
            from part
            inner join kobling.marts.dim_bridge_part as bridge_part on part.part = bridge_part.part
            left join kobling.marts.dim_activity as activity on part.activity_no = activity.activity_no
            left join kobling.marts.dim_provider as provider on part.provider_id = provider.provider_id
            left join kobling.marts.dim_account as account on part.account_id = account.account_id
            where part.amount <> 0
            order by abs(part.amount) desc, part.part, part.course_id, part.account_id
            limit {TOP}
            """,
        )
        causes[group] = [
            Cause(
                part=row["name_da"],
                course_id=row["course_id"],
                account=row["account"] or row["account_id"],
                activity=row["activity"],
                provider=row["provider"],
                team=row["team_id"],
                figure=Figure(
                    row["amount"],
                    "money",
                    BRIDGE,
                    f"sum({row['part']})",
                    f"{where} and {condition({'account_id': row['account_id'], 'course_id': row['course_id']})}",
                ),
            )
            for row in rows
        ]
    return causes


def _waterfall(
    frame_id: str, report: Report, parts: Sequence[tuple[str, Figure]], manifest: Manifest
) -> Chart | None:
    """From the overrun last month to now; what the budget got is less overrun."""
    before, now = report.previous_overrun.value, report.overrun.value
    if not parts or before is None or now is None or report.previous_on is None:
        return None
    title = f"Ramme {frame_id}: fra merforbrug sidst til nu, mio. kr."
    steps = [(name, found.value) for name, found in parts if found.value]
    if report.budget_change.value:
        steps.append(("Budget", -report.budget_change.value))
    first, last = short_day(report.previous_on), short_day(manifest.as_of)
    caption = f"Merforbrug {first}, hvad der har ændret det, og merforbrug {last}. Delene går op til øren."
    return Chart(
        title,
        caption,
        charts.waterfall([(f"Pr. {first}", before), *steps], f"Pr. {last}", title=title, description=caption),
        ["Del", "Kr."],
        [(f"Merforbrug {first}", before), *steps, (f"Merforbrug {last}", now)],
        f"{BRIDGE}, mart_overrun_history",
    )


def _history(reader: Reader, keys: Mapping[str, Any]) -> Chart | None:
    """What was said of the year's end at each delivery."""
    if not reader.has("mart_overrun_history"):
        return None
    rows = reader.rows(
        f"from kobling.marts.mart_overrun_history where {condition(keys)} and forecast is not null "
        "order by observed_on",
    )
    if len(rows) < 2:
        return None
    title = f"Ramme {keys['frame_id']}: forventet resultat ved hver opgørelse, mio. kr."
    series = {reader.metrics[column].name: column for column in ("forecast", "budget_corrected")}
    values = [
        {"month": short_day(row["observed_on"])[:5], "series": name, "value": float(row[column] / 1_000_000)}
        for row in rows
        for name, column in series.items()
        if row[column] is not None
    ]
    caption = "Hvad der på hver dato blev sagt om hele året, med det, der var kendt da."
    return Chart(
        title,
        caption,
        charts.lines(values, list(series), title=title, description=caption),
        ["Opgjort", *series, "Merforbrug"],
        [
            (short_day(row["observed_on"]), row["forecast"], row["budget_corrected"], row["expected_overrun"])
            for row in rows
        ],
        "mart_overrun_history",
    )


def _by_month(reader: Reader, keys: Mapping[str, Any]) -> Chart | None:
    """The year's budget and cost, cumulated."""
    if not reader.has("mart_overrun_month"):
        return None
    rows = reader.rows(f"from kobling.marts.mart_overrun_month where {condition(keys)} order by month")
    if not rows:
        return None
    title = f"Ramme {keys['frame_id']}: budget og forbrug, akkumuleret, mio. kr."
    series = {
        "Budget": "budget_cumulated_dkk",
        "Bogført": "actual_cumulated_dkk",
        "Bogført og ikke bogført": "expected_cumulated_dkk",
    }
    values = [
        {"month": month(row["month"])[:3], "series": name, "value": float(row[column] / 1_000_000)}
        for row in rows
        for name, column in series.items()
        if row[column] is not None and (column != "actual_cumulated_dkk" or row["month"] <= row["as_of"])
    ]
    caption = (
        "Budgettet efter profil, det bogførte, og det bogførte med det, der er bevilget og ikke bogført."
    )
    return Chart(
        title,
        caption,
        charts.lines(values, list(series), title=title, description=caption),
        ["Måned", *series],
        [(month(row["month"]), *(row[column] for column in series.values())) for row in rows],
        "mart_overrun_month",
    )


def _forecast_error(
    reader: Reader, manifest: Manifest
) -> tuple[str, Figure | None, tuple[Figure, Figure] | None]:
    """How far past forecasts were off, as words and figure; an interval only where the back-test gives one.

    Of whole years so far ahead, where one has been closed since; else of the cost of the month ahead.
    """
    mart = "mart_forecast_backtest"
    for of, target, months_ahead in (
        ("hele året, så langt frem", "year", 12 - manifest.as_of.month),
        ("en måned, en måned frem", "month", 1),
    ):
        where = condition(
            {"target": target, "method": "forecast", "months_ahead": months_ahead, "frame_id": None}
        )
        error = reader.figure(mart, "max(error_pct)", where, "share")
        if error.value is not None:
            low = reader.figure(mart, "max(interval_low_pct)", where, "share")
            high = reader.figure(mart, "max(interval_high_pct)", where, "share")
            return of, error, (low, high) if None not in (low.value, high.value) else None
    return "så langt frem", None, None


# The drill-downs ------------------------------------------------------------------------------------------------------


def _drill_downs(manifest: Manifest, frames: Sequence[str]) -> list[tuple[str, str, list[Table]]]:
    year = manifest.as_of.year
    return [
        ("konti", "Konti", [_accounts(manifest)]),
        (
            "disponering",
            "Disponering",
            [
                _commitments(manifest, "team", "Pr. team", _TEAM),
                _commitments(manifest, "paragraf", "Pr. paragraf", _SECTION),
                _commitments(manifest, "leverandoer", "Pr. leverandør", _PROVIDER),
                _courses(manifest),
            ],
        ),
        ("maaneder", "Måneder", [_months(year, frames)]),
        ("handleplan", "Handleplan og scenarier", [_initiatives(year), _scenarios(year)]),
        ("risiko", "Styringsrisiko", [_control_risk()]),
        ("refusion", "Statsrefusion for særligt dyre enkeltsager", [_state_refund(year)]),
        ("tidligere", "Tidligere år", [_years(year)]),
    ]


def _bridge_change(manifest: Manifest) -> list[Field]:
    """The forecast's change since last month, for a table of its keys."""
    if manifest.previous_as_of is None:
        return []
    where = condition({"fiscal_year": manifest.as_of.year, "previous_as_of": manifest.previous_as_of})
    label = f"Ændring siden {short_day(manifest.previous_as_of)}"
    return [Field.of("forecast_change", label=label, mart=BRIDGE, where=where)]


def _accounts(manifest: Manifest) -> Table:
    return Table(
        id="konto",
        title="Pr. konto",
        note="De største merforbrug først.",
        mart="mart_overrun",
        by=[_FRAME, _ACCOUNT],
        where=f"fiscal_year = {manifest.as_of.year}",
        order="expected_overrun desc nulls last",
        limit=SHOWN,
        fields=[
            Field.of("budget_original"),
            Field.of("budget_corrected"),
            Field.of("actual_to_date"),
            Field.of("committed"),
            Field.of("net_inflow"),
            Field.of("forecast"),
            Field.of("expected_overrun", label="Merforbrug nu"),
            *_bridge_change(manifest),
            Field.of("committed_next_year"),
        ],
    )


def _commitment_fields(manifest: Manifest) -> list[Field]:
    return [
        Field.of("committed_dkk"),
        Field.of("posted_dkk", label="Bogført"),
        Field.of("deviation_due_dkk"),
        Field.of("left_dkk"),
        # it stands in next year's months
        Field.of(
            "full_year_effect",
            mart="mart_commitments",
            where=f"fiscal_year = {manifest.as_of.year + 1}",
        ),
        *_bridge_change(manifest),
    ]


def _commitments(manifest: Manifest, id_: str, title: str, key: Key) -> Table:
    return Table(
        id=id_,
        title=title,
        note="Bevilgede betalinger i året. Afvigelse er bogført minus disponeret til og med i dag.",
        mart="mart_commitments",
        by=[key],
        where=f"fiscal_year = {manifest.as_of.year}",
        order="committed_dkk desc",
        limit=SHOWN,
        fields=_commitment_fields(manifest),
    )


def _courses(manifest: Manifest) -> Table:
    return Table(
        id="forloeb",
        title="Pr. forløb, de største afvigelser",
        note="Bogført minus disponeret til og med i dag.",
        mart="mart_commitments",
        by=[_COURSE, _TEAM, _ACTIVITY, _PROVIDER],
        where=f"fiscal_year = {manifest.as_of.year}",
        order="abs(deviation_due_dkk) desc",
        limit=SHOWN,
        fields=_commitment_fields(manifest),
    )


def _months(year: int, frames: Sequence[str]) -> Table:
    return Table(
        id="maaned",
        title="Pr. måned",
        note="Budgettet er fordelt efter sidste års forbrug, hvor hele året kendes, ellers ligeligt.",
        mart="mart_overrun_month",
        by=[_FRAME, Key("month", "Måned", "month")],
        where=f"fiscal_year = {year}",
        order=f"list_position({list(frames)}, frame_id), month",
        has_total=False,
        fields=[
            Field("budget_dkk", "Budget"),
            Field("actual_dkk", "Forbrug"),
            Field("granted_dkk", "Bevilget"),
            Field("to_come_dkk", "Endnu ikke bogført"),
            Field("budget_cumulated_dkk", "Budget, akkumuleret"),
            Field("actual_cumulated_dkk", "Forbrug, akkumuleret"),
            Field("expected_cumulated_dkk", "Forbrug og ikke bogført, akkumuleret"),
        ],
    )


def _initiatives(year: int) -> Table:
    return Table(
        id="tiltag",
        title="Handleplanens tiltag",
        note="Besparelser er negative. Realiseret er, hvad forløbene viser; sikret kommer af det, der er sket.",
        mart="mart_savings_initiative",
        by=[
            Key("initiative_id", "Tiltag", name="concat_ws(' ', found.initiative_id, found.measure_da)"),
            Key("measure_da", "", is_hidden=True),
            _FRAME,
            Key(
                "status",
                "Status",
                name="case found.status when 'PLANNED' then 'planlagt' when 'DECIDED' then 'besluttet' "
                "when 'STARTED' then 'i gang' when 'DONE' then 'gennemført' when 'DROPPED' then 'opgivet' "
                "else found.status end",
            ),
            Key("owner_role", "Ansvarlig"),
            Key("deadline_on", "Frist", "date"),
        ],
        where=f"fiscal_year = {year}",
        order="initiative_id",
        fields=[
            Field("planned_dkk", "Planlagt"),
            Field("expected_dkk", "Forventet"),
            Field("realised_dkk", "Realiseret"),
            Field("secured_dkk", "Sikret"),
            Field("remaining_dkk", "Udestår"),
        ],
        empty="Ikke kørt: ingen handleplan er leveret.",
    )


def _scenarios(year: int) -> Table:
    return Table(
        id="scenarier",
        title="Scenarier",
        note="Hvad prognosen ville være, hvis det ene skete; scenarierne lægges ikke sammen.",
        mart="mart_overrun_scenario",
        by=[
            Key("name_da", "Scenarie"),
            Key("description_da", "Hvad det regner med"),
            _FRAME,
        ],
        where=f"fiscal_year = {year}",
        order="abs(effect_dkk) desc nulls last",
        has_total=False,
        fields=[
            Field("effect_dkk", "Virkning i året"),
            Field.of("forecast"),
            Field.of("expected_overrun", label="Merforbrug"),
        ],
        empty="Ingen scenarier.",
    )


def _control_risk() -> Table:
    return Table(
        id="styringsrisiko",
        title="Poster efter styringsrisiko",
        note="Kroner, udsving og andel, der hviler på åbne mangler. Klassen siger, hvor ofte kontoen følges op.",
        mart="mart_control_risk",
        by=[
            Key("is_income", "Art", name="case when found.is_income then 'Indtægt' else 'Udgift' end"),
            Key("risk_rank", "Nr.", "number"),
            _ACCOUNT,
            _FRAME,
            Key("risk_class_da", "Klasse"),
            Key("follow_up_rhythm_da", "Opfølgning"),
        ],
        order="is_income, risk_rank",
        has_total=False,
        limit=SHOWN,
        fields=[
            Field("money_dkk", "Kr."),
            Field("volatility", "Udsving", kind="share"),
            Field("open_gap_dkk", "Kr. i åbne mangler"),
            Field("score", "Point", kind="share"),
        ],
    )


def _state_refund(year: int) -> Table:
    return Table(
        id="statsrefusion",
        title="Statsrefusion",
        note="Pr. barn og år, lagt sammen pr. trin: det, barnets udgift over trinnets grænse giver ret til.",
        mart="mart_state_refund",
        by=[
            _FRAME,
            Key("refund_pct", "Sats, %", "share"),
            Key("above_dkk", "Over, kr.", "money"),
        ],
        where=f"fiscal_year = {year} and refund_level > 0",
        order="above_dkk",
        fields=[
            Field("children", "Børn", kind="number"),
            Field("net_cost_dkk", "Udgift efter mellemkommunal indtægt"),
            Field.of("refund_entitled_dkk", label="Ret til nu"),
            Field("entitled_expected_dkk", "Ret til, hele året"),
            Field.of("refund_claimed_dkk", label="Hjemtaget"),
            Field("difference_dkk", "Ret til minus hjemtaget"),
        ],
        empty="Ingen børn over grænsen.",
    )


def _years(year: int) -> Table:
    return Table(
        id="aar",
        title="Tidligere år",
        note="",
        mart="mart_overrun_frame",
        by=[
            Key("fiscal_year", "År", "year"),
            _FRAME,
            Key(
                "year_status",
                "Status",
                name="case found.year_status when 'final' then 'endeligt' when 'preliminary' then 'foreløbigt'"
                " else 'løbende' end",
            ),
        ],
        where=f"fiscal_year < {year}",
        order="fiscal_year desc, budget_corrected desc",
        has_total=False,
        fields=[
            Field.of("budget_original"),
            Field.of("budget_corrected"),
            Field.of("actual_to_date", label="Forbrug"),
            Field.of("forecast", label="Resultat"),
            Field.of("expected_overrun", label="Merforbrug"),
        ],
        empty="Ingen tidligere år er leveret.",
    )
