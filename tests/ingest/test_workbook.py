"""Filled worklists: what a steward wrote comes back, and nothing else; what cannot be read says where and why."""

import logging
import shutil
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from orchestration.ingest import ingest
from orchestration.publish.workbooks import ANSWERS
from orchestration.settings import Settings

from .. import worklists
from ..worklists import gap_id
from .conftest import World

DAY = "2022-07-04"
SIGNED = {"Udfyldt af": "abc", "Dato": date(2022, 7, 1)}
DECISION = (
    "gap_id, posting_id, decision, course_payment_id, comment_da, valid_until_on, decided_by, decided_on"
)


@pytest.fixture
def worklist(world) -> Path:
    """A worklist in landing: gaps 1 to 4, and a posting that nobody could couple."""
    gaps = [{"gap_id": gap_id(number), "rule_id": f"A0{number}"} for number in (1, 2, 3, 4)]
    (path,) = worklists.write(world.folder("plan", DAY), gaps, [{"gap_id": gap_id(1)}])
    return path


def test_what_a_steward_wrote_comes_back(world, worklist):
    worklists.fill(
        worklist,
        {
            gap_id(1): {"Kommentar": "Rykket for svar"},
            gap_id(2): {
                "Afgørelse": "Undtaget",
                "Kommentar": "Retssag",
                "Gælder til": "31-12-2022",
                "Udfyldt af": "xyz",
                "Dato": "02-07-2022",
            },
            gap_id(3): {
                "Afgørelse": "Accepteret",
                "Kommentar": "Aftalt\nmed leder",
                "Dato": datetime(2022, 7, 3),  # noqa: DTZ001 - as Excel has it
            },
            "5100000001": {"Kobl til": 834},
        },
        once={"Udfyldt af": "abc", "Dato": date(2022, 7, 1)},
    )
    (file,) = world.loaded().files
    assert (file.rows, file.accepted, file.mode, file.warnings) == (4, 4, "append", [])
    first = date(2022, 7, 1)
    assert world.rows("steward_decision", DECISION) == [
        (gap_id(1), None, "COMMENT", None, "Rykket for svar", None, "abc", first),
        (gap_id(2), None, "WAIVE", None, "Retssag", date(2022, 12, 31), "xyz", date(2022, 7, 2)),
        (gap_id(3), None, "ACCEPT", None, "Aftalt med leder", None, "abc", date(2022, 7, 3)),
        (gap_id(1), "5100000001", "MATCH", "834", None, None, "abc", first),
    ]


def test_a_worklist_that_nobody_filled_in_says_nothing(world, worklist):
    worklists.fill(worklist, {}, once=SIGNED)
    (file,) = world.loaded().files
    assert (file.rows, file.accepted, file.warnings) == (0, 0, [])


def test_the_worklists_of_several_teams_are_one_delivery_and_a_copy_counts_once(world):
    folder = world.folder("plan", DAY)
    gaps = [{"gap_id": gap_id(number), "team_id": f"Team {number}"} for number in (1, 2)]
    for number, path in enumerate(worklists.write(folder, gaps), start=1):
        worklists.fill(path, {gap_id(number): {"Kommentar": "Set", **SIGNED}})
    shutil.copy(folder / "Team 1.xlsx", folder / "Team 1 - kopi.xlsx")
    delivery = world.loaded()
    assert sorted(world.rows("steward_decision", "gap_id")) == [(gap_id(1),), (gap_id(2),)]
    assert delivery.warnings == ["Team 1.xlsx: the same content as Team 1 - kopi.xlsx, not read"]
    before = world.state()
    assert world.ingest().loaded == []
    assert world.state() == before


