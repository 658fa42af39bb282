"""Deliveries as a whole: what is loaded, what is refused and how it is said, and that nothing is ever half there."""

import errno
import gzip
import json
import os
import time
from datetime import date
from decimal import Decimal

import pytest
from pydantic import SecretStr

from orchestration.errors import ConfigurationError, InputError, KoblingError
from orchestration.ingest import landing, load_deliveries, pipeline, settled_deliveries
from orchestration.ingest.lake import Lake
from orchestration.ingest.load import load_file


def test_a_ledger_delivery_is_loaded(world):
    world.postings({}, {"posting_id": "2", "debit_credit": "K", "amount": "0,50"})
    delivery = world.loaded()
    (file,) = delivery.files
    assert (file.rows, file.accepted, file.quarantined) == (2, 2, 0)
    assert file.amount_total_dkk == Decimal("100.00")
    assert file.lake_file is not None
    assert (world.settings.lake_path / file.lake_file).stat().st_mode & 0o777 == 0o640
    assert world.rows(
        "posting", "posting_id, amount_dkk, source_account, posted_on, period_no, extract_date"
    ) == [
        ("5100000001", Decimal("100.50"), "528201003-015195", date(2022, 1, 3), 1, date(2022, 1, 31)),
        ("2", Decimal("-0.50"), "528201003-015195", date(2022, 1, 3), 1, date(2022, 1, 31)),
    ]


def test_a_case_system_delivery_is_loaded(world):
    world.bos(
        {}, {"id": "2", "recipient_type": "PERSON", "recipient_id": "0202021234", "note": 'Two\nlines; "x"'}
    )
    delivery = world.loaded()
    assert [file.rows for file in delivery.files] == [1, 2, 2]
    assert world.rows("case_history", "case_id, changed_at::VARCHAR") == [("7", "2022-01-02 03:04:05")]
    found = world.rows(
        "course_payment", "report, supplier_cvr, recipient_name, recipient_key IS NULL, effort_step"
    )
    assert found[:2] == [
        ("expected", "10000009", "Fonden Eksempel", True, None),
        ("granted", "10000009", "Fonden Eksempel", True, None),
    ]
    assert found[2] == ("expected", None, None, False, None)


def test_zipped_files_are_read_like_plain_ones(world, posting_table):
    world.put("ledger", "2022-01-31", "postings_2022-01.csv.gz", posting_table({}))
    assert world.loaded().files[0].rows == 1


def test_the_same_delivery_twice_changes_nothing(world):
    world.postings({})
    world.loaded()
    before = world.state()
    result = world.ingest()
    assert (result.loaded, result.refused, result.skipped) == ([], [], [])
    assert world.state() == before


@pytest.mark.parametrize("change", ["content", "added", "removed"])
def test_other_content_for_a_loaded_delivery_is_refused(world, posting_table, change):
    world.postings({})
    other = world.postings({"posting_id": "2", "period": "002"}, name="postings_2022-02.csv")
    world.loaded()
    before = world.state()
    if change == "content":
        world.postings({"amount": "999,00"})
    elif change == "added":
        world.put("ledger", "2022-01-31", "postings_2022-03.csv", posting_table({"period": "003"}))
    else:
        other.unlink()
    assert "corrected delivery belongs under a new date" in world.refused()
    assert before.items() <= world.state().items()
    statuses = [record.status for record in load_deliveries(world.settings.lake_path)]
    assert statuses == ["loaded", "refused"]


def test_a_delivery_put_right_again_is_no_longer_refused(world):
    world.postings({})
    world.loaded()
    world.postings({"amount": "999,00"})
    world.refused()
    world.postings({})
    assert world.ingest().refused == []
    assert [record.status for record in load_deliveries(world.settings.lake_path)] == ["loaded"]


def test_a_refused_delivery_is_taken_once_it_is_right_or_gone(world):
    world.postings({"amount": "much"})
    world.refused()
    assert [record.status for record in load_deliveries(world.settings.lake_path)] == ["refused"]
    path = world.postings({})
    world.loaded()
    assert [record.status for record in load_deliveries(world.settings.lake_path)] == ["loaded"]
    world.postings({"amount": "much"}, day="2022-02-28")
    world.refused()
    for file in (path.parent.parent / "2022-02-28").iterdir():
        file.unlink()
    (path.parent.parent / "2022-02-28").rmdir()
    world.ingest()
    assert [record.status for record in load_deliveries(world.settings.lake_path)] == ["loaded"]


