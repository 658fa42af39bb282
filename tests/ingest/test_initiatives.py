"""The action plan as a delivered file: what a controller wrote comes in, and a bad row says how to mend it."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from orchestration.settings import Settings

from .conftest import World

DAY = "2022-07-04"
ROW = {
    "Initiativ": "H01",
    "Tiltag": "Kortere ophold",
    "Ramme": "30.46",
    "År": "2022",
    "Effekt": "-1.250.000,00",
    "Startmåned": "15-04-2022",
    "Sandsynlighed": "75",
    "Status": "I gang",
    "Frist": "30-09-2022",
    "Ansvarlig": "Leder af Team Nord",
    "Virker på": "Antal",
    "Konto": "",
    "Paragraf": "",
    "Aktivitetsnummer": "",
    "CVR-nummer": "",
    "Forløb": "834, 912",
}


def plan(*rows: dict[str, str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(ROW), delimiter=";")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return text.getvalue()


def test_a_plan_comes_in(world: World) -> None:
    world.put(
        "plan",
        DAY,
        "initiatives.csv",
        plan(
            {},
            {"År": "2023", "Effekt": "-4000000", "Sandsynlighed": "62,5 %", "Status": "planned", "Frist": ""},
            {"Initiativ": "Ø-2", "Effekt": "0", "Virker på": "Pris", "Status": "Gennemført", "Forløb": ""},
        ),
        "utf-8-sig",
    )
    (file,) = world.loaded().files
    assert (file.accepted, file.warnings, file.mode) == (3, [], "snapshot")
    assert file.amount_total_dkk == Decimal("-5250000.00")
    columns = "initiative_id, fiscal_year, effect_dkk, start_on, probability_pct, initiative_status, deadline_on, lever"
    april = date(2022, 4, 15)
    assert world.rows("savings_initiative", f"{columns}, course_ids") == [
        ("H01", 2022, Decimal("-1250000.00"), april, 75, "RUNNING", date(2022, 9, 30), "number", "834, 912"),
        ("H01", 2023, Decimal("-4000000.00"), april, Decimal("62.5"), "PLANNED", None, "number", "834, 912"),
        ("Ø-2", 2022, 0, april, 75, "DONE", date(2022, 9, 30), "price", None),
    ]


def test_what_need_not_be_there_may_be_left_out(world: World) -> None:
    kept = [
        name
        for name in ROW
        if name not in {"Frist", "Konto", "Paragraf", "Aktivitetsnummer", "CVR-nummer", "Forløb"}
    ]
    text = ";".join(kept) + "\n" + ";".join(ROW[name] for name in kept) + "\n"
    world.put("plan", DAY, "initiatives.csv", text, "utf-8")
    (file,) = world.loaded().files
    assert (file.accepted, file.warnings) == (1, [])


BAD: list[tuple[dict[str, str], str, str]] = [
    ({"Initiativ": ""}, "Initiativ", "mangler: giv initiativet et nummer, fx H01"),
    ({"Initiativ": "12"}, "Initiativ", "skal begynde med et bogstav og højst have 9 tegn, fx H01"),
    ({"Initiativ": "0101011234"}, "Initiativ", "skal begynde med et bogstav og højst have 9 tegn, fx H01"),
    ({"Tiltag": " "}, "Tiltag", "mangler: skriv, hvad der gøres"),
    ({"Ramme": ""}, "Ramme", "mangler: skriv rammen, fx 30.46"),
    ({"Ramme": "Børn og unge"}, "Ramme", "er ikke en ramme: skriv den som 30.46"),
    ({"År": "næste"}, "År", "mangler eller er ikke et årstal: skriv det som 2022"),
    ({"År": "2062"}, "År", "er ikke et år, som planen kan gælde: skriv det som 2022"),
    ({"Effekt": ""}, "Effekt", "mangler eller er ikke et beløb: skriv årets effekt som -1.250.000,00"),
    (
        {"Effekt": "-1,250,000.00"},
        "Effekt",
        "mangler eller er ikke et beløb: skriv årets effekt som -1.250.000,00",
    ),
    (
        {"Effekt": "0,01"},
        "Effekt",
        "er positiv: en besparelse skrives med minus, og en udgift hører til i budgettet",
    ),
    (
        {"Startmåned": "april"},
        "Startmåned",
        "mangler eller er ikke en dato: skriv månedens første dag, fx 01-07-2022",
    ),
    (
        {"Startmåned": "01-01-2023"},
        "Startmåned",
        "ligger efter året: skriv effekten i det år, hvor tiltaget er begyndt",
    ),
    ({"Startmåned": "01-04-2002"}, "Startmåned", "ligger mere end ti år tilbage: ret den"),
    ({"Sandsynlighed": "høj"}, "Sandsynlighed", "mangler eller er ikke en procent: skriv fx 75"),
    ({"Sandsynlighed": "0,75"}, "Sandsynlighed", "er ikke en procent fra 0 til 100: skriv fx 75"),
    ({"Sandsynlighed": "101"}, "Sandsynlighed", "er ikke en procent fra 0 til 100: skriv fx 75"),
    ({"Status": "Måske"}, "Status", "vælg Planlagt, Besluttet, I gang, Gennemført eller Opgivet"),
    ({"Frist": "snart"}, "Frist", "er ikke en dato: skriv den som 31-12-2022"),
    ({"Ansvarlig": ""}, "Ansvarlig", "mangler: skriv rollen, fx Leder af Team Nord"),
    ({"Virker på": ""}, "Virker på", "vælg Antal, Pris eller Serviceniveau"),
    ({"Konto": "010101-1234"}, "Konto", "er ikke en konto: skriv den som 528211000-015209"),
    ({"Aktivitetsnummer": "15209"}, "Aktivitetsnummer", "er ikke et aktivitetsnummer på seks cifre"),
    ({"CVR-nummer": "0101011234"}, "CVR-nummer", "er ikke et CVR-nummer på otte cifre"),
    ({"Forløb": "834 og 912, 010101-1234"}, "Forløb", "er ikke betalings-ID'er: skriv dem som 834, 912"),
    ({}, "initiative_id, fiscal_year", "repeats a key of this file"),
]


def test_a_bad_row_says_how_to_mend_it_and_holds_back_no_other(world: World) -> None:
    rows = [{"Initiativ": f"B{number}"} | bad if bad else {} for number, (bad, _, _) in enumerate(BAD)]
    world.put("plan", DAY, "initiatives.csv", plan({}, *rows), "utf-8")
    (file,) = world.loaded().files
    assert (file.accepted, file.quarantined) == (1, len(BAD))
    assert world.quarantine() == [
        ("initiatives.csv", line, column, reason) for line, (_, column, reason) in enumerate(BAD, start=3)
    ]
    assert file.warnings[-1].startswith(f"{len(BAD)} of {len(BAD) + 1} rows quarantined: ")


@pytest.mark.parametrize("name", ["Effekt", "Virker på"])
def test_a_plan_without_a_column_is_refused(world: World, name: str) -> None:
    world.put("plan", DAY, "initiatives.csv", plan({}).replace(name, "Noget andet"), "utf-8")
    assert world.refused() == f"initiatives.csv: wrong columns: {name} missing"


def test_nothing_personal_gets_through(world: World) -> None:
    personal = {
        "Tiltag": "Flyt 010101-1234 hjem",
        "Ansvarlig": "Leder 0101011234",
        "Paragraf": "SEL-0101011234",
    }
    world.put("plan", DAY, "initiatives.csv", plan(personal), "utf-8")
    result = world.ingest()
    kept = str([world.rows("savings_initiative"), result.messages])
    assert "Flyt [CPR] hjem" in kept
    assert "0101011234" not in kept
    assert "010101-1234" not in kept


def danish(amount: Decimal, *, has_thousands: bool) -> str:
    text = f"{amount:,.2f}" if has_thousands else f"{amount:.2f}"
    return text.translate(str.maketrans(",.", ".,"))


STATUSES = {
    "Planlagt": "PLANNED",
    "Besluttet": "DECIDED",
    "I gang": "RUNNING",
    "Gennemført": "DONE",
    "Opgivet": "DROPPED",
}
LEVERS = {"Antal": "number", "Pris": "price", "Serviceniveau": "service_level"}
years = st.integers(2018, 2030)
initiatives = st.fixed_dictionaries(
    {
        "effect": st.decimals(-100_000_000, 0, places=2),
        "has_thousands": st.booleans(),
        "probability": st.integers(0, 100),
        "status": st.sampled_from(list(STATUSES)),
        "lever": st.sampled_from(list(LEVERS)),
        "start": st.dates(date(2013, 1, 1), date(2018, 12, 31)),
        "courses": st.lists(st.integers(1, 99_999), max_size=4),
    }
)


@effort(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.dictionaries(st.tuples(st.integers(1, 40), years), initiatives, min_size=1, max_size=25))
def test_any_plan_comes_in_to_the_oere(
    tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch, rows: dict[tuple[int, int], dict[str, Any]]
) -> None:
    monkeypatch.setattr("orchestration.ingest.landing.RECHECK_SECONDS", 0)
    world = World(Settings(home=tmp_path_factory.mktemp("home"), pseudonym_key="synthetic-key-of-the-tests"))
    written = [
        {
            "Initiativ": f"H{number}",
            "År": str(year),
            "Effekt": danish(row["effect"], has_thousands=row["has_thousands"]),
            "Sandsynlighed": str(row["probability"]),
            "Status": row["status"],
            "Virker på": row["lever"],
            "Startmåned": f"{row['start']:%d-%m-%Y}",
            "Forløb": ", ".join(map(str, row["courses"])),
        }
        for (number, year), row in rows.items()
    ]
    world.put("plan", DAY, "initiatives.csv", plan(*written), "utf-8")
    (file,) = world.loaded().files
    assert file.quarantined == 0, file.warnings
    assert file.amount_total_dkk == sum(row["effect"] for row in rows.values())
    found = world.rows(
        "savings_initiative",
        "initiative_id, fiscal_year, effect_dkk, probability_pct, initiative_status, lever, start_on, course_ids",
    )
    assert found == [
        (
            f"H{number}",
            year,
            row["effect"],
            row["probability"],
            STATUSES[row["status"]],
            LEVERS[row["lever"]],
            row["start"],
            ", ".join(map(str, row["courses"])) or None,
        )
        for (number, year), row in rows.items()
    ]