def test_the_same_worklist_again_under_a_new_date_is_told_by_its_hash(world, worklist):
    worklists.fill(worklist, {gap_id(1): {"Kommentar": "Set", **SIGNED}})
    world.loaded()
    later = world.folder("plan", "2022-07-11")
    later.mkdir(parents=True)
    shutil.copy(worklist, later)
    (file,) = world.loaded().files
    assert file.is_unchanged
    assert len(set(world.rows("steward_decision", f"file_hash, row_no, {DECISION}"))) == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"Afgørelse": "Måske"}, "Afgørelse", "vælg Kommentar, Undtaget, Accepteret eller Ophævet"),
    (
        {"Gælder til": date(2022, 12, 31)},
        "Afgørelse",
        "vælg Kommentar, Undtaget, Accepteret eller Ophævet",
    ),
    ({"Afgørelse": "Accepteret"}, "Kommentar", "mangler: skriv hvorfor"),
    (
        {"Afgørelse": "Undtaget", "Kommentar": "x"},
        "Gælder til",
        "mangler: skriv, hvor længe undtagelsen gælder",
    ),
    (
        {"Afgørelse": "Undtaget", "Kommentar": "x", "Gælder til": "snart"},
        "Gælder til",
        "skriv datoen som 31-12-2022",
    ),
    (
        {"Afgørelse": "Undtaget", "Kommentar": "x", "Gælder til": date(2022, 6, 1)},
        "Gælder til",
        "ligger før afgørelsens dato: skriv en senere",
    ),
    (
        {"Afgørelse": "Undtaget", "Kommentar": "x", "Gælder til": date(2202, 6, 1)},
        "Gælder til",
        "ligger mere end fem år frem: skriv en tidligere",
    ),
    ({"Kommentar": "x", "Udfyldt af": None}, "Udfyldt af", "mangler: skriv initialer eller brugernavn"),
    ({"Kommentar": "x", "Dato": None}, "Dato", "mangler eller er ikke en dato: skriv den som 31-12-2022"),
    (
        {"Kommentar": "x", "Dato": "i går"},
        "Dato",
        "mangler eller er ikke en dato: skriv den som 31-12-2022",
    ),
    (
        {"Kommentar": "x", "Dato": date(2022, 7, 5)},
        "Dato",
        "ligger efter leveringens dato: ret den, eller læg filen i en mappe med en senere dato",
    ),
    ({"Kommentar": "x", "Dato": date(1922, 7, 1)}, "Dato", "ligger mere end ti år tilbage: ret den"),
    (
        {"Kommentar": "x", "Mangel-id": "gap1"},
        "Mangel-id",
        "er ikke en mangel fra en arbejdsliste: kopiér hele rækken fra den nyeste liste",
    ),
    (
        {"Kommentar": "x", "Mangel-id": None},
        "Mangel-id",
        "mangler: kopiér hele rækken fra den nyeste liste, også de skjulte kolonner",
    ),
    ({"Kommentar": "=1+1"}, "Kommentar", "er en formel: skriv værdien selv"),
    ({"Kommentar": "x", "Dato": "=TODAY()"}, "Dato", "er en formel: skriv værdien selv"),
]


def test_an_answer_that_cannot_be_read_says_where_and_how_to_mend_it(world):
    """One sheet with all of them, a good answer before and a row of nothing but a signature after."""
    gaps = [{"gap_id": gap_id(number)} for number in range(len(BAD) + 2)]
    (path,) = worklists.write(world.folder("plan", DAY), gaps)
    bad = {gap_id(number): SIGNED | answer for number, (answer, _, _) in enumerate(BAD, start=1)}
    good = {gap_id(0): {"Kommentar": "Virker", **SIGNED}, gap_id(len(BAD) + 1): SIGNED}
    worklists.fill(path, good | bad)
    (file,) = world.loaded().files
    assert (file.accepted, file.quarantined) == (1, len(BAD))
    sheet = "A02 Leverandørbetaling uden…"
    assert world.quarantine("sheet_name") == [
        ("Team Nord.xlsx", row, column, reason, sheet) for row, (_, column, reason) in enumerate(BAD, start=5)
    ]
    assert file.warnings == [
        f"{len(BAD)} of {len(BAD) + 1} rows quarantined: "
        + "; ".join(
            f"{sheet}, række {row}, {column}: {reason}"
            for row, (_, column, reason) in enumerate(BAD[:3], start=5)
        )
    ]


def test_the_next_worklist_tells_what_could_not_be_read(world, worklist, tmp_path):
    worklists.fill(worklist, {gap_id(1): {"Kommentar": "Uden dato", "Udfyldt af": "abc"}})
    delivery = world.loaded()
    (path,) = worklists.write(
        tmp_path / "next", [{}], deliveries=[delivery], quarantine=world.settings.quarantine_path
    )
    book: Any = load_workbook(path)
    assert [cell.value for cell in book["Ikke læst"][4]] == [
        "Team Nord.xlsx",
        "A01 Leverandørbetaling uden…",
        4,
        "Dato",
        "mangler eller er ikke en dato: skriv den som 31-12-2022",
    ]
    assert (
        book["Oversigt"]["A3"].value == "1 svar i den seneste levering kunne ikke læses: se arket Ikke læst."
    )


