"""The stewards' page: what is theirs, new, overdue and at stake, one line a cause, and how it develops.

Belongs here: what the page shows, read from the published tables. Does not: looks and texts (templates), what
happens in the browser (assets/steward.js), how a chart is drawn (charts), the worklists as workbooks.

A cause is a team's gaps of one rule on one course, else on one supplier, else on one account: several months
of the same supplier are mended at once.
"""

import re
from collections.abc import Sequence
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish import charts, pages
from orchestration.publish.charts import Chart
from orchestration.publish.manifest import Manifest
from orchestration.publish.metrics import Metrics, read_metrics
from orchestration.publish.names import NO_TEAM, worklist_file
from orchestration.publish.tables import rows_of
from orchestration.templating import month, render, short_day

NO_LEADER = "Uden leder"

# Where a steward finds the case and the document; what a cause has not is left out.
PLACES = {
    "case_sbsys_id": "Sag",
    "appropriation_id": "Bevilling",
    "course_id": "Forløb",
    "supplier_name": "Leverandør",
    "account_id": "Konto",
    "document_no": "Bilag",
    "posting_id": "Postering",
}

MOST_ROWS = 5000
"""A longer list is nobody's page: the largest amounts come first, and the rest is in the worklists and tables."""

MOST_OF_CAUSE = 100
"""So many gaps of one cause are told one by one; that there are more is said."""

# What stands open, or is waived, as the page speaks of it.
_GAPS = f"""
create or replace temp view gap as
select
    gap.*,
    coalesce(gap.team_id, '{NO_TEAM}') as team,
    coalesce(gap.leader_id, '{NO_LEADER}') as leader,
    gap.severity = 'I' as is_review,
    gap.status in ('open', 'overdue') as is_open,
    coalesce(
        'course ' || gap.course_id, 'provider ' || gap.provider_id, 'account ' || gap.account_id, gap.gap_id
    ) as cause
from steward.main.steward_registration_gap as gap
"""

_COUNTS = """
    count(*) as number,
    count(*) filter (is_new) as new,
    count(*) filter (status = 'overdue') as overdue,
    coalesce(sum(amount_dkk), 0) as amount_dkk
"""

_CAUSES = f"""
select
    rule_id, rule_name_da, action_da, follow_up, team, leader, corrector,
    {_COUNTS},
    case min(case severity when 'E' then 1 when 'W' then 2 else 3 end) when 1 then 'E' when 2 then 'W' else 'I' end
        as severity,
    min(due_on) as due_on,
    min(first_seen_on) as first_seen_on,
    {", ".join(f"list_sort(list(distinct {place}) filter ({place} is not null)) as {place}" for place in PLACES)},
    list_sort(list(distinct caseworker_id) filter (caseworker_id is not null)) as caseworkers,
    list(
        {{
            text: text_da, status: status, due_on: due_on, document_no: document_no,
            comment: comment_da, comment_by: comment_by, comment_on: comment_on
        }}
        order by amount_dkk desc, occurred_on, gap_id
    )[:{MOST_OF_CAUSE}] as gaps,
    count(*) over () as listed_of
from gap
where is_open and is_review = ?
group by rule_id, rule_name_da, action_da, follow_up, team, leader, corrector, cause
order by amount_dkk desc, due_on, rule_id, team, leader, min(gap_id)
limit {MOST_ROWS}
"""

_SUMMARIES = f"""
select team, leader, rule_id, any_value(rule_name_da) as rule_name_da, {_COUNTS}
from gap
where is_open and not is_review
group by grouping sets ((), (team), (leader), (rule_id))
order by amount_dkk desc, number desc, team, leader, rule_id
"""

_WAIVED = f"""
select
    rule_id, rule_name_da, team, text_da, amount_dkk, decision, decided_by, decided_on, waived_until_on, comment_da,
    count(*) over () as listed_of
from gap
where status = 'waived'
order by waived_until_on nulls last, amount_dkk desc, gap_id
limit {MOST_ROWS}
"""

