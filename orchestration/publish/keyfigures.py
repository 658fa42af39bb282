"""The key figures (nøgletal): is it the number of courses, the service level, or the price? Then trends, drill-downs.

Belongs here: reading what the page shows, comparing, drawing. Does not: which tables there are (keyfigures_tables,
keyfigures_subjects), looks and texts around them (template), how a figure is read (figures), the sentences' words
(answer), what a selection shows (assets/keyfigures.js), the same tables as a workbook (keyfigures_workbooks).

The decomposition is of planned cost, as mart_unit_price_variance is. A price is the posted one in closed months and the
planned one in the others. Cost that no course day carries has a line of its own and is in no price.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

import duckdb

from orchestration.publish import answer, charts
from orchestration.publish.answer import Comparison, Effect
from orchestration.publish.charts import Chart
from orchestration.publish.explanation import Sentence
from orchestration.publish.figures import Figure, Filled, Reader, Row
from orchestration.publish.keyfigures_subjects import subjects
from orchestration.publish.keyfigures_tables import (
    ACTIVITY_NAME,
    KINDS,
    OTHERS,
    PERSONS,
    PRICES,
    PROVIDER_GROUP,
    PROVIDER_NAME,
    SECTION_NAME,
    VARIANCE,
    Period,
    drill_downs,
    known,
    months,
    ratio,
    segments,
    selectable,
)
from orchestration.publish.manifest import Manifest
from orchestration.templating import long_month, month, render

# this year posted, this year planned, last year posted, last year planned
COLOURS: Final = [*charts.COLOURS, "#8c6d1f"]

TOP: Final = 5
"""So many segments stand on the first screen."""

MOST_PROVIDERS: Final = 500
"""So many can be selected, those with the largest cost; nobody looks through a longer list, and the page holds it."""


@dataclass(frozen=True)
class Part:
    """A part of the change, to the øre."""

    group: str
    name: str
    meaning: str
    figure: Figure


@dataclass(frozen=True)
class Compared:
    """The year to date against one base."""

    id: str
    title: str
    comparison: Comparison
    sentences: Sequence[Sentence]
    parts: Sequence[Part]
    waterfall: Chart
    table: Filled

    @property
    def groups(self) -> list[tuple[str, list[Part]]]:
        """The parts by group."""
        return [(group, list(inside)) for group, inside in groupby(self.parts, key=lambda part: part.group)]

    @property
    def exact_change(self) -> Figure:
        """The change as the parts are written."""
        return replace(self.comparison.change, kind="exact")

    @property
    def top(self) -> list[tuple[Row, tuple[str, Figure] | None]]:
        """The segments that changed most, each with the largest part of its change, where it has several."""
        return [(row, self._most(row)) for row in self.table.rows[:TOP]]

    def _most(self, row: Row) -> tuple[str, Figure] | None:
        parts = [(field.label.replace("\u00ad", ""), row[field.name]) for field in self.table.columns[3:]]
        along = [
            part for part in parts if part[1].value and (part[1].value > 0) == (row["change_dkk"].value > 0)
        ]
        return max(along, key=lambda part: abs(part[1].value), default=None)


@dataclass(frozen=True)
class Section:
    """A drill-down: a heading, what to know, tables."""

    id: str
    title: str
    note: str
    tables: Sequence[Filled]


@dataclass(frozen=True)
class KeyFigures:
    """All that the page and the workbook show."""

    manifest: Manifest
    period: Period
    compared: Sequence[Compared]
    """Against last year, against the budget; only what there is something to compare with."""
    price_note: str
    """Which price is shown."""
    on_hold: Sentence
    """What of the cost is at prices that nobody should believe yet; empty where nothing is."""
    trends: Sequence[Chart]
    months: Filled
    choices: Mapping[str, Sequence[tuple[str, Sequence[tuple[str, str]]]]]
    """What can be selected: column → groups of (value, name)."""
    cells: str
    """What a selection sums, as JSON."""
    sections: Sequence[Section]
    not_run: Mapping[str, str]

    @property
    def tables(self) -> list[Filled]:
        """Every table, in the page's order."""
        first = [compared.table for compared in self.compared]
        return [*first, self.months, *(table for section in self.sections for table in section.tables)]