def test_a_coupling_to_no_course_is_bad(world):
    postings = [{"posting_id": str(number)} for number in range(3)]
    (path,) = worklists.write(world.folder("plan", DAY), [], postings)
    answers = ["0101011234", date(2022, 5, 1), "834/2022-05-01"]
    worklists.fill(
        path, {str(number): {"Kobl til": answer, **SIGNED} for number, answer in enumerate(answers)}
    )
    (file,) = world.loaded().files
    assert (file.accepted, file.quarantined) == (1, 2)
    assert {row[1:3] for row in world.quarantine()} == {(4, "Kobl til"), (5, "Kobl til")}


def test_nothing_personal_gets_through(world, worklist, caplog):
    caplog.set_level(logging.DEBUG)
    number = "010101-1234"
    worklists.fill(
        worklist,
        {
            gap_id(1): {"Kommentar": f"Barnet {number} er flyttet", **SIGNED},
            gap_id(2): {"Kommentar": "x", **SIGNED, "Udfyldt af": "Zanziba Qvist"},
            gap_id(3): {"Kommentar": "x", **SIGNED, "Udfyldt af": "0101011234"},
            gap_id(4): {"Kommentar": "x", **SIGNED, "Mangel-id": number},
        },
    )
    result = world.ingest()
    assert world.rows("steward_decision", "comment_da") == [("Barnet [CPR] er flyttet",)]
    told = [*result.messages, *(record.getMessage() for record in caplog.records), str(world.state())]
    for personal in (number, "0101011234", "Zanziba", "Qvist"):
        assert not [line for line in told if personal in line]
    assert any("3 values looked like CPR numbers" in line for line in result.messages)


