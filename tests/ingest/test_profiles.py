"""Profiles: the shipped ones load, a wrong one is named by file, key and reason, and a new source needs no code."""

import re
from datetime import date
from decimal import Decimal

import pytest

from orchestration.errors import ConfigurationError
from orchestration.ingest.profiles import (
    Checks,
    FileProfile,
    Format,
    Limits,
    Profile,
    Source,
    TextRules,
    WorkbookRules,
    load_profiles,
)
from orchestration.settings import PROJECT_ROOT

SMALL = """
name: small
source: small
description: A ledger of another make
format: {encoding: utf-8, delimiter: ",", decimal: ".", thousands: ",", date: "%d/%m/%y", last_line_ends: false}
limits: {bad_rows_share: 0}
files:
  - entity: posting
    pattern: "lines-*.csv"
    required: true
    mode: append
    key: hash_and_row
    personal: [Who]
    columns:
      fiscal_year: {constant: "2023"}
      period_no: {column: Period, nulls: ["-"]}
      posted_on: {name_part: delivery_date}
      source_account: {first_of: [Account, Centre]}
      amount_dkk: Amount
      person_cpr: {column: Who, optional: true}
"""


def test_the_shipped_profiles_cover_their_sources():
    profiles = load_profiles(None)
    assert sorted(profiles) == ["bos", "kmd_opus", "ledger", "plan"]
    assert all(len(members) == 1 and len(members[0].digest) == 12 for members in profiles.values())


def test_a_municipalitys_own_source_needs_a_profile_only(world, tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "small.yml").write_text(SMALL)
    world.settings = world.settings.model_copy(update={"profiles": folder})
    content = 'Amount,Period,Account,Centre\n"1,234.50",3,,C9\n-2,3,A1,C9\n.5,3,A1,C9'
    world.put("small", "2023-03-31", "lines-x.csv", content.removesuffix("\n.5,3,A1,C9"))
    (file,) = world.loaded().files
    assert file.amount_total_dkk == Decimal("1232.50")
    columns = "posting_id, posted_on, source_account, amount_dkk, person_key, is_balance"
    assert world.rows("posting", columns) == [
        (f"{file.file_hash[:12]}-1", date(2023, 3, 31), "C9", Decimal("1234.50"), None, False),
        (f"{file.file_hash[:12]}-2", date(2023, 3, 31), "A1", Decimal("-2.00"), None, False),
    ]


def test_a_file_without_rows_is_taken_where_the_profile_allows_it(world, tmp_path):
    (tmp_path / "small.yml").write_text(SMALL.replace("mode: append", "mode: append\n    allow_empty: true"))
    world.settings = world.settings.model_copy(update={"profiles": tmp_path})
    world.put("small", "2023-03-31", "lines-x.csv", "Amount,Period,Account,Centre\n")
    (file,) = world.loaded().files
    assert (file.rows, file.accepted, file.amount_total_dkk) == (0, 0, Decimal(0))


def test_an_own_profile_replaces_the_shipped_one_of_its_name(tmp_path):
    (tmp_path / "mine.yml").write_text(SMALL.replace("name: small", "name: ledger"))
    profiles = load_profiles(tmp_path)
    assert "ledger" not in profiles
    assert profiles["small"][0].name == "ledger"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mode: append", "mode: sometimes", "files.0.mode: Input should be 'snapshot', 'period' or 'append'"),
        ("mode: append", "mood: append", "files.0.mode: Field required"),
        (
            "limits: {bad_rows_share: 0}",
            "limits: {bad_rows: 0}",
            "limits.bad_rows: Extra inputs are not permitted",
        ),
        ("entity: posting", "entity: postings", "files.0.entity: 'postings' is not one of posting, budget"),
        ("      amount_dkk: Amount\n", "", "files.0: columns: posting needs amount_dkk"),
        ("amount_dkk: Amount", "amount: Amount", "files.0: columns.amount: posting has no such field"),
        ("personal: [Who]", "personal: []", "files.0: columns.person_cpr: list its column under personal"),
        (
            "personal: [Who]",
            "personal: [Who, Account]",
            "Account is personal and source_account would keep it",
        ),
        ("key: hash_and_row", "key: [posting_id]", "files.0: columns: posting needs posting_id"),
        ("key: hash_and_row", "key: []", "files.0: columns: posting needs posting_id"),
        ("{name_part: delivery_date}", "{name_part: month}", "the pattern does not give a month"),
        ("{name_part: delivery_date}", "{column: A, constant: b}", "say one of column, first_of, constant"),
        ("amount_dkk: Amount", "amount_dkk: {column: Amount, codes: {a: b}}", "codes is not for a money"),
        (
            "amount_dkk: Amount",
            "amount_dkk: {column: Amount, extract: '(?<x)'}",
            "is not a regular expression",
        ),
        ("amount_dkk: Amount", "amount_dkk: {column: Amount, extract: 'x'}", "extract needs one group"),
        ('"%d/%m/%y"', '"%Q"', "format.date: '%Q' is not a format of strptime"),
        ('thousands: ","', 'thousands: "."', "format: decimal and thousands are the same mark"),
        ("encoding: utf-8", "encoding: utf-8, timezone: Mars", "format.timezone: 'Mars' is not a time zone"),
        ("description:", "name: again\ndescription:", "not YAML: name is given twice"),
        ("description:", "description: [", "not YAML: line"),
        ("required: true", "required: 'yes'", "files.0.required: Input should be a valid boolean"),
    ],
)
def test_a_wrong_profile_is_named_with_key_and_reason(tmp_path, old, new, message):
    assert old in SMALL
    (tmp_path / "small.yml").write_text(SMALL.replace(old, new))
    with pytest.raises(ConfigurationError) as error:
        load_profiles(tmp_path)
    text = str(error.value)
    assert text.startswith("profile small.yml: ")
    assert message in text
    assert "\n" not in text


def test_the_example_of_the_manual_is_a_profile(tmp_path):
    manual = (PROJECT_ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    (tmp_path / "example.yml").write_text(manual.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert load_profiles(tmp_path)["navision"][0].files[0].entity == "posting"


def test_the_manual_explains_every_key():
    manual = (PROJECT_ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    for model in (Profile, Limits, Format, FileProfile, Source, Checks, TextRules, WorkbookRules):
        for key in model.model_fields:
            assert re.search(rf"[`.]{key}[`.]", manual), f"{model.__name__}.{key}"


def test_two_profiles_for_the_same_files_are_an_error(tmp_path):
    (tmp_path / "a.yml").write_text(SMALL)
    (tmp_path / "b.yml").write_text(
        SMALL.replace("name: small", "name: other").replace("lines-*", "lines-x*")
    )
    with pytest.raises(ConfigurationError, match=r"both take lines-x\.csv in the source folder small"):
        load_profiles(tmp_path)


def test_two_profiles_share_a_source_folder_when_their_patterns_differ(tmp_path):
    (tmp_path / "a.yml").write_text(SMALL)
    (tmp_path / "b.yml").write_text(SMALL.replace("name: small", "name: other").replace("lines-", "rows-"))
    assert [profile.name for profile in load_profiles(tmp_path)["small"]] == ["small", "other"]


def test_a_profiles_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigurationError, match="KOBLING_PROFILES is not a folder"):
        load_profiles(tmp_path / "none")
