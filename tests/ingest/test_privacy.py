"""No CPR number and no name of a person that goes in comes out anywhere: lake, quarantine, registry, log, lines.

The numbers and names are synthetic.
"""

import logging

import duckdb

PEOPLE = {
    "numbers": ["2406074321", "010203-4567", "0102034567", "107057784", "6102201234", "3002201111"],
    "names": ["Zanziba", "Qvistgaardsen", "Xenophonia", "Yggdrasilia"],
}


def test_nothing_personal_leaves_ingest(world, caplog):
    caplog.set_level(logging.DEBUG)
    one, hyphened, same, nine, replacement, impossible = PEOPLE["numbers"]
    name = "Zanziba Xenophonia Qvistgaardsen"
    world.bos(
        {
            "id": "1",
            "cpr_number": one,
            "name": name,
            "note": f"ring til {name} {same}",
            "mother_cpr": replacement,
        },
        {"id": "2", "recipient_type": "PERSON", "recipient_id": hyphened, "recipient_name": name},
        {"id": "3", "recipient_type": "PERSON", "recipient_id": same, "recipient_name": name},
        {"id": "4", "recipient_type": "COMPANY", "recipient_id": nine, "recipient_name": name},
        {"id": "5", "recipient_type": "", "recipient_id": "10000009", "recipient_name": name},
        {"id": "6", "cpr_number": impossible, "efforts": f"Kontakt {one}"},
        {"id": "7", "recipient_name": f"Fonden for {same}"},
    )
    bad_text = {"amount": f"{name} {one}", "text": f"{name} {one}"}
    world.postings(
        *({"posting_id": str(number)} for number in range(40)),
        {"posting_id": "100", "supplier_cvr": same, "supplier_name": name},
        {"posting_id": "101", "recipient_cpr": one, "supplier_name": name, "text": f"Ophold {name} {one}"},
        {
            "posting_id": "102",
            "payment_reference": hyphened,
            "invoice_no": same,
            "text": "Støttetimer Yggdrasilia",
        },
        {"posting_id": "103", **bad_text},
    )
    lines = (world.folder("ledger", "2022-01-31") / "postings_2022-01.csv").read_bytes()
    broken = f"104;{name};{one}\r\n".encode("cp1252")
    world.put(
        "ledger", "2022-01-31", "postings_2022-01.csv", lines.replace(b"5;2022;", broken + b"5;2022;", 1)
    )
    result = world.ingest()
    assert len(result.loaded) == 2, result.messages
    world.postings({"posted_on": one, "fiscal_year": name}, day="2022-02-28")
    world.put("ledger", "2022-03-31", "postings_2022-03.csv", f"{name};{one}\r\n{one};{name}\r\n")
    refused = world.ingest()
    assert len(refused.refused) == 2

    outside = [*result.messages, *refused.messages, *(record.getMessage() for record in caplog.records)]
    for path in world.settings.home_path.rglob("*"):
        if path.is_file() and world.settings.landing_path not in path.parents:
            outside.append(path.name)
            outside.append(_readable(path))
    everything = "\n".join(outside).lower()
    for personal in [*PEOPLE["numbers"], *PEOPLE["names"], "240607-4321"]:
        assert personal.lower() not in everything, "a personal value came out of ingest"


def _readable(path) -> str:
    if path.suffix != ".parquet":
        return path.read_text(encoding="utf-8")
    rows = duckdb.execute(f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{path}')").fetchall()
    return "\n".join(str(value) for row in rows for value in row)


def test_the_same_person_has_the_same_key_everywhere(world):
    number = "2406074321"
    world.bos({"cpr_number": number, "recipient_type": "PERSON", "recipient_id": "240607-4321"})
    world.postings({"supplier_cvr": number}, {"posting_id": "2", "recipient_cpr": number})
    assert len(world.ingest().loaded) == 2
    child, recipient = world.rows("course_payment", "child_key, recipient_key")[0]
    supplier, person = (
        key for row in world.rows("posting", "supplier_key, person_key") for key in row if key
    )
    assert child == recipient == supplier == person
    assert len(child) == 32


def test_masked_values_are_counted_and_the_money_is_kept(world):
    world.postings(
        {"supplier_cvr": "10000009", "supplier_name": "Pleje v/ 010203-4567", "invoice_no": "0102034567"}
    )
    (file,) = world.loaded().files
    assert file.accepted == 1
    assert file.warnings == ["2 values looked like CPR numbers and were masked"]
    ((supplier, invoice),) = world.rows("posting", "supplier_name, invoice_no")
    assert supplier == "Pleje v/ [CPR]"
    assert invoice.startswith("cpr-")


def test_a_number_in_a_column_of_codes_is_hidden(world):
    """Columns that slipped, or a caseworker who wrote where it does not belong."""
    world.postings(
        {"account_alias": "010203-4567", "art": "0102034567", "account_string": "01005-0102034567-529"},
        {"posting_id": "0102034567"},
    )
    (file,) = world.loaded().files
    assert file.accepted == 2
    assert file.warnings == ["5 values looked like CPR numbers and were masked"]
    found = world.rows("posting", "posting_id, account_alias, art_no, source_account, source_account_string")
    hidden = [value for row in found for value in row if value and value.startswith("cpr-")]
    assert len(hidden) == 5
    assert "0102034567" not in str(found)


def test_invalid_numbers_are_kept_rows_with_a_status(world):
    numbers = ["2406074321", "240607432", "3002074321", ""]
    world.bos(*({"id": str(position), "cpr_number": number} for position, number in enumerate(numbers)))
    world.loaded()
    found = world.rows(
        "course_payment", "report, child_cpr_status, child_birth_on::VARCHAR, child_key IS NULL"
    )
    assert [row[1:] for row in found if row[0] == "granted"] == [
        ("valid", "2007-06-24", False),
        ("invalid_format", None, False),
        ("invalid_date", None, False),
        (None, None, True),
    ]