def test_one_bad_file_refuses_the_whole_delivery(world):
    world.bos()
    world.put("bos", "2022-01-31", "granted_payments_3.csv", "id,amount\r\n1,2\r\n")
    reason = world.refused()
    assert reason.startswith("granted_payments_3.csv: wrong columns: ")
    assert not list(world.settings.lake_path.rglob("*.parquet"))


def test_a_missing_required_file_refuses(world):
    world.bos()
    (world.folder("bos", "2022-01-31") / "granted_payments_3.csv").unlink()
    assert world.refused() == "missing: granted_payments_3.csv"


def test_a_file_that_fits_no_pattern_is_left_with_a_warning(world):
    world.postings({})
    world.put("ledger", "2022-01-31", "README.txt", "hello")
    world.put("ledger", "2022-01-31", "0101011234.pdf", "hello")
    delivery = world.loaded()
    assert delivery.warnings == [f"{name}: fits no pattern, not read" for name in delivery.ignored]
    assert delivery.ignored == ["[CPR].pdf", "README.txt"]
    world.put("ledger", "2022-01-31", "LICENSE", "hello")
    assert world.ingest().refused == []


@pytest.mark.parametrize(
    ("first_line", "reason"),
    [
        ("x" * 60_000, "the first line has more than 50000 characters"),
        (";".join("abc" for _ in range(600)), "more than 500 of them"),
        ('posting_id;"amount', "a quote in the first line is not closed"),
    ],
)
def test_a_first_line_that_is_no_heading_is_refused(world, first_line, reason):
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", f"{first_line}\r\n1\r\n")
    assert world.refused() == f"postings_2022-01.csv: wrong columns: {reason}"


@pytest.mark.parametrize("name", [b"f\xf8lg.xlsx", b"a\nb.csv", b"notes-\xe6.txt"])
def test_names_that_are_no_text_are_told_as_such(world, name):
    """A name in another encoding than the file system's, or one that would break the line."""
    world.put("plan", "2022-01-31", "waivers.csv", "Kommentar;Udfyldt af;Dato\r\n", "utf-8")
    path = os.fsencode(world.folder("plan", "2022-01-31")) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"x")
    result = world.ingest()
    assert [message for message in result.messages if "�" in message]
    assert all(message.isprintable() for message in result.messages)
    assert len(result.refused) == name.endswith(b".xlsx")


def test_plain_and_zipped_at_once_is_refused(world, posting_table):
    world.postings({})
    world.put("ledger", "2022-01-31", "postings_2022-01.csv.gz", posting_table({}))
    assert world.refused() == "postings_2022-01.csv: there plain and as .gz"


def test_unknown_sources_and_odd_folders_are_notices(world):
    world.postings({})
    world.put("prism", "2022-01-31", "20220131_1_0", "Z300")
    world.put("ledger", "January", "postings_2022-01.csv", "x")
    world.put("ledger", "2022-02-31", "postings_2022-01.csv", "x")
    result = world.ingest()
    assert len(result.loaded) == 1
    assert result.messages[:3] == [
        "landing/ledger/2022-02-31: not a delivery date, not read",
        "landing/ledger/January: not a delivery date, not read",
        "landing/prism: no profile for this source, not read",
    ]


def test_yesterdays_files_under_a_new_date_are_an_observation_with_a_warning(world):
    world.bos()
    world.loaded()
    world.bos(day="2022-02-28")
    delivery = world.loaded()
    assert all(file.is_unchanged for file in delivery.files)
    assert delivery.warnings == [
        "all snapshot files are as in the delivery before: an old copy under a new date?"
    ]


def test_an_unchanged_period_needs_no_warning(world):
    world.postings({})
    world.loaded()
    world.postings({}, day="2022-02-28")
    delivery = world.loaded()
    assert delivery.files[0].is_unchanged
    assert delivery.warnings == []


def test_a_folder_that_grows_while_we_look_is_left_for_the_next_run(world, posting_table, monkeypatch):
    path = world.postings({})

    def copying_goes_on(_seconds):
        path.write_bytes(posting_table({}, {"posting_id": "2"}).encode())

    monkeypatch.setattr(time, "sleep", copying_goes_on)
    result = world.ingest()
    assert [skipped.reason for skipped in result.skipped] == [
        "still being copied, or open in a program; the next run takes it"
    ]
    assert not load_deliveries(world.settings.lake_path)
    monkeypatch.undo()
    assert world.loaded().files[0].rows == 2


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(world, monkeypatch):
    path = world.postings({})

    def read_and_change(*arguments):
        loaded = load_file(*arguments)
        path.write_bytes(path.read_bytes() + b"more")
        return loaded

    monkeypatch.setattr(pipeline, "load_file", read_and_change)
    result = world.ingest()
    assert len(result.skipped) == 1
    assert not list(world.settings.lake_path.rglob("*.parquet"))