_CLOSED = f"""
select
    rule_id, rule_name_da, coalesce(team_id, '{NO_TEAM}') as team, text_da, amount_dkk, first_seen_on, closed_on,
    age_days, count(*) over () as listed_of, sum(amount_dkk) over () as listed_of_dkk
from kobling.marts.mart_registration_gap
where closed_on > ? and severity <> 'I'
order by amount_dkk desc, gap_id
limit {MOST_ROWS}
"""

_RULES = "from steward.main.steward_gap_rule order by rule_id"

_NOT_RUN = """
select reason, count(*) as number, list({rule_id: rule_id, name: rule_name_da} order by rule_id) as rules
from steward.main.steward_gap_rule
where not is_run
group by reason
order by number, reason
"""

# What came and went leaves rules for review out; what stands knows each gap.
_MONTHS = """
select
    month,
    sum(opened) filter (where rule.severity <> 'I')::bigint as opened,
    sum(closed) filter (where rule.severity <> 'I')::bigint as closed,
    sum(to_mend)::bigint as to_mend,
    sum(to_mend_overdue)::bigint as overdue,
    sum(to_mend_dkk) as amount_dkk
from kobling.marts.mart_registration_gap_summary as summary
inner join steward.main.steward_gap_rule as rule
    on summary.rule_id = rule.rule_id
group by month
order by month
"""

_TEAM_MONTHS = """
select month, team_id as team, sum(to_mend)::bigint as to_mend, sum(to_mend_overdue)::bigint as overdue
from kobling.marts.mart_registration_gap_summary
group by month, team
order by team, month
"""

_BURNDOWN = """
select
    observed_on,
    sum(open_gaps)::bigint as open_gaps,
    -- a plan that only some teams have is no plan of all
    case when count(planned_gaps) = count(*) then sum(planned_gaps)::bigint end as planned_gaps
from kobling.marts.mart_late_registration_burndown
group by observed_on
order by observed_on
"""

_BURNDOWN_NOW = """
from kobling.marts.mart_late_registration_burndown
qualify observed_on = max(observed_on) over ()
order by ahead_gaps nulls last, open_gaps desc, team_id
"""

_LAG = """
select
    month,
    sum(new_courses)::bigint as new_courses,
    sum(late_courses)::bigint as late_courses,
    sum(late_dkk) as late_dkk,
    max(late_after_days) as late_after_days
from kobling.marts.mart_registration_lag
group by month
order by month
"""

_LAG_TEAMS = "from kobling.marts.mart_registration_lag order by month, team_id"


