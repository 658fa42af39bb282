"""Worklists: everything a steward needs in columns of its kind, nothing that runs, and the same file every time."""

import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from orchestration.publish import workbooks
from orchestration.publish.names import worklist_file
from orchestration.publish.sheets import safe_text, sheet_names
from orchestration.publish.workbooks import COUPLINGS, OVERVIEW

from .. import worklists
from ..worklists import gap_id

RISKY = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "=cmd|' /C calc'!A0", "http://x.dk"]

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=50)


def test_a_long_list_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)
    (path,) = worklists.write(tmp_path, [{"gap_id": gap_id(number)} for number in range(3)], [])
    book: Any = load_workbook(path)
    sheet = book["A02 Leverandørbetaling uden…"]
    assert sheet["A2"].value.endswith("Her står de 2 første af 3; alle står i tabellerne i steward.duckdb.")
    assert sheet.max_row == 5
    # counted are all
    assert [row[3].value for row in book[OVERVIEW].iter_rows() if row[0].value == "A02"] == [3]


def test_a_worklist_has_a_sheet_a_rule_and_one_for_couplings(tmp_path):
    gaps: list[dict[str, Any]] = [
        {"gap_id": gap_id(1), "due_on": date(2022, 6, 29), "status": "overdue", "is_new": True},
        {"gap_id": gap_id(2), "due_on": date(2022, 7, 7)},
        {"gap_id": gap_id(3), "due_on": date(2022, 7, 8), "status": "waived", "decision": "ACCEPT"},
        {"gap_id": gap_id(4), "rule_id": "C01", "rule_name_da": "Manglende slutdato", "document_no": None},
        {"gap_id": gap_id(5), "team_id": None},
    ]
    paths = worklists.write(tmp_path, gaps, [{}, {"posting_id": "2", "team_id": "Team Syd"}])
    assert [path.name for path in paths] == ["Team Nord.xlsx", "Team Syd.xlsx", "Uden team.xlsx"]
    book: Any = load_workbook(paths[0])
    assert book.sheetnames == [OVERVIEW, "A02 Leverandørbetaling uden…", "C01 Manglende slutdato", COUPLINGS]
    lists = worklists.lists(book)
    # what no row of a sheet has is no column of it
    assert "Bilag" in lists["A02 Leverandørbetaling uden…"]
    assert "Bilag" not in lists["C01 Manglende slutdato"]

    overview = [[cell.value for cell in row] for row in book[OVERVIEW].iter_rows()]
    assert overview[0][0] == "Arbejdsliste: Team Nord"
    assert overview[3][:2] == ["Opgjort", datetime(2022, 6, 30)]  # noqa: DTZ001
    # the fifth work day after Thursday 30 June
    assert overview[4][:2] == ["Gul til og med", datetime(2022, 7, 7)]  # noqa: DTZ001
    counts = {row[0]: row[2:9] for row in overview if row[0] in ("A02", "C01", "I alt", "–")}
    assert counts == {
        "A02": ["Fejl", 2, 1, 1, 1, 1, 24000],
        "C01": ["Fejl", 1, 0, 0, 0, 0, 12000],
        "I alt": [None, 3, 1, 1, 1, 1, 36000],
        "–": [None, 1, 0, 0, 0, 0, 500],
    }

    sheet = book["A02 Leverandørbetaling uden…"]
    columns = lists[sheet.title]
    rows = [[sheet.cell(row, columns[name]).value for name in ("Mangel-id", "Status")] for row in (4, 5, 6)]
    assert rows == [[gap_id(1), "Over fristen"], [gap_id(2), "Åben"], [gap_id(3), "Accepteret"]]
    assert sheet.freeze_panes == "D4"
    assert sheet.print_title_rows == "$1:$3"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    (table,) = sheet.tables.values()
    assert table.autoFilter is not None
    assert not sheet.merged_cells.ranges
    hidden = [found for found in sheet.column_dimensions.values() if found.hidden]
    assert {column for found in hidden for column in range(found.min, found.max + 1)} == {
        columns[name] for name in ("Mangel-id", "Regel")
    }
    validated = {found.type: str(found.formula1) for found in sheet.data_validations.dataValidation}
    assert validated["list"] == '"Kommentar,Undtaget,Accepteret,Ophævet"'
    assert {"date", "textLength"} <= validated.keys()
    due, amount = sheet.cell(4, columns["Frist"]), sheet.cell(4, columns["Kr. på spil"])
    assert due.is_date
    assert (amount.value, amount.data_type) == (12000, "n")
    assert "#,##0.00" in amount.number_format
    # compared with the file's own date, not with today's
    formulas = [rule.formula[0] for found in sheet.conditional_formatting for rule in found.rules]
    assert any("<Opgjort" in formula for formula in formulas)
    assert book.defined_names["Opgjort"].attr_text == f"{OVERVIEW}!$B$4"
    assert not any("TODAY" in formula or "NOW" in formula for formula in formulas)