@pytest.mark.parametrize(
    "name",
    [
        "postings_2022-02.csv.part",
        ".postings_2022-02.csv.Ab12Cd",
        "~$Team.xlsx",
        ".~lock.Team.xlsx#",
    ],
)
def test_an_unfinished_upload_holds_the_delivery_back(world, name):
    world.postings({})
    world.put("ledger", "2022-01-31", name, "half a fi")
    assert len(world.ingest().skipped) == 1


def test_an_empty_folder_is_left_for_the_next_run(world):
    world.folder("ledger", "2022-01-31").mkdir(parents=True)
    assert len(world.ingest().skipped) == 1


def test_no_key_no_ingest(world, settings):
    world.postings({})
    for key in (None, SecretStr("short")):
        world.settings = settings.model_copy(update={"pseudonym_key": key})
        with pytest.raises(ConfigurationError, match="KOBLING_PSEUDONYM_KEY"):
            world.ingest()
    assert not settings.lake_path.exists()


def test_another_key_than_the_lakes_is_refused(world, settings):
    world.postings({})
    world.loaded()
    before = world.state()
    world.settings = settings.model_copy(update={"pseudonym_key": SecretStr("another-synthetic-key-here")})
    with pytest.raises(ConfigurationError, match="not the key that the lake was made with"):
        world.ingest()
    assert world.state() == before


CRASHES = ["place_quarantine", "place 1", "place 2", "record", "after"]


@pytest.mark.parametrize("step", CRASHES)
def test_a_crash_at_any_step_leaves_the_old_state_or_the_new(world, monkeypatch, step):
    bad = {"posting_id": "9", "amount": "much"}
    rows = [{"posting_id": str(number)} for number in range(30)]
    world.postings(*rows)
    world.postings(*rows, bad, day="2022-02-28")
    world.postings({"posting_id": "1", "period": "002"}, day="2022-02-28", name="postings_2022-02.csv")
    _crash_at(monkeypatch, step, after_calls=1)
    with pytest.raises(RuntimeError, match="power cut"):
        world.ingest()
    monkeypatch.undo()
    monkeypatch.setattr(landing, "RECHECK_SECONDS", 0.01)
    committed = [str(record.extract_date) for record in load_deliveries(world.settings.lake_path)]
    assert committed == ["2022-01-31", "2022-02-28"] if step == "after" else ["2022-01-31"]
    (world.settings.lake_path / ".staging" / "left").mkdir(parents=True)
    world.ingest()
    after = world.state()
    assert not list(world.settings.lake_path.glob(".staging/*"))

    fresh = type(world)(world.settings.model_copy(update={"home": world.settings.home / "fresh"}))
    fresh.settings = fresh.settings.model_copy(update={"landing": world.settings.landing_path})
    fresh.ingest()
    assert fresh.state() == after


def _crash_at(monkeypatch: pytest.MonkeyPatch, step: str, after_calls: int) -> None:
    """Let the first delivery through, then raise in the second one's commit."""
    name, _, nth = step.partition(" ")
    method = "record" if name == "after" else name
    original = getattr(Lake, method)
    calls = 0

    def crashing(self, *arguments):
        nonlocal calls
        calls += 1
        if name == "after" and calls > after_calls:
            original(self, *arguments)
        if calls > after_calls + int(nth or 1) - 1:
            raise RuntimeError("power cut")
        original(self, *arguments)

    monkeypatch.setattr(Lake, method, crashing)


def test_two_ingests_at_once_are_refused(world):
    world.postings({})
    with (
        Lake(world.settings.lake_path, world.settings.quarantine_path).lock(),
        pytest.raises(InputError, match="another ingest"),
    ):
        world.ingest()


def test_the_registry_is_as_others_read_it(world):
    world.postings({})
    world.loaded()
    path = world.settings.lake_path / "_deliveries" / "ledger" / "2022-01-31.json"
    record = json.loads(path.read_text())
    assert record["status"] == "loaded"
    assert record["files"][0]["amount_total_dkk"] == "100.50"
    assert record["files"][0]["balance_total_dkk"] == "0.00"


def test_settled_deliveries_wait_for_the_sensor(world):
    world.postings({})
    assert settled_deliveries(world.settings, older_than_seconds=60) == []
    (found,) = settled_deliveries(world.settings, older_than_seconds=0)
    assert (found.source, found.extract_date) == ("ledger", date(2022, 1, 31))
    world.postings({}, {"posting_id": "2"})
    (changed,) = settled_deliveries(world.settings, older_than_seconds=0)
    assert changed.stamp != found.stamp
    world.loaded()
    assert settled_deliveries(world.settings, older_than_seconds=0) == []