def write_steward_part(folder: Path, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Writes the page and the scripts that it loads, beside the worklists, to which it links."""
    pages.write_script(folder, "steward.js")
    (folder / "assets" / "datatables.js").write_text(_datatables(), encoding="utf-8")
    (folder / "index.html").write_text(steward_page(folder, connection, manifest), encoding="utf-8")


def _datatables() -> str:
    """DataTables, as itables brings it, with its licence: as a script, since browsers load no modules from a file."""
    module = package_files("itables").joinpath("html", "dt_bundle.js").read_text(encoding="utf-8")
    script, found = re.subn(r"export\{[^}]*?(\w+) as default[^}]*\};", r"window.DataTable=\1;", module)
    assert found == 1, "itables' bundle exports DataTables once"
    return f"(() => {{\n{script}\n}})();\n"


def steward_page(folder: Path, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> str:
    """The page; where the build has no gaps' table, one that says so."""
    common = {
        "root": "../",
        "here": "steward/index.html",
        "as_of": manifest.as_of,
        "publication_id": manifest.id,
        "has_worklist": manifest.has("steward.steward_registration_gap"),
    }
    if not common["has_worklist"]:
        return render("steward.html.j2", **common)
    connection.execute(_GAPS)
    metrics = read_metrics(connection, manifest)
    summaries = rows_of(connection, _SUMMARIES)
    files = {row["team"]: worklist_file(row["team"]) for row in summaries if row["team"]}
    return render(
        "steward.html.j2",
        **common,
        previous_as_of=manifest.previous_as_of,
        total=next(row for row in summaries if not (row["team"] or row["leader"] or row["rule_id"])),
        teams=[row for row in summaries if row["team"]],
        leaders=[row for row in summaries if row["leader"]],
        rules=[row for row in summaries if row["rule_id"]],
        causes=rows_of(connection, _CAUSES, [False]),
        reviews=rows_of(connection, _CAUSES, [True]),
        waived=rows_of(connection, _WAIVED),
        closed=rows_of(connection, _CLOSED, [manifest.previous_as_of]),
        catalogue=rows_of(connection, _RULES),
        not_run=rows_of(connection, _NOT_RUN),
        metrics=metrics,
        charts=_charts(connection, manifest, metrics),
        burndown=rows_of(connection, _BURNDOWN_NOW)
        if manifest.has("marts.mart_late_registration_burndown")
        else [],
        places=PLACES,
        no_leader=NO_LEADER,
        worklists={team: file for team, file in files.items() if (folder / file).is_file()},
    )


def _charts(connection: duckdb.DuckDBPyConnection, manifest: Manifest, metrics: Metrics) -> list[Chart]:
    months = rows_of(connection, _MONTHS)
    made = []
    if months:
        made += [_standing(months, metrics), _flow(months), _money(months, metrics)]
    if manifest.has("marts.mart_late_registration_burndown"):
        made.append(_burndown(rows_of(connection, _BURNDOWN)))
    if manifest.has("marts.mart_registration_lag"):
        made += _lag(rows_of(connection, _LAG), rows_of(connection, _LAG_TEAMS))
    if months:
        made.append(_teams(rows_of(connection, _TEAM_MONTHS)))
    return [chart for chart in made if chart]


def _standing(months: Sequence[dict[str, Any]], metrics: Metrics) -> Chart:
    title = metrics["gaps_at_month_end"].name
    within, over = "Inden for fristen", "Over fristen"
    values = [
        {"month": month(row["month"]), "series": series, "value": value, "rank": rank}
        for row in months
        for rank, (series, value) in enumerate(
            [(over, row["overdue"]), (within, row["to_mend"] - row["overdue"])]
        )
    ]
    first, last = months[0], months[-1]
    caption = (
        f"Fra {first['to_mend']} i {month(first['month'])} til {last['to_mend']} i {month(last['month'])}; "
        f"{last['overdue']} er over fristen."
    )
    return Chart(
        title,
        caption,
        charts.bars(values, [within, over], title=title, description=caption, stacked=True),
        ["Måned", "Åbne", "Heraf over fristen"],
        [(month(row["month"]), row["to_mend"], row["overdue"]) for row in months],
    )


def _flow(months: Sequence[dict[str, Any]]) -> Chart | None:
    """What came and went. The first month holds all that was wrong beforehand, and would dwarf the others."""
    later = months[1:]
    if not later:
        return None
    title = "Nye og lukkede mangler pr. måned"
    opened, closed = "Nye", "Lukkede"
    values = [
        {"month": month(row["month"]), "series": series, "value": value}
        for row in later
        for series, value in ((opened, row["opened"]), (closed, row["closed"]))
    ]
    caption = (
        f"Seneste måned kom {later[-1]['opened']} til, og {later[-1]['closed']} blev lukket. "
        f"De {months[0]['opened']}, der fandtes i den første leverance, er ikke med."
    )
    return Chart(
        title,
        caption,
        charts.bars(values, [opened, closed], title=title, description=caption, stacked=False),
        ["Måned", "Nye", "Lukkede"],
        [(month(row["month"]), row["opened"], row["closed"]) for row in later],
    )


def _money(months: Sequence[dict[str, Any]], metrics: Metrics) -> Chart:
    title = f"{metrics['gap_amount_at_month_end_dkk'].name}, mio. kr."
    values = [
        {
            "month": month(row["month"]),
            "series": "Mio. kr.",
            "value": float(row["amount_dkk"] / 1_000_000),
            "rank": 0,
        }
        for row in months
    ]
    caption = (
        f"{metrics['gap_amount_at_month_end_dkk'].formula} Samme krone kan stå i mangler af flere regler."
    )
    return Chart(
        title,
        caption,
        charts.bars(values, ["Mio. kr."], title=title, description=caption, stacked=True),
        ["Måned", "Kr. på spil"],
        [(month(row["month"]), row["amount_dkk"]) for row in months],
    )


def _burndown(dates: Sequence[dict[str, Any]]) -> Chart | None:
    if not dates:
        return None
    title = "Efterregistrering: åbne af efterslæbet mod planen"
    values = [
        {"month": month(row["observed_on"]), "series": series, "value": value}
        for row in dates
        for series, value in (("Åbne", row["open_gaps"]), ("Plan", row["planned_gaps"]))
        if value is not None
    ]
    last = dates[-1]
    caption = f"{last['open_gaps']} af de mangler, der fandtes ved starten, er stadig åbne" + (
        "." if last["planned_gaps"] is None else f"; planen siger {last['planned_gaps']}."
    )
    return Chart(
        title,
        caption,
        charts.lines(values, ["Åbne", "Plan"], title=title, description=caption),
        ["Dato", "Åbne", "Plan"],
        [(short_day(row["observed_on"]), row["open_gaps"], row["planned_gaps"]) for row in dates],
    )


def _lag(months: Sequence[dict[str, Any]], teams: Sequence[dict[str, Any]]) -> list[Chart]:
    if not months:
        return []
    timely, late = "I tide", "For sent"
    values = [
        {"month": month(row["month"]), "series": series, "value": value, "rank": rank}
        for row in months
        for rank, (series, value) in enumerate(
            [(late, row["late_courses"]), (timely, row["new_courses"] - row["late_courses"])]
        )
    ]
    title = "Nye forløb, registreret i tide eller for sent"
    last = months[-1]
    caption = (
        f"{last['late_courses']} af {last['new_courses']} nye forløb kom mere end {last['late_after_days']} dage "
        f"efter deres start i {month(last['month'])}."
    )
    money_title = "Sene forløbs kroner i måneder, der var afrapporteret, mio. kr."
    money = [
        {
            "month": month(row["month"]),
            "series": "Mio. kr.",
            "value": float(row["late_dkk"] / 1_000_000),
            "rank": 0,
        }
        for row in months
    ]
    money_caption = "Bevilgede beløb, som kom til, efter at deres måned var afrapporteret."
    return [
        Chart(
            title,
            caption,
            charts.bars(values, [timely, late], title=title, description=caption, stacked=True),
            ["Måned", "Team", "Nye forløb", "Median, dage", "90 % inden for, dage", "For sent"],
            [
                (
                    month(row["month"]),
                    row["team_id"],
                    row["new_courses"],
                    row["lag_days_median"],
                    row["lag_days_p90"],
                    row["late_courses"],
                )
                for row in teams
            ],
        ),
        Chart(
            money_title,
            money_caption,
            charts.bars(money, ["Mio. kr."], title=money_title, description=money_caption, stacked=True),
            ["Måned", "Team", "Kr."],
            [(month(row["month"]), row["team_id"], row["late_dkk"]) for row in teams],
        ),
    ]


def _teams(rows: Sequence[dict[str, Any]]) -> Chart:
    title = "Åbne mangler pr. team"
    within, over = "Åbne", "Heraf over fristen"
    values = [
        {"month": month(row["month"]), "team": row["team"], "series": series, "value": value}
        for row in rows
        for series, value in ((within, row["to_mend"]), (over, row["overdue"]))
    ]
    caption = "Ved månedens udgang, samme skala for alle team."
    return Chart(
        title,
        caption,
        charts.lines(values, [within, over], title=title, description=caption, per="team"),
        ["Team", "Måned", "Åbne", "Heraf over fristen"],
        [(row["team"], month(row["month"]), row["to_mend"], row["overdue"]) for row in rows],
        is_wide=True,
    )
