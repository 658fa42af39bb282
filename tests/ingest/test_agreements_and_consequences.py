"""Purchase agreements and consequences as delivered files: what was written comes in, a bad row says how to mend it."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from .conftest import World

DAY = "2022-07-04"
AGREEMENT = {
    "Aftale": "R-2021-07",
    "CVR-nummer": "10000009",
    "Aktivitetsnummer": "015031",
    "Gælder fra": "01-01-2021",
    "Gælder til": "31-12-2022",
    "Opsigelse i måneder": "6",
    "Regulering": "Indeks",
    "Pris pr. dag": "3.150,50",
}
CONSEQUENCE = {
    "Beslutning": "B07",
    "Titel": "Tidlig indsats",
    "Besluttet": "24-03-2022",
    "Afdeling": "Børn og Unge",
    "Ramme": "30.46",
    "Konto": "528211003-015209",
    "Forløb": "834, 912",
    "År": "2022",
    "Beløb": "400.000,00",
    "Sandsynlighed": "100",
}
FILES = {"agreements.csv": AGREEMENT, "consequences.csv": CONSEQUENCE}
ENTITIES = {"agreements.csv": "purchase_agreement", "consequences.csv": "decision_consequence"}


def written(name: str, *rows: dict[str, str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(FILES[name]), delimiter=";")
    writer.writeheader()
    writer.writerows(FILES[name] | row for row in rows)
    return text.getvalue()


def test_agreements_come_in(world: World) -> None:
    empty = dict.fromkeys(
        ["Aktivitetsnummer", "Gælder til", "Opsigelse i måneder", "Regulering", "Pris pr. dag"], ""
    )
    rows = [{}, {"Aktivitetsnummer": "015007", "Regulering": "Fast"}, {"Aftale": "R-9", **empty}]
    world.put("plan", DAY, "agreements.csv", written("agreements.csv", *rows), "utf-8-sig")
    (file,) = world.loaded().files
    assert (file.accepted, file.warnings, file.mode) == (3, [], "snapshot")
    columns = "agreement_no, provider_id, activity_no, valid_from, valid_to, notice_months, price_regulation"
    first, last = date(2021, 1, 1), date(2022, 12, 31)
    price = Decimal("3150.50")
    assert world.rows("purchase_agreement", f"{columns}, agreed_price_day_dkk") == [
        ("R-2021-07", "10000009", "015031", first, last, 6, "INDEX", price),
        ("R-2021-07", "10000009", "015007", first, last, 6, "FIXED", price),
        ("R-9", "10000009", None, first, None, None, None, None),
    ]


def test_consequences_come_in(world: World) -> None:
    other = {"Afdeling": "Skole", "Beløb": "-650000", "Sandsynlighed": "62,5 %"}
    empty = dict.fromkeys(["Titel", "Ramme", "Konto", "Forløb"], "")
    text = written("consequences.csv", {}, other | empty, {"År": "2023", "Beløb": "0"})
    world.put("plan", DAY, "consequences.csv", text, "utf-8")
    (file,) = world.loaded().files
    assert (file.accepted, file.warnings, file.mode) == (3, [], "snapshot")
    assert file.amount_total_dkk == Decimal("-250000.00")
    columns = "decision_no, decided_on, department_da, frame_id, course_ids, fiscal_year, effect_dkk"
    decided = date(2022, 3, 24)
    assert world.rows("decision_consequence", f"{columns}, probability_pct") == [
        ("B07", decided, "Børn og Unge", "30.46", "834, 912", 2022, Decimal("400000.00"), 100),
        ("B07", decided, "Skole", None, None, 2022, Decimal("-650000.00"), Decimal("62.5")),
        ("B07", decided, "Børn og Unge", "30.46", "834, 912", 2023, 0, 100),
    ]


@pytest.mark.parametrize(
    ("name", "left_out"),
    [("agreements.csv", {"Aktivitetsnummer"}), ("consequences.csv", {"Titel", "Ramme", "Konto", "Forløb"})],
)
def test_what_need_not_be_there_may_be_left_out(world: World, name: str, left_out: set[str]) -> None:
    kept = [column for column in FILES[name] if column not in left_out]
    text = ";".join(kept) + "\n" + ";".join(FILES[name][column] for column in kept) + "\n"
    world.put("plan", DAY, name, text, "utf-8")
    (file,) = world.loaded().files
    assert (file.accepted, file.warnings) == (1, [])


NO_AGREEMENT_NO = "skal begynde med et bogstav og højst have 20 tegn uden mellemrum, fx R-2021-07"
NO_DECISION_NO = "skal begynde med et bogstav og højst have 9 tegn, fx B07"
BAD: dict[str, list[tuple[dict[str, str], str, str]]] = {
    "agreements.csv": [
        ({"Aftale": ""}, "Aftale", "mangler: giv aftalen et nummer, fx R-2021-07"),
        ({"Aftale": "2021-07"}, "Aftale", NO_AGREEMENT_NO),
        ({"Aftale": "A-0101011234"}, "Aftale", NO_AGREEMENT_NO),
        ({"CVR-nummer": ""}, "CVR-nummer", "mangler: skriv leverandørens CVR-nummer"),
        ({"CVR-nummer": "0101011234"}, "CVR-nummer", "er ikke et CVR-nummer på otte cifre"),
        ({"Aktivitetsnummer": "15031"}, "Aktivitetsnummer", "er ikke et aktivitetsnummer på seks cifre"),
        ({"Gælder fra": ""}, "Gælder fra", "mangler eller er ikke en dato: skriv den som 01-01-2022"),
        (
            {"Gælder fra": "01-01-1952"},
            "Gælder fra",
            "er ikke en dag, som en aftale kan gælde fra: skriv den som 01-01-2022",
        ),
        ({"Gælder til": "altid"}, "Gælder til", "er ikke en dato: skriv den som 31-12-2022"),
        (
            {"Gælder til": "31-12-2020"},
            "Gælder til",
            "ligger før den dag, aftalen gælder fra: ret den",
        ),
        ({"Opsigelse i måneder": "halvt"}, "Opsigelse i måneder", "er ikke et antal måneder: skriv fx 6"),
        (
            {"Opsigelse i måneder": "61"},
            "Opsigelse i måneder",
            "er ikke et antal måneder fra 0 til 60: skriv fx 6",
        ),
        ({"Regulering": "KL"}, "Regulering", "vælg Indeks eller Fast"),
        ({"Pris pr. dag": "3,150.50"}, "Pris pr. dag", "er ikke et beløb: skriv det som 3.150,00"),
        (
            {"Pris pr. dag": "0"},
            "Pris pr. dag",
            "er ikke en pris: lad den stå tom, hvor den ikke kendes",
        ),
        ({}, "agreement_no, activity_no", "repeats a key of this file"),
    ],
    "consequences.csv": [
        ({"Beslutning": ""}, "Beslutning", "mangler: giv beslutningen et nummer, fx B07"),
        ({"Beslutning": "0101011234"}, "Beslutning", NO_DECISION_NO),
        ({"Besluttet": ""}, "Besluttet", "mangler eller er ikke en dato: skriv den som 31-12-2022"),
        (
            {"Besluttet": "24-03-2002"},
            "Besluttet",
            "ligger for langt fra leveringens dag: ret datoen",
        ),
        ({"Afdeling": ""}, "Afdeling", "mangler: skriv den afdeling, som det koster eller sparer"),
        ({"Ramme": "Skole"}, "Ramme", "er ikke en ramme: skriv den som 30.46"),
        ({"Konto": "010101-1234"}, "Konto", "er ikke en konto: skriv den som 528211000-015209"),
        ({"Forløb": "010101-1234"}, "Forløb", "er ikke betalings-ID'er: skriv dem som 834, 912"),
        ({"År": "næste"}, "År", "mangler eller er ikke et årstal: skriv det som 2022"),
        ({"År": "2062"}, "År", "er ikke et år, som beslutningen kan virke i: skriv det som 2022"),
        (
            {"Beløb": "meget"},
            "Beløb",
            "mangler eller er ikke et beløb: skriv en udgift som 400.000,00 og en besparelse med minus",
        ),
        ({"Sandsynlighed": "høj"}, "Sandsynlighed", "mangler eller er ikke en procent: skriv fx 75"),
        ({"Sandsynlighed": "0,75"}, "Sandsynlighed", "er ikke en procent fra 0 til 100: skriv fx 75"),
        ({}, "decision_no, department_da, fiscal_year", "repeats a key of this file"),
    ],
}


@pytest.mark.parametrize("name", list(FILES))
def test_a_bad_row_says_how_to_mend_it_and_holds_back_no_other(world: World, name: str) -> None:
    number = next(iter(FILES[name]))
    rows = [{number: f"X{no}"} | bad if bad else {} for no, (bad, _, _) in enumerate(BAD[name])]
    world.put("plan", DAY, name, written(name, {}, *rows), "utf-8")
    (file,) = world.loaded().files
    assert world.quarantine() == [
        (name, line, column, reason) for line, (_, column, reason) in enumerate(BAD[name], start=3)
    ]
    assert (file.accepted, file.quarantined) == (1, len(BAD[name]))


@pytest.mark.parametrize(
    ("name", "column"), [("agreements.csv", "Gælder til"), ("consequences.csv", "Beløb")]
)
def test_a_file_without_a_column_is_refused(world: World, name: str, column: str) -> None:
    world.put("plan", DAY, name, written(name, {}).replace(column, "Noget andet"), "utf-8")
    assert world.refused() == f"{name}: wrong columns: {column} missing"


def test_nothing_personal_gets_through(world: World) -> None:
    personal = {"Titel": "Flyt 010101-1234 hjem", "Afdeling": "Skole 0101011234"}
    world.put("plan", DAY, "consequences.csv", written("consequences.csv", personal), "utf-8")
    bad = {"Aftale": "0101011234"}
    world.put("plan", DAY, "agreements.csv", written("agreements.csv", {}, bad), "utf-8")
    result = world.ingest()
    kept = str([*(world.rows(entity) for entity in ENTITIES.values()), result.messages])
    assert "Flyt [CPR] hjem" in kept
    assert "0101011234" not in kept
    assert "010101-1234" not in kept