def test_truncated_files_are_refused(world, posting_table):
    whole = posting_table({}, {"posting_id": "2"})
    for content, reason in (
        (whole[:-20], "truncated: the last line has no line end"),
        (whole[: whole.rindex(";529;")] + "\r\n", "truncated: the last row has too few columns"),
    ):
        world.put("ledger", "2022-01-31", "postings_2022-01.csv", content)
        assert world.refused() == f"postings_2022-01.csv: {reason}"
    world.folder("ledger", "2022-01-31").joinpath("postings_2022-01.csv").unlink()
    zipped = world.put("ledger", "2022-01-31", "postings_2022-01.csv.gz", whole)
    zipped.write_bytes(gzip.compress(whole.encode())[:-30])
    assert "gzip" in world.refused()


def test_wrong_encodings_are_refused(world, posting_table):
    text = posting_table({"text": "Støttetimer Lærke"})
    cases = {
        text.encode("utf-8"): "the file is UTF-8, the profile says windows-1252",
        text.encode("cp1252").replace(b"St", b"\x81t"): "not windows-1252: undecodable byte in line 2",
        text.encode("utf-16"): "NUL bytes: not a text file, or UTF-16",
        b"": "empty: the file has no bytes",
        text.encode("cp1252").split(b"\r\n")[0] + b"\r\n": "empty: no rows under the header",
    }
    for content, reason in cases.items():
        world.put("ledger", "2022-01-31", "postings_2022-01.csv", content)
        assert world.refused() == f"postings_2022-01.csv: {reason}"
    world.bos({"name": "Lærke Å"})
    path = world.folder("bos", "2022-01-31") / "granted_payments_3.csv"
    path.write_bytes(path.read_bytes().decode().encode("cp1252"))
    reason = next(record.reason for record in world.ingest().refused if record.source == "bos")
    assert reason == "granted_payments_3.csv: not utf-8: undecodable byte in line 2"


def test_wrong_columns_are_refused_and_unknown_ones_left(world, posting_table):
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", posting_table({}).replace("amount;", "belob;"))
    assert world.refused() == "postings_2022-01.csv: wrong columns: amount missing"
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", posting_table({}).replace("art;", "amount;"))
    assert "wrong columns: art missing" in world.refused()
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", posting_table({"amount ": "1"}))
    assert world.refused() == "postings_2022-01.csv: wrong columns: amount twice"
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", posting_table({"afdeling": "x"}))
    (file,) = world.loaded().files
    assert file.warnings == ["unknown columns, not kept: afdeling"]


def test_reordered_columns_are_fine(world, posting_table):
    header, row, _ = posting_table({}).split("\r\n")
    turned = [";".join(reversed(line.split(";"))) for line in (header, row)]
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", "\r\n".join([*turned, ""]))
    world.loaded()
    assert world.rows("posting", "posting_id, amount_dkk") == [("5100000001", Decimal("100.50"))]


def test_one_percent_bad_rows_go_to_quarantine(world):
    rows = [{"posting_id": str(number)} for number in range(100)]
    world.postings(*rows[:40], {"posting_id": "x", "amount": "1.234,00"}, *rows[41:])
    (file,) = world.loaded().files
    reason = "is not a number written like 1234,56"
    assert (file.rows, file.accepted, file.quarantined) == (100, 99, 1)
    assert file.warnings == [f"1 of 100 rows quarantined: 1 × amount {reason}"]
    assert world.quarantine() == [("postings_2022-01.csv", 42, "amount", reason)]


def test_sixty_percent_bad_rows_refuse_the_file(world):
    rows = [{"posting_id": str(number), "posted_on": "2022-01-03"} for number in range(60)]
    rows += [{"posting_id": str(number)} for number in range(60, 100)]
    world.postings(*rows)
    reason = "60 of 100 rows are bad (60.0%, limit 5.0%): 60 × posted_on is not a date written like %d.%m.%Y"
    assert world.refused() == f"postings_2022-01.csv: {reason}"
    assert len(world.quarantine()) == 60


def test_a_full_disk_ends_the_run_with_one_line(world, monkeypatch):
    world.postings({})

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Lake, "place", full)
    with pytest.raises(KoblingError, match="No space left on device"):
        world.ingest()
    assert not load_deliveries(world.settings.lake_path)