def book(path: Path, *rows: list[object], title: str = "Ark1") -> None:
    """A workbook of one sheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Workbook()
    made.worksheets[0].title = title
    for row in rows:
        made.worksheets[0].append(row)
    made.save(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: book(path, ["Navn", "Beløb"], ["x", 1]), "x.xlsx: no sheet has the headings Kommentar"),
        (lambda path: path.write_bytes(b"not a workbook"), "x.xlsx: not a readable .xlsx workbook"),
        (
            lambda path: book(path, ["Kommentar", "Udfyldt af", "Dato", "Dato"]),
            "x.xlsx: sheet Ark1: wrong columns: Dato twice",
        ),
        (lambda path: _zip(path, {"xl/workbook.xml": b"<workbook"}), "x.xlsx: not a readable .xlsx workbook"),
        (
            lambda path: _zip(path, {"xl/workbook.xml": b"0" * 101_000_000}),
            "x.xlsx: larger than the profile's limit of 100000000 bytes",
        ),
        (lambda path: _newer_zip(path), "x.xlsx: not a readable .xlsx workbook"),
        (lambda path: _laughs(path), "x.xlsx: not a readable .xlsx workbook"),
    ],
)
def test_a_workbook_that_is_no_worklist_is_refused(world, make, reason):
    path = world.folder("plan", DAY) / "x.xlsx"
    path.parent.mkdir(parents=True)
    make(path)
    assert world.refused().startswith(reason)
    assert not list(world.settings.lake_path.rglob("*.parquet"))


def _zip(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _newer_zip(path: Path) -> None:
    """A container of a version that nobody has heard of: two bytes of its list of contents."""
    book(path, ["Kommentar", "Udfyldt af", "Dato"])
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    path.write_bytes(data[: at + 6] + b"\xff\x00" + data[at + 8 :])


def _laughs(path: Path) -> None:
    """A worklist whose sheet grows without end when its entities are resolved."""
    book(path, ["Kommentar", "Udfyldt af", "Dato"])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    laughing = (
        f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><worksheet><sheetData>&e11;</sheetData></worksheet>'
    )
    _zip(path, parts | {"xl/worksheets/sheet1.xml": laughing.encode()})


@pytest.mark.parametrize("name", ["0101011234.xlsx", "x" * 200 + ".xlsx"])
def test_a_name_that_cannot_be_kept_refuses(world, name):
    path = world.folder("plan", DAY) / name
    book(path, ["Kommentar", "Udfyldt af", "Dato"])
    assert "0101011234" not in world.refused()


def test_a_cell_far_out_costs_nothing(world, worklist):
    worklists.fill(worklist, {gap_id(1): {"Kommentar": "Set", **SIGNED}})
    made: Any = load_workbook(worklist)
    made.worksheets[1].cell(1_048_576, 1).value = "x"
    made.worksheets[1].cell(4, 16_384).value = "x"
    made.save(worklist)
    assert world.loaded().files[0].accepted == 1


def test_text_that_looks_like_a_formula_is_text(world, worklist):
    made: Any = load_workbook(worklist)
    sheet = made.worksheets[1]
    columns = worklists.lists(made)[sheet.title]
    for heading, value in {"Kommentar": "=kommer", **SIGNED}.items():
        cell = sheet.cell(4, columns[heading])
        cell.value = value
        if heading == "Kommentar":
            cell.data_type = "s"
    made.save(worklist)
    assert world.loaded().files[0].accepted == 1
    assert world.rows("steward_decision", "comment_da") == [("=kommer",)]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=30
)
said = words.map(lambda text: " ".join(text.split())).filter(
    lambda text: text and not text.startswith("=") and not any(sign.isdigit() for sign in text)
)
days = st.dates(date(2022, 1, 1), date(2022, 7, 4))
answers = st.fixed_dictionaries(
    {
        "Afgørelse": st.sampled_from([None, *ANSWERS]),
        "Kommentar": said,
        "Gælder til": st.dates(date(2022, 7, 5), date(2026, 12, 31)),
        "Udfyldt af": st.from_regex(r"\A[A-Za-zÆØÅæøå0-9.]{2,12}\Z").filter(lambda text: not text.isdigit()),
        "Dato": days,
    }
)
CODES = {
    None: "COMMENT",
    "Kommentar": "COMMENT",
    "Undtaget": "WAIVE",
    "Accepteret": "ACCEPT",
    "Ophævet": "REVOKE",
}


@effort(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(
        st.tuples(st.sampled_from("ABC"), words, words, words, st.none() | answers), min_size=1, max_size=20
    ),
    is_dansk=st.booleans(),
)
def test_any_worklist_filled_in_anyhow_comes_back_as_it_was_meant(
    tmp_path_factory, monkeypatch, gaps, is_dansk
):
    """Names and texts of any kind go out; every answer, and no other row, comes in, with who and when."""
    monkeypatch.setattr("orchestration.ingest.landing.RECHECK_SECONDS", 0)
    settings = Settings(home=tmp_path_factory.mktemp("home"), pseudonym_key="synthetic-key-of-the-tests")
    rows = [
        {
            "gap_id": gap_id(number),
            "rule_id": rule,
            "rule_name_da": name,
            "text_da": text,
            "supplier_name": supplier,
        }
        for number, (rule, name, text, supplier, _) in enumerate(gaps)
    ]
    (path,) = worklists.write(settings.landing_path / "plan" / DAY, rows)
    meant = {gap_id(number): answer for number, (*_, answer) in enumerate(gaps) if answer is not None}

    def written(value: Any) -> Any:
        return f"{value:%d-%m-%Y}" if is_dansk and isinstance(value, date) else value

    worklists.fill(
        path, {gap: {key: written(value) for key, value in row.items()} for gap, row in meant.items()}
    )
    (delivery,) = ingest(settings).loaded
    assert delivery.files[0].quarantined == 0, delivery.files[0].warnings
    found = (
        World(settings).rows(
            "steward_decision", "gap_id, decision, comment_da, valid_until_on, decided_by, decided_on"
        )
        if meant
        else []
    )
    assert sorted(found) == sorted(
        (
            gap,
            CODES[row["Afgørelse"]],
            *(row[key] for key in ("Kommentar", "Gælder til", "Udfyldt af", "Dato")),
        )
        for gap, row in meant.items()
    )


def test_waivers_come_as_a_table_too(world):
    world.put(
        "plan",
        DAY,
        "waivers.csv",
        f"Mangel-id;Afgørelse;Kommentar;Gælder til;Udfyldt af;Dato\n"
        f"{gap_id(1)};Undtaget;Retssag;31-12-2022;abc;01-07-2022\n"
        f"{gap_id(2)};;Rykket;;abc;01-07-2022\n"
        f"{gap_id(3)};Undtaget;;31-12-2022;abc;01-07-2022\n",
        "utf-8-sig",
    )
    (file,) = world.loaded().files
    assert (file.accepted, file.quarantined) == (2, 1)
    assert [row[2] for row in world.rows("steward_decision", DECISION)] == ["WAIVE", "COMMENT"]
    assert world.quarantine() == [("waivers.csv", 4, "Kommentar", "mangler: skriv hvorfor")]


ASSUMPTIONS = (
    "Aktivitetsnummer;Leverandørtype;Målgruppe;Helårsforløb;"
    "Varighed i dage;Pris pr. dag;Udgift;Aktiveringsprocent\n"
)


def test_budget_assumptions_are_loaded(world):
    world.put(
        "plan",
        DAY,
        "assumptions_2022.csv",
        f"{ASSUMPTIONS}015195;firma;Familieafdelingen;12,5;365;2.150,75;9.813.046,88;80\n015196;;;;;;1.000;\n",
        "utf-8",
    )
    (file,) = world.loaded().files
    assert (file.mode, file.amount_total_dkk) == ("period", Decimal("9814046.88"))
    assert world.rows(
        "budget_assumption",
        "fiscal_year, activity_no, provider_kind, target_group, assumed_courses, assumed_price_day_dkk, activation_pct",
    ) == [
        (2022, "015195", "company", "Familieafdelingen", Decimal("12.5"), Decimal("2150.75"), Decimal(80)),
        (2022, "015196", None, None, None, None, None),
    ]


def test_threshold_and_owner_of_an_assumption(world):
    header = ASSUMPTIONS.rstrip("\n") + ";Tærskel;Ansvarlig\n"
    row = "015195;intern;;0;;;0;80 %;12,5;Leder af Nord\n"
    world.put("plan", DAY, "assumptions_2022.csv", header + row, "utf-8")
    world.loaded()
    columns = "assumed_courses, activation_pct, threshold_pct, owner_role"
    assert world.rows("budget_assumption", columns) == [
        (Decimal(0), Decimal(80), Decimal("12.5"), "Leder af Nord")
    ]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("15195;;;1;;;1.000;;", "Aktivitetsnummer", "er ikke et aktivitetsnummer på seks cifre"),
        ("015195;kommune;;1;;;1.000;;", "Leverandørtype", "vælg firma, person eller intern"),
        ("015195;;;-1;;;1.000;;", "Helårsforløb", "er negativt"),
        ("015195;;;12.5;;;1.000;;", "Helårsforløb", "er ikke et tal: skriv det som 12,5"),
        ("015195;;;1;0;;1.000;;", "Varighed i dage", "er ikke positiv"),
        ("015195;;;1;;-5;1.000;;", "Pris pr. dag", "er negativ"),
        ("015195;;;1;;;;;", "Udgift", "mangler eller er ikke et beløb"),
        ("015195;;;1;;;1.000;0,8;", "Aktiveringsprocent", "er ikke en procent fra 0 til 100: skriv fx 80"),
        ("015195;;;1;;;1.000;101;", "Aktiveringsprocent", "er ikke en procent fra 0 til 100: skriv fx 80"),
        ("015195;;;1;;;1.000;;0", "Tærskel", "er ikke en procent fra 1 til 1000: skriv fx 10"),
    ],
)
def test_an_assumption_that_cannot_be_is_told_how_to_mend(world, row, column, reason):
    header = ASSUMPTIONS.rstrip("\n") + ";Tærskel\n"
    world.put("plan", DAY, "assumptions_2022.csv", f"{header}{row}\n", "utf-8")
    assert "1 of 1 rows are bad" in world.refused()
    [(file, line, found, why)] = world.quarantine()
    assert (file, line, found) == ("assumptions_2022.csv", 2, column)
    assert why.startswith(reason)


def test_an_assumption_twice_is_refused(world):
    world.put(
        "plan",
        DAY,
        "assumptions_2022.csv",
        f"{ASSUMPTIONS}015195;;;1;;;1.000;\n015195;;;2;;;1.000;\n",
        "utf-8",
    )
    assert "rows are bad" in world.refused()


def test_half_a_budget_is_refused(world):
    content = f"{ASSUMPTIONS}015195;firma;;;;;1.000;\n015196;andre;;;;;1.000;\n"
    world.put("plan", DAY, "assumptions_2022.csv", content, "utf-8")
    assert "1 of 2 rows are bad" in world.refused()
