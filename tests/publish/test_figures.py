"""Tables of figures longer than anybody reads."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from orchestration.publish import figures
from orchestration.publish.figure_workbooks import FigureBook
from orchestration.publish.figures import Field, Filled, Key, Reader, Table
from orchestration.publish.manifest import Column

from .conftest import manifest_of

COLUMNS = [Column(name="supplier", type="VARCHAR"), Column(name="paid_dkk", type="DECIMAL(18,2)")]
MANIFEST = manifest_of(marts__mart_paid=COLUMNS)
PAID = Table(
    "paid",
    "Betalt",
    "Pr. leverandør.",
    "mart_paid",
    [Key("supplier", "Leverandør")],
    [Field("paid_dkk", "Betalt", kind="money")],
    order="paid_dkk desc",
    always="e",
)


def read() -> Filled:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as kobling; create schema kobling.marts")
        connection.execute(
            "create table kobling.marts.mart_paid as from (values ('a', 5.00), ('b', 4.00), ('c', 3.00), ('d', 2.00), "
            "('e', 1.00)) as paid (supplier, paid_dkk)"
        )
        return Reader(connection, MANIFEST).table(PAID)


def test_a_list_that_has_room_is_whole() -> None:
    filled = read()
    assert [row.texts[0] for row in filled.rows] == ["a", "b", "c", "d", "e"]
    assert filled.listed_of == 5


def test_a_long_list_has_its_first_rows_what_always_stands_and_all_of_the_total(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(figures, "MOST_ROWS", 2)
    filled = read()
    assert [row.texts[0] for row in filled.rows] == ["a", "b", "e"]
    assert filled.listed_of == 5
    assert filled.total
    assert filled.total["paid_dkk"].value == 15

    path = tmp_path / "paid.xlsx"
    FigureBook(path, "Betalinger", MANIFEST, [], [filled]).write()
    sheet: Any = load_workbook(path)["Betalt"]
    told = "Pr. leverandør. Her står de 3 første af 5; alle står i tabellen mart_paid."
    assert sheet["A2"].value == told
    assert [cell.value for cell in sheet["A"][3:]] == ["a", "b", "e", "I alt"]
    assert sheet["B7"].value == 15
