"""The bridge between the forecasts of two delivery dates: read from the newest build, as text and as files.

Belongs here: which dates there are, the lines that are printed, the Parquet file and the workbook. Does not: what a
change is caused by (models, int_overrun__bridge and what it rests on): the same views answer for every pair of dates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
from xlsxwriter import Workbook

from orchestration.errors import InputError
from orchestration.settings import Settings
from orchestration.templating import day, money, short_day
from orchestration.warehouse import quoted

Row = Mapping[str, Any]

TOP: Final = 10
"""So many single causes are printed for each frame and year."""

_WIDTH: Final = 27
_AMOUNT: Final = 18

_DATES: Final = """
    select as_of from control.run union select observed_on from control.component_observation order by all
"""
_FRAMES: Final = """
    select
        bridge.fiscal_year,
        bridge.frame_id,
        any_value(frame.name) as frame_name,
        {sums}
    from bridge
    left join marts.dim_frame as frame on bridge.frame_id = frame.frame_id
    group by bridge.fiscal_year, bridge.frame_id
    order by all
"""
_CAUSES: Final = """
    select
        bridge.fiscal_year,
        bridge.frame_id,
        part.name_da,
        bridge.account_id,
        bridge.course_id,
        activity.name as activity_name,
        bridge.amount_dkk
    from (unpivot bridge on {parts} into name part value amount_dkk) as bridge
    inner join marts.dim_bridge_part as part on bridge.part = part.part
    left join marts.dim_activity as activity on bridge.activity_no = activity.activity_no
    -- what experience adds is no single cause
    where bridge.amount_dkk <> 0 and bridge.part <> 'method'
    qualify row_number() over (
        partition by bridge.fiscal_year, bridge.frame_id
        order by abs(bridge.amount_dkk) desc, part.sort_order, bridge.account_id, bridge.course_id
    ) <= {top}
    order by
        bridge.fiscal_year, bridge.frame_id, abs(bridge.amount_dkk) desc, part.sort_order,
        bridge.account_id, bridge.course_id
"""
_ROWS: Final = """
    from bridge
    where change is null or change <> 0 or budget_change <> 0
    order by fiscal_year, frame_id, account_id, course_id nulls first