def test_postings_are_coupled_with_what_comes_nearest_at_hand(tmp_path):
    """A coupling that a steward made stands there too: it can be taken back."""
    explained = [
        {"nearest_ids": "12/2022-06-01; 34/2022-06-01", "nearest_da": "12/2022-06-01: planlagt 400,00 kr."},
        {
            "posting_id": "2",
            "course_payment_id": "834/2022-06-01",
            "course_id": "834",
            "match_method": "manual",
        },
    ]
    (path,) = worklists.write(tmp_path, [], [{}], explained, [{"posting_id": "2"}], [{}])
    book: Any = load_workbook(path)
    sheet, columns = book[COUPLINGS], worklists.lists(book)[COUPLINGS]
    assert [sheet.cell(row, columns["Postering"]).value for row in (4, 5)] == ["5100000001", "2"]
    assert sheet.cell(4, columns["Nærmeste betalinger"]).value.startswith("12/2022-06-01")
    assert [sheet.cell(row, columns["Koblet til nu"]).value for row in (4, 5)] == [None, "834/2022-06-01"]
    offered = [rule for rule in sheet.data_validations.dataValidation if "12/2022" in str(rule.formula1)]
    assert [(str(rule.sqref), rule.formula1, rule.showErrorMessage) for rule in offered] == [
        (sheet.cell(4, columns["Kobl til"]).coordinate, '"12/2022-06-01,34/2022-06-01"', False)
    ]
    # what looks like a day stays what was written
    assert sheet.cell(4, columns["Kobl til"]).number_format == "@"


def test_nothing_in_a_worklist_is_a_formula_or_a_link(tmp_path):
    names = (
        "text_da",
        "supplier_name",
        "rule_name_da",
        "action_da",
        "comment_da",
        "document_no",
        "corrector",
    )
    gaps = [
        {"gap_id": gap_id(number), "rule_id": f"R{number}", "team_id": risky, **dict.fromkeys(names, risky)}
        for number, risky in enumerate(RISKY)
    ]
    for path in worklists.write(tmp_path, gaps):
        with zipfile.ZipFile(path) as archive:
            parts = {
                name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")
            }
        sheets = [part for name, part in parts.items() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        assert not [sheet for sheet in sheets if re.search(r"<f>|<f ", sheet)]
        assert not [name for name, part in parts.items() if 'TargetMode="External"' in part]
        for sheet in load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    # also when the sheet is saved as CSV and opened again
                    assert not str(cell.value or "").lstrip().startswith(("=", "+", "-", "@")), cell.value


@given(text)
def test_safe_text_starts_nothing_and_hides_nothing(value):
    shown = safe_text(value)
    assert shown in (value, f"'{value}")
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))


@given(st.lists(text, max_size=12))
def test_any_titles_give_names_that_excel_takes(titles):
    names = sheet_names(titles, (OVERVIEW, COUPLINGS))
    folded = [name.casefold() for name in [*names, OVERVIEW, COUPLINGS, "History"]]
    assert len(set(folded)) == len(titles) + 3
    for name in names:
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\\x00-\x1f]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")


@given(st.lists(text | st.just("CON"), unique=True))
def test_any_teams_give_files_that_any_system_takes(teams):
    assert worklist_file(None) == "Uden team.xlsx"
    names = [worklist_file(team) for team in teams]
    assert len(set(names)) == len(names)
    for name in names:
        assert len(name) < 100
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]|^[. ~]|[. ]\.xlsx$', name)
        assert name.removesuffix(".xlsx").upper() not in ("CON", "NUL", "")
    assert worklist_file("Forebyggelse & Ressource Øst") == "Forebyggelse & Ressource Øst.xlsx"


def test_the_same_gaps_give_the_same_bytes(tmp_path: Path):
    first, second = (
        worklists.write(tmp_path / name, [{"gap_id": gap_id(1)}], [{}]) for name in ("first", "second")
    )
    assert first[0].read_bytes() == second[0].read_bytes()


@pytest.mark.parametrize("rows", [0, 1])
def test_no_gaps_no_files(tmp_path, rows):
    assert len(worklists.write(tmp_path, [{}] * rows)) == rows
