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


def _all(column: str) -> str:
    """The sum; not known where a part of it is not."""
    return f"case when count({column}) = count(*) then sum({column}) end"


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
    error: Figure | None
    interval: tuple[Figure, Figure] | None
    unpaid: Filled
    grants: Filled
    sections: Sequence[Section]
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
    error, interval = _forecast_error(reader, manifest)
    return Overview(
        manifest=manifest,
        year=year,
        frames=[_frame(reader, manifest, row, trust) for row in table.rows],
        table=table,
        trust=trust,
        error=error,
        interval=interval,
        unpaid=reader.table(_unpaid()),
        grants=reader.table(_grants()),
        sections=[
            Section(id_, title, [reader.table(found) for found in tables])
            for id_, title, tables in _drill_downs(manifest, [row.keys["frame_id"] for row in table.rows])
        ],
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
            Field("budget_original", "Oprindeligt budget", _all("budget_original")),
            Field("budget_corrected", "Korrigeret budget", _all("budget_corrected")),
            Field("actual_to_date", "Forbrug til dato"),
            Field("committed", "Disponeret, ikke bogført", "sum(accrued_unposted + committed_remaining)"),
            Field("forecast", "Forventet resultat", _all("forecast")),
            Field("expected_overrun", "Merforbrug nu", _all("expected_overrun")),
            Field(
                "previous_overrun", "Merforbrug sidst", _all("previous_overrun"), mart=history, where=today
            ),
            Field("overrun_change", "Ændring", _all("overrun_change"), mart=history, where=today),
            Field("expected_overrun_with_plan", "Merforbrug med handleplan"),
            Field("forecast_service_frame", "Inden for servicerammen"),
            Field(
                "forecast_outside",
                "Uden for servicerammen",
                "sum(forecast - coalesce(forecast_service_frame, 0))",
            ),
            Field("full_year_effect", "Helårseffekt næste år"),
            Field("savings_target", "Sparemål", is_hidden=True),
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
            Field("without_course_dkk", "Bogført uden forløb"),
            Field("without_course_pct", "Uden forløb, %", kind="share"),
            Field("without_course_postings", "Posteringer uden forløb", kind="number"),
            Field("without_invoice_dkk", "Leveret uden faktura"),
            Field("without_invoice_pct", "Uden faktura, %", kind="share"),
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
        order="amount_dkk desc",
        limit=SHOWN,
        fields=[
            Field("invoices", "Antal", kind="number"),
            Field("amount_dkk", "Kr."),
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
            Field("grants", "Antal", "count(*)", "number"),
            Field("full_year_effect_dkk", "Helårseffekt, kr."),
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
        bridge=_waterfall(report, [(part["name_da"], found) for part, found in parts], manifest),
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


def _waterfall(report: Report, parts: Sequence[tuple[str, Figure]], manifest: Manifest) -> Chart | None:
    """From the overrun last month to now; what the budget got is less overrun."""
    before, now = report.previous_overrun.value, report.overrun.value
    if not parts or before is None or now is None or report.previous_on is None:
        return None
    title = "Fra merforbrug sidst til nu, mio. kr."
    steps = [(name, found.value) for name, found in parts if found.value]
    if report.budget_change.value:
        steps.append(("Budget", -report.budget_change.value))
    first, last = short_day(report.previous_on), short_day(manifest.as_of)
    caption = f"Merforbrug {first}, hvad der har ændret det, og merforbrug {last}. Delene går op til øren."
    return Chart(
        title,
        caption,
        charts.waterfall(
            [(f"Merforbrug {first}", before), *steps], f"Merforbrug {last}", title=title, description=caption
        ),
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
    series = {"Forventet resultat": "forecast", "Korrigeret budget": "budget_corrected"}
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


def _forecast_error(reader: Reader, manifest: Manifest) -> tuple[Figure | None, tuple[Figure, Figure] | None]:
    """How far forecasts so far ahead have been from the year's end; an interval only where there is one."""
    where = condition(
        {
            "target": "year",
            "method": "forecast",
            "months_ahead": 12 - manifest.as_of.month,
            "frame_id": None,
        }
    )
    mart = "mart_forecast_backtest"
    error = reader.figure(mart, "max(error_pct)", where, "share")
    low = reader.figure(mart, "max(interval_low_pct)", where, "share")
    high = reader.figure(mart, "max(interval_high_pct)", where, "share")
    known = low.value is not None and high.value is not None
    return (error if error.value is not None else None), ((low, high) if known else None)


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
    return [Field("forecast_change", label, "sum(change)", mart=BRIDGE, where=where)]


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
            Field("budget_original", "Oprindeligt budget"),
            Field("budget_corrected", "Korrigeret budget"),
            Field("actual_to_date", "Forbrug til dato"),
            Field("committed", "Disponeret, ikke bogført", "sum(accrued_unposted + committed_remaining)"),
            Field("net_inflow", "Nettotilgang"),
            Field("forecast", "Forventet resultat", _all("forecast")),
            Field("expected_overrun", "Merforbrug nu", _all("expected_overrun")),
            *_bridge_change(manifest),
            Field("committed_next_year", "Disponeret næste år"),
        ],
    )


def _commitment_fields(manifest: Manifest) -> list[Field]:
    return [
        Field("committed_dkk", "Disponeret i året"),
        Field("posted_dkk", "Bogført"),
        Field(
            "deviation_due_dkk",
            "Afvigelse til dato",
            "coalesce(sum(deviation_dkk) filter (is_due), 0)",
        ),
        Field("left_dkk", "Mangler at blive bogført"),
        # it stands in next year's months
        Field(
            "full_year_effect",
            "Helårseffekt næste år",
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
            Field("forecast", "Forventet resultat"),
            Field("expected_overrun", "Merforbrug"),
        ],
        empty="Ingen scenarier.",
    )


def _control_risk() -> Table:
    return Table(
        id="styringsrisiko",
        title="Poster efter styringsrisiko",
        note="Kroner, udsving og andel, der hviler på åbne mangler. Klassen siger, hvor ofte kontoen følges op.",
        mart="mart_control_risk",
        by=[_ACCOUNT],
        has_total=False,
        limit=SHOWN,
        fields=[],
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
            Field("entitled_dkk", "Ret til nu"),
            Field("entitled_expected_dkk", "Ret til, hele året"),
            Field("claimed_dkk", "Hjemtaget"),
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
            Field("budget_original", "Oprindeligt budget"),
            Field("budget_corrected", "Korrigeret budget"),
            Field("actual_to_date", "Forbrug"),
            Field("forecast", "Resultat"),
            Field("expected_overrun", "Merforbrug"),
        ],
        empty="Ingen tidligere år er leveret.",
    )