def read_keyfigures(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> KeyFigures | None:
    """Reads what the page shows of the newest month's year; nothing where no month is covered.

    Args:
        connection: the published tables attached as `kobling`.
        manifest: which tables there are, and the dates.
    """
    reader = Reader(connection, manifest)
    period = _period(reader, manifest)
    if period is None:
        return None
    by_month = reader.table(months(period))
    return KeyFigures(
        manifest=manifest,
        period=period,
        compared=_compared(reader, period),
        price_note=_price_note(reader, period),
        on_hold=_on_hold(reader, period),
        trends=_trends(period, by_month),
        months=by_month,
        choices=_choices(reader, period),
        cells=_cells(reader, period),
        sections=[
            Section(id_, title, note, [reader.table(found) for found in tables])
            for id_, title, note, tables in [*drill_downs(period), *subjects(period)]
        ],
        not_run=reader.not_run,
    )


def keyfigures_page(found: KeyFigures | None, manifest: Manifest, workbooks: Mapping[str, str]) -> str:
    """The page; where there is nothing to show, one that says so.

    Args:
        found: as read.
        manifest: of the publication.
        workbooks: name of a file beside the page → what it is.
    """
    return render(
        "keyfigures.html.j2",
        root="../",
        here="keyfigures/index.html",
        as_of=manifest.as_of,
        publication_id=manifest.id,
        found=found,
        workbooks=workbooks,
    )


def _period(reader: Reader, manifest: Manifest) -> Period | None:
    if not reader.has(PRICES):
        return None
    month_to = ((manifest.as_of + timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1)
    year = month_to.year
    [found] = reader.rows(
        f"""
        select
            count(*) filter (where year(month) = {year} and is_covered) > 0 as has_year,
            bool_and(is_covered) filter (where year(month) = {year - 1}) as has_last_year
        from kobling.marts.{PRICES}
        where month(month) <= {month_to.month}
        """
    )
    closed = (
        reader.rows(
            "select fiscal_year, max(last_closed_month) as closed_to from kobling.marts.mart_data_trust "
            "where last_closed_month is not null group by fiscal_year"
        )
        if reader.has("mart_data_trust")
        else []
    )
    if not found["has_year"]:
        return None
    return Period(
        month_to, bool(found["has_last_year"]), {row["fiscal_year"]: row["closed_to"] for row in closed}
    )


# The first screen -----------------------------------------------------------------------------------------------------


def _compared(reader: Reader, period: Period) -> list[Compared]:
    bases = (
        ("last_year", "Mod sidste år", period.last_year, str(period.year - 1)),
        ("budget", "Mod budgettets forudsætninger", "budgettets forudsætninger", "Budget"),
    )
    found = (_compare(reader, period, *base) for base in bases)
    return [compared for compared in found if compared]


def _compare(
    reader: Reader, period: Period, basis: str, title: str, base: str, base_label: str
) -> Compared | None:
    where = f"basis = '{basis}'"
    if not reader.has(VARIANCE) or not reader.figure(VARIANCE, "count(*)", where, "number").value:
        return None

    def figure(expression: str, kind: str = "money") -> Figure:
        return reader.figure(VARIANCE, expression, where, kind)

    is_split = not figure("count(*) filter (is_compared and number is null)", "number").value
    table = reader.table(segments(basis, period, is_split))
    largest = table.rows[0]
    comparison = Comparison(
        period=period.text,
        base=base,
        cost=figure("sum(cost_dkk)"),
        cost_base=figure("sum(cost_base_dkk)"),
        change=figure("sum(change_dkk)"),
        effects=[
            Effect(
                "antal" if is_split else "antal og varighed",
                "antallet af forløb" if is_split else "antallet af forløb og deres varighed",
                figure("sum(coalesce(number, volume) + new_effect + ended_effect)"),
            ),
            Effect(
                "serviceniveau",
                "serviceniveauet",
                figure("sum(coalesce(duration, 0) + coalesce(service_level, 0))"),
            ),
            Effect("pris", "prisen", figure("sum(price - coalesce(service_level, 0))")),
            Effect("sammensætning", "sammensætningen af ydelser", figure("sum(mix)")),
        ],
        courses=figure("sum(courses)", "number"),
        courses_base=figure(known("courses_base"), "number"),
        days_per_course=figure(ratio("sum(course_days)", "sum(courses)"), "decimal"),
        days_per_course_base=figure(ratio("sum(course_days_base)", known("courses_base")), "decimal"),
        price_day=figure(ratio("sum(cost_dkk)", "sum(course_days)"), "number"),
        price_day_base=figure(ratio("sum(cost_base_dkk)", "sum(course_days_base)"), "number"),
        largest=f"{largest.shown[0]} ({largest.shown[1]})",
        largest_change=replace(largest["change_dkk"], kind="money"),
    )
    parts = _parts(figure)
    caption = (
        f"Planlagt udgift i {period.text} mod {base}, og hvad der har ændret den. Delene går op til øren."
    )
    steps = [(part.name, part.figure.value) for part in parts]
    chart_title = f"Fra {base_label} til {period.year}, mio. kr."
    waterfall = Chart(
        chart_title,
        caption,
        charts.waterfall(
            [(base_label, comparison.cost_base.value), *steps],
            str(period.year),
            title=chart_title,
            description=caption,
        ),
        ["Del", "Kr."],
        [
            (f"Udgift, {base}", comparison.cost_base.value),
            *steps,
            (f"Udgift, {period.text}", comparison.cost.value),
        ],
        VARIANCE,
        kind="exact",
    )
    return Compared(basis, title, comparison, answer.sentences(comparison), parts, waterfall, table)


_PARTS: Final = (
    ("Antal", "Antal forløb", "flere eller færre forløb, hver med de samme dage som før", "sum(number)"),
    (
        "Antal",
        "Nye",
        "ydelser og leverandørtyper uden dage i grundlaget, og udgift uden dage",
        "sum(new_effect)",
    ),
    ("Antal", "Ophørte", "ydelser og leverandørtyper uden dage i år", "sum(ended_effect)"),
    (
        "Antal",
        "Antal og varighed",
        "flere eller færre dage, hvor grundlaget ikke har antal og varighed hver for sig",
        "sum(volume) filter (number is null)",
    ),
    ("Serviceniveau", "Varighed", "flere eller færre dage pr. forløb", "sum(duration)"),
    ("Serviceniveau", "Enheder pr. dag", "flere eller færre timer m.m. pr. dag", "sum(service_level)"),
    ("Pris", "Pris- og lønudvikling", "den almindelige fremskrivning (PL)", "sum(price_index)"),
    ("Pris", "Takst", "en anden pris pr. enhed ud over PL", "sum(rate)"),
    ("Pris", "Øvrig pris", "en anden pris pr. døgn ud over PL, hvor der ikke er enheder", "sum(other_price)"),
    ("Sammensætning", "Sammensætning", "forløbene er af andre, dyrere eller billigere ydelser", "sum(mix)"),
)
"""Group, name, meaning and SQL of each part; they sum to the change."""


def _parts(figure: Any) -> list[Part]:
    """The parts that are not zero."""
    parts = (Part(group, name, meaning, figure(sql, "exact")) for group, name, meaning, sql in _PARTS)
    return [part for part in parts if part.figure.value]


def _price_note(reader: Reader, period: Period) -> str:
    to = period.closed_to.get(period.year)
    if to is None:
        return (
            f"Ingen måned i {period.year} er lukket, så priserne er planlagte: bevilgede betalinger på den måned, "
            "de dækker."
        )
    where = f"{period.to_date(period.year)} and {period.closed}"
    share = reader.figure(PRICES, ratio("sum(cost_posted_dkk) * 100", "sum(cost_total_dkk)"), where, "share")
    return (
        f"Den viste pris er den bogførte til og med {long_month(to)}, som er lukket, og den planlagte derefter. "
        f"I de lukkede måneder af {period.year} er {share} % af den planlagte udgift bogført på et forløb."
    )


def _on_hold(reader: Reader, period: Period) -> Sentence:
    metric = reader.metrics["cost_on_hold_dkk"]
    if metric.table != PRICES:
        return []
    this = reader.figure(PRICES, metric.expression, period.to_date(period.year))
    if not this.value:
        return []
    said: list[str | Figure] = [f"Af udgiften i {period.text} er ", this]
    if period.has_last_year:
        said += [
            ", og af sidste års ",
            reader.figure(PRICES, metric.expression, period.to_date(period.year - 1)),
        ]
    return [
        *said,
        " til priser, der er så usandsynlige, at de skal bekræftes (regel D16); de er med i prisen ovenfor.",
    ]


# The trends -----------------------------------------------------------------------------------------------------------


def _trends(period: Period, by_month: Filled) -> list[Chart]:
    this, last = str(period.year), str(period.year - 1)
    drawn = (
        ("active_courses", "Aktive forløb", "Forløb med mindst ét døgn i måneden.", "number", False),
        ("full_year_equivalents", "Helårsforløb", "Forløbsdage delt med årets dage.", "exact", False),
        (
            "days_per_course",
            "Serviceniveau: dage pr. forløb",
            "Forløbsdage delt med aktive forløb.",
            "decimal",
            False,
        ),
        (
            "price_shown",
            "Pris pr. døgn, kr.",
            "Bogført i lukkede måneder, planlagt i de øvrige.",
            "number",
            True,
        ),
        ("price_year", "Helårspris, kr.", "Prisen pr. døgn gange årets dage.", "number", True),
        (
            "cost_shown",
            "Udgift, mio. kr.",
            "Bogført i lukkede måneder, planlagt i de øvrige; uden ufordelt.",
            "money",
            True,
        ),
    )
    found = []
    for name, title, caption, kind, is_price in drawn:
        series: set[str] = set()
        values: list[dict[str, Any]] = []
        rows: dict[str, dict[int, Any]] = {}
        for row in by_month.rows:
            at = row.keys["month"]
            value = row[name].value
            if value is None:
                continue
            said = str(at.year)
            if is_price:
                said += " bogført" if period.is_closed(at) else " planlagt"
            series.add(said)
            drawn_value = float(value) / (1_000_000 if name == "cost_shown" else 1)
            values.append({"month": month(at)[:3], "series": said, "value": drawn_value})
            rows.setdefault(month(at)[:3], {})[at.year] = value
        names = [
            said
            for year in (this, last)
            for said in (f"{year} bogført", f"{year} planlagt", year)
            if said in series
        ]
        found.append(
            Chart(
                title,
                caption,
                charts.lines(
                    values,
                    names,
                    title=title,
                    description=caption,
                    colours=[_colour(said, this) for said in names],
                ),
                ["Måned", last, this],
                [
                    (label, years.get(period.year - 1), years.get(period.year))
                    for label, years in rows.items()
                ],
                PRICES,
                kind=kind,
                id=f"graf-{name}",
            )
        )
    return found


def _colour(series: str, year: str) -> str:
    return COLOURS[2 * (not series.startswith(year)) + series.endswith("planlagt")]


def _provider(period: Period) -> str:
    """SQL for the provider that is selected by: persons are one, and so are those beyond `MOST_PROVIDERS`."""
    largest = (
        f"select {PROVIDER_GROUP} as provider from kobling.marts.{PRICES} where {selectable(period)} group by provider"
        f" order by sum(cost_total_dkk) desc, provider limit {MOST_PROVIDERS}"
    )
    return f"case when {PROVIDER_GROUP} in ({largest}) then {PROVIDER_GROUP} else '{OTHERS}' end"


def _choices(reader: Reader, period: Period) -> dict[str, list[tuple[str, list[tuple[str, str]]]]]:
    """What can be selected: the sections, measures and providers with a course; persons as one."""
    where = selectable(period)
    kind = (
        f"case found.provider when '{PERSONS}' then 'person' when '{OTHERS}' then 'others' else "
        "coalesce((select provider.provider_kind from kobling.marts.dim_provider as provider"
        " where provider.provider_id = found.provider), 'unknown') end"
    )
    found: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {}
    for name, key, shown, group in (
        ("section", "section_id", SECTION_NAME.format("section"), "''"),
        ("activity", "activity_no", ACTIVITY_NAME.format("activity"), "''"),
        ("provider", _provider(period), PROVIDER_NAME.format("provider"), kind),
    ):
        rows = reader.rows(
            f"""
            with found as (select distinct {key} as {name} from kobling.marts.{PRICES} where {where})
            select {group} as kind, list({{id: found.{name}, name: {shown}}} order by {shown}, found.{name}) as options
            from found
            group by kind
            order by kind
            """
        )
        found[name] = [
            (KINDS.get(row["kind"], ""), [(each["id"], each["name"]) for each in row["options"]])
            for row in rows
        ]
    return found


def _cells(reader: Reader, period: Period) -> str:
    """Month × section × measure × provider as columns of JSON; money in øre, which a script adds without losing any."""
    [columns] = reader.rows(
        f"""
        with cell as (
            select month, section_id as section, activity_no as activity, {_provider(period)} as provider,
                sum(active_courses)::bigint as courses, sum(course_days)::bigint as days,
                sum(units)::double as units, (sum(cost_by_unit_dkk) * 100)::bigint as by_unit,
                (sum(cost_total_dkk) * 100)::bigint as planned, (sum(cost_posted_dkk) * 100)::bigint as posted
            from kobling.marts.{PRICES}
            where {selectable(period)}
            group by all
        )
        select list(strftime(month, '%Y-%m')) as month, list(section) as section, list(activity) as activity,
            list(provider) as provider, list(courses) as courses, list(days) as days, list(units) as units,
            list(by_unit) as by_unit, list(planned) as planned, list(posted) as posted
        from (from cell order by month, section, activity, provider)
        """
    )
    first = date(period.year - 1, 1, 1)
    every = [date(first.year + number // 12, number % 12 + 1, 1) for number in range(24)]
    told = {
        "year": period.year,
        "months": [
            {"month": f"{at:%Y-%m}", "label": month(at)[:3], "isClosed": period.is_closed(at)}
            for at in every
            if at <= period.month_to
        ],
        "colours": COLOURS,
        "daysInYear": {
            str(year): date(year, 12, 31).timetuple().tm_yday for year in (first.year, period.year)
        },
        "cells": columns,
    }
    # written in the page as it is: no text may be read as markup
    told_json = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return told_json.replace("&", "\\u0026").replace("<", "\\u003c")