"""
# What stands before and after the parts in the workbook's list: column → Danish heading.
_KEYS: Final = {
    "fiscal_year": "Regnskabsår",
    "frame_id": "Ramme",
    "account_id": "Konto",
    "course_id": "Forløb",
    "team_id": "Team",
    "section_id": "Paragraf",
    "activity_no": "Aktivitet",
    "provider_id": "Leverandør",
}
_FORECASTS: Final = {"forecast_previous": "Prognose sidst", "forecast": "Prognose nu", "change": "Ændring"}
_BESIDE: Final = {
    "experience": "Heraf erfaring",
    "budget_previous": "Budget sidst",
    "budget_corrected": "Korrigeret budget",
    "budget_change": "Ændring i budget",
}


@dataclass(frozen=True)
class Bridge:
    """A bridge as it was read: its dates, part → Danish name in order, frames, largest single causes, files."""

    previous_as_of: date
    as_of: date
    parts: Mapping[str, str]
    frames: Sequence[Row]
    causes: Sequence[Row]
    files: tuple[Path, ...]


def build(settings: Settings, previous_as_of: date | None, as_of: date | None, folder: Path) -> Bridge:
    """Reads the bridge between two delivery dates and writes it as a table.

    Args:
        settings: for the newest build.
        previous_as_of: the earlier date; `None` is the last delivery date of a month before the later one's.
        as_of: the later date; `None` is the build's own.
        folder: where `bridge_<from>_<to>.parquet` and `.xlsx` go; made where it is missing.

    Raises:
        InputError: there is no build, it is being written, or it knows nothing of a date.
    """
    with _open(settings.warehouse_path) as connection:
        dates = [found for (found,) in connection.execute(_DATES).fetchall()]
        later = as_of or dates[-1]
        earlier = previous_as_of or max(
            (found for found in dates if found < later.replace(day=1)), default=None
        )
        if earlier is None or not earlier < later or {earlier, later} - set(dates):
            raise InputError(
                f"there is no bridge from {earlier or 'an earlier date'} to {later}; the build has the forecast of "
                f"{', '.join(map(str, dates))}: name two of them, the earlier as --from"
            )
        for name, value in (("bridge_from", earlier), ("bridge_to", later)):
            connection.execute(f"set variable {name} = date '{value}'")
        connection.execute("create temp table bridge as from intermediate.int_overrun__bridge")
        parts: dict[str, str] = dict(
            connection.execute(
                "select part, name_da from marts.dim_bridge_part order by sort_order"
            ).fetchall()
        )
        summed = (*_FORECASTS, *parts, *_BESIDE)
        # an unknown forecast makes the sum unknown
        sums = ", ".join(
            f"case when count(change) = count(*) then sum({name}) end as {name}" for name in summed
        )
        folder.mkdir(parents=True, exist_ok=True)
        name = f"bridge_{earlier}_{later}"
        table, book = folder / f"{name}.parquet", folder / f"{name}.xlsx"
        connection.execute(
            f"copy (from bridge order by fiscal_year, account_id, course_id nulls first) to {quoted(table)} "
            "(format parquet, compression zstd)"
        )
        bridge = Bridge(
            earlier,
            later,
            parts,
            _rows(connection, _FRAMES.format(sums=sums)),
            _rows(connection, _CAUSES.format(parts=", ".join(parts), top=TOP)),
            (table, book),
        )
        _write_book(book, bridge, _rows(connection, _ROWS))
    return bridge


def lines(bridge: Bridge) -> Iterator[str]:
    """The bridge as text: for each year and frame the way from forecast to forecast, and the largest single causes."""
    for frame in bridge.frames:
        yield f"{frame['frame_name'] or frame['frame_id']} ({frame['frame_id']}), regnskabsår {frame['fiscal_year']}"
        for label, amount in _steps(bridge, frame):
            yield f"  {label:<{_WIDTH}}{money(amount):>{_AMOUNT}}"
        causes = [
            cause
            for cause in bridge.causes
            if (cause["fiscal_year"], cause["frame_id"]) == (frame["fiscal_year"], frame["frame_id"])
        ]
        if causes:
            yield "  Største enkeltårsager"
        for cause in causes:
            where = f"forløb {cause['course_id']}" if cause["course_id"] else "uden forløb"
            about = ", ".join(filter(None, [where, f"konto {cause['account_id']}", cause["activity_name"]]))
            yield f"  {cause['name_da']:<{_WIDTH}}{money(cause['amount_dkk']):>{_AMOUNT}}  {about}"
        yield ""
    if not bridge.frames:
        yield f"Intet regnskabsår har en prognose både {day(bridge.previous_as_of)} og {day(bridge.as_of)}."


def _steps(bridge: Bridge, frame: Row) -> list[tuple[str, Decimal | None]]:
    """Label and amount of a frame's lines, in the waterfall's order; parts of nothing are left out."""
    parts = [(name, frame[part]) for part, name in bridge.parts.items() if frame[part] != 0]
    return [
        (f"Prognose {short_day(bridge.previous_as_of)}", frame["forecast_previous"]),
        *parts,
        (f"Prognose {short_day(bridge.as_of)}", frame["forecast"]),
        ("Ændring", frame["change"]),
        *((label, frame[column]) for column, label in _BESIDE.items() if frame[column] != 0),
    ]


def _open(database: Path) -> duckdb.DuckDBPyConnection:
    """The newest build, read-only."""
    if not database.is_file():
        raise InputError(f"there is no build at {database}; make one with: kobling run")
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.IOException:
        raise InputError(f"{database} is being written; ask again when the run is over") from None


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _write_book(path: Path, bridge: Bridge, rows: Sequence[Row]) -> None:
    """The workbook: a sheet with every frame's steps, and the list of what changed by course and account."""
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(str(path), never)
    # the time of writing would make every file another one
    created = datetime.combine(bridge.as_of, time())
    title = f"Bro fra {day(bridge.previous_as_of)} til {day(bridge.as_of)}"
    book.set_properties({"title": title, "author": "Kobling", "created": created})
    bold, amount = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})

    def write(sheet: Any, row: int, column: int, value: Any) -> None:
        if isinstance(value, Decimal):
            sheet.write_number(row, column, value, amount)
        elif value is not None:
            sheet.write(row, column, value)

    overview = book.add_worksheet("Broen")
    overview.write_string(0, 0, f"{title}, kr.", bold)
    overview.set_column(0, 0, _WIDTH + 3)
    overview.set_column(1, max(len(bridge.frames), 1), _AMOUNT + 2)
    for column, frame in enumerate(bridge.frames, start=1):
        overview.write_string(2, column, f"{frame['fiscal_year']} ramme {frame['frame_id']}", bold)
        every = {**_FORECASTS, **bridge.parts, **_BESIDE}
        order = ["forecast_previous", *bridge.parts, "forecast", "change", *_BESIDE]
        for row, name in enumerate(order, start=3):
            overview.write_string(row, 0, every[name])
            write(overview, row, column, frame[name])

    listed = book.add_worksheet("Forløb og konti")
    headings = {**_KEYS, **_FORECASTS, **bridge.parts, **_BESIDE}
    for column, heading in enumerate(headings.values()):
        listed.write_string(0, column, heading, bold)
        for row, found in enumerate(rows, start=1):
            write(listed, row, column, found[list(headings)[column]])
    listed.freeze_panes(1, 4)
    listed.set_column(0, len(_KEYS) - 1, 12)
    listed.set_column(len(_KEYS), len(headings) - 1, _AMOUNT)
    listed.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)
    book.close()
