"""Synthetic deliveries: the real formats to the byte, one truth, nothing left to chance."""

import csv
import gzip
import hashlib
import io
import itertools
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import InputError
from orchestration.ingest import ingest
from orchestration.settings import load_settings
from orchestration.synth import MARK, write, writers
from orchestration.synth.writers import LEDGER, write_csv

Row = dict[str, str]

# As the real files have them (extracts.md 3, 4 and 8).
PAYMENT_HEADER = (
    "id,amount,paid_amount,date,paid_date,account_string,account_alias,payment_schedule__payment_id,"
    "payment_schedule__payment_amount,payment_schedule__payment_frequency,recipient_type,recipient_id,"
    "recipient_name,payment_method,payment_cost_type,price_per_unit,units,fictive,"
    "activity__details__activity_id,activity__details__name,activity_start_date,activity_end_date,"
    "activity_status,activity_type,section,section_text,sbsys_id,main_activity_id,main_activity_name,"
    "cpr_number,name,target_group,case_worker,team,leader,efforts,effort_step,scaling_step,"
    "paying_municipality,acting_municipality,residence_municipality,mother_cpr,father_cpr,"
    "activity_category__category_id,activity_category__name,note,approval_level,approval_user,"
    "appropriation_date"
)
CASE_HEADER = (
    "id,history_id,history_date,cpr_number,case_sbsys_id,name,target_group,case_worker,team,leader,"
    "efforts,effort_step,scaling_step,paying_municipality,acting_municipality,residence_municipality,"
    "mother_cpr,father_cpr"
)
POSTING_HEADER = (
    "posting_id;fiscal_year;period;posted_on;account_string;account_alias;art;amount;debit_credit;"
    "supplier_cvr;supplier_name;recipient_cpr;payment_reference;invoice_no;text;created_at"
)
BUDGET_HEADER = (
    "fiscal_year;account_string;account_alias;account_name;original_budget;supplementary_budget;"
    "corrected_budget;decided_on"
)
INVOICE_HEADER = (
    "invoice_no;supplier_cvr;supplier_name;amount;received_on;due_on;status;posted_on;account_string;text"
)
PLAN_HEADER = (
    "Initiativ;Tiltag;Ramme;År;Effekt;Startmåned;Sandsynlighed;Status;Frist;Ansvarlig;Virker på;"
    "Aktivitetsnummer;CVR-nummer;Forløb"
)
AGREEMENT_HEADER = (
    "Aftale;CVR-nummer;Aktivitetsnummer;Gælder fra;Gælder til;Opsigelse i måneder;Regulering;Pris pr. dag"
)
CONSEQUENCE_HEADER = "Beslutning;Titel;Besluttet;Afdeling;Ramme;Forløb;År;Beløb;Sandsynlighed"
ASSUMPTION_HEADER = (
    "Aktivitetsnummer;Leverandørtype;Målgruppe;Helårsforløb;Varighed i dage;Pris pr. dag;Udgift;"
    "Aktiveringsprocent;Tærskel;Ansvarlig"
)
TRUTH_HEADERS = {
    "budget_assumptions.csv": "fiscal_year,activity_no,provider_kind,target_group,planted,is_reportable",
    "agreements.csv": "agreement_no,provider,activity,status,courses",
    "consequences.csv": "decision_no,fiscal_year,net,expected_net,own",
    "schools.csv": "provider,course_id,service_month,school_amount",
    "savings_plan.csv": "initiative_id,fiscal_year,course_id,end_before,end_after,month_price,realised,secured",
    "planted_bos.csv": "kind,case,cpr,activity,payment_id,planted_on,detail",
    "ledger_truth.csv": (
        "posting_id,fiscal_year,period,true_bos_payment_ids,bos_payment_schedule_payment_id,method,"
        "service_month,defect,true_bos_amount,posted_amount,deleted_in_bos,related_posting_id"
    ),
    "ledger_missing.csv": (
        "payment_id,date,amount,method,bos_payment_schedule_payment_id,case_sbsys,section,activity,"
        "paid_in_bos,reason"
    ),
    "activities_2022-06-30.csv": (
        "activity_id,payment_schedule_id,payment_id,status,activity_type,details_activity_id,section,"
        "appropriation_sbsys,case_sbsys,cpr,start_date,end_date,modifies_id,appropriation_date,"
        "approval_level,approval_user,provider_cvr,provider_name,recipient_type,recipient_id,"
        "recipient_name,payment_method,payment_type,payment_frequency,payment_cost_type,payment_amount,"
        "payment_units,fictive,created,modified"
    ),
}
DATES = ["2022-04-30", "2022-05-31", "2022-06-30"]
BOS_KINDS = {
    "child_in_two_cases",
    "duplicate_activity",
    "expected_but_invoiced",
    "granted_activity_deleted",
    "implausible_price",
    "missing_end_date",
    "over_18_child_section",
    "overlapping_placement",
    "retroactive_end",
    "retroactive_grant",
    "stale_expected_adjustment",
    "suppl_active_after_main_ended",
    "wrong_cpr",
    "wrong_cvr",
    "zero_price_period",
}
LEDGER_KINDS = {
    "amount_differs",
    "bos_price_error",
    "collective_invoice",
    "invoice_without_bos_activity",
    "invoiced_while_expected",
    "late_manual_payment",
    "ok",
    "overhead",
    "paid_twice",
    "repost_after_reversal",
    "reversal",
    "school_side",
    "split_invoice",
    "wrong_account",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The size of the demo: 40 children, three deliveries."""
    out = tmp_path_factory.mktemp("synth") / "demo"
    write(out, children=40, months=3, seed=7)
    return out


def _text(file: Path) -> str:
    return file.read_bytes().decode("cp1252" if "ledger" in file.parts else "utf-8")


def _delimiter(file: Path) -> str:
    return ";" if {"ledger", "plan"} & set(file.parts) else ","


def _rows(file: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(_text(file), newline=""), delimiter=_delimiter(file)))


def _bos(demo: Path, on: str, report: str) -> dict[str, Row]:
    return {row["id"]: row for row in _rows(demo / "landing" / "bos" / on / f"{report}_payments_3.csv")}


def _postings(demo: Path, on: str = DATES[-1]) -> dict[str, Row]:
    files = sorted((demo / "landing" / "ledger" / on).glob("postings_*.csv"))
    return {row["posting_id"]: row for file in files for row in _rows(file)}


def _truth(demo: Path, name: str) -> list[Row]:
    return _rows(demo / "truth" / name)


def _signed(row: Row) -> Decimal:
    amount = Decimal(row["amount"].replace(",", "."))
    return -amount if row["debit_credit"] == "K" else amount


def _bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _delivered(demo: Path) -> Iterator[Path]:
    return (file for file in sorted((demo / "landing").rglob("*.csv")))


def test_the_files_of_the_deliveries(demo: Path) -> None:
    found = [str(file.relative_to(demo / "landing")) for file in _delivered(demo)]
    ledger = [
        f"ledger/{on}/{name}"
        for on in DATES
        for name in ["budget_2022.csv", "invoices.csv"]
        + [f"postings_2022-{month:02d}.csv" for month in range(1, int(on[5:7]) + 1)]
    ]
    bos = [
        f"bos/{on}/{name}_0.csv" if name == "expected_cases" else f"bos/{on}/{name}_3.csv"
        for on in DATES
        for name in ("expected_cases", "expected_payments", "granted_payments")
    ]
    plan = [f"plan/{DATES[-1]}/{name}.csv" for name in ("agreements", "consequences", "initiatives")]
    plan.append(f"plan/{DATES[0]}/assumptions_2022.csv")
    assert found == sorted([*bos, *ledger, *plan])


def test_headers_are_the_real_ones(demo: Path) -> None:
    headers = {
        "expected_payments": PAYMENT_HEADER,
        "granted_payments": PAYMENT_HEADER,
        "expected_cases": CASE_HEADER,
        "postings": POSTING_HEADER,
        "budget": BUDGET_HEADER,
        "invoices": INVOICE_HEADER,
        "initiatives": PLAN_HEADER,
        "assumptions": ASSUMPTION_HEADER,
        "agreements": AGREEMENT_HEADER,
        "consequences": CONSEQUENCE_HEADER,
    }
    for file in _delivered(demo):
        assert _text(file).split("\r\n", 1)[0] == headers[file.stem.rsplit("_", 1)[0]], file.name
    for name, header in TRUTH_HEADERS.items():
        assert _text(demo / "truth" / name).split("\r\n", 1)[0] == header


def test_files_are_written_as_the_csv_module_would(demo: Path) -> None:
    """QUOTE_MINIMAL, CRLF after rows, line breaks inside a note as typed."""
    for file in _delivered(demo):
        again = io.StringIO(newline="")
        writer = csv.writer(
            again, delimiter=_delimiter(file), quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n"
        )
        writer.writerows(csv.reader(io.StringIO(_text(file), newline=""), delimiter=_delimiter(file)))
        assert again.getvalue() == _text(file), file.name
        assert len(_rows(file)) > 0, file.name


def test_what_windows_1252_lacks_becomes_a_question_mark(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create table t as select 'Bo & Støtte Yılmaz; "A/S"' as name, -1234.5::decimal(18, 2) as amount,
                date '2022-04-05' as posted_on, NULL::varchar as empty
        """)
        write_csv(connection, "t", tmp_path / "t.csv", LEDGER, date(2022, 4, 30))
    expected = 'name;amount;posted_on;empty\r\n"Bo & Støtte Y?lmaz; ""A/S""";-1234,50;05.04.2022;\r\n'
    assert (tmp_path / "t.csv").read_bytes() == expected.encode("cp1252")


def test_payments_are_in_the_order_of_their_date(demo: Path) -> None:
    for file in _delivered(demo):
        if "payments" in file.name:
            planned = [row["date"] for row in _rows(file)]
            assert planned == sorted(planned)


def test_same_arguments_same_bytes_another_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(tmp_path / name, children=12, months=2, seed=seed)
    first = _bytes_of(tmp_path / "a")
    assert _bytes_of(tmp_path / "b") == first
    other = _bytes_of(tmp_path / "c")
    assert all(other[name] != first[name] for name in other if "payments" in name)


def test_blocks_and_packing_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "whole", children=12, months=2, seed=1)
    monkeypatch.setattr(writers, "PAYMENTS_A_BLOCK", 100)
    write(tmp_path / "packed", children=12, months=2, seed=1, is_packed=True)
    packed = {file.name for file in tmp_path.glob("packed/landing/bos/*/*")}
    assert packed == {"expected_cases_0.csv.gz", "expected_payments_3.csv.gz", "granted_payments_3.csv.gz"}
    for file in tmp_path.glob("packed/landing/bos/*/*"):
        plain = file.with_suffix("")
        plain.write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    mark = f"truth/{MARK}"
    whole = _bytes_of(tmp_path / "whole")
    assert _bytes_of(tmp_path / "packed") | {mark: whole[mark]} == whole


def test_written_again_only_over_its_own(tmp_path: Path) -> None:
    write(tmp_path, children=5, months=1, seed=1)
    first = _bytes_of(tmp_path)
    write(tmp_path, children=5, months=1, seed=1)
    assert _bytes_of(tmp_path) == first
    with pytest.raises(InputError, match="empty folder"):
        write(tmp_path, children=6, months=1, seed=1)
    with pytest.raises(InputError, match="at least 1"):
        write(tmp_path / "none", children=0, months=1, seed=1)


def test_files_carry_the_time_of_their_delivery(demo: Path) -> None:
    file = demo / "landing" / "bos" / DATES[0] / "expected_cases_0.csv"
    assert time.strftime("%Y-%m-%d %H:%M", time.gmtime(file.stat().st_mtime)) == "2022-04-30 00:35"


def test_the_demo_is_small_and_quick(demo: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in demo.rglob("*"):
            archive.write(file)
    assert packed.tell() < 1_000_000
    # Aim: 5 s. Processor seconds, and twice as many, for machines that are busy or slow.
    started = time.process_time()
    write(tmp_path, children=40, months=3, seed=8)
    assert time.process_time() - started < 10


def test_numbers_are_synthetic_and_well_formed(demo: Path) -> None:
    typed_wrong = {row["cpr"] for row in _truth(demo, "planted_bos.csv") if row["kind"] == "wrong_cpr"}
    payments = _bos(demo, DATES[-1], "expected").values()
    postings = _postings(demo).values()
    persons = {row[column] for row in payments for column in ("cpr_number", "mother_cpr", "father_cpr")}
    persons |= {row["recipient_id"] for row in payments if row["recipient_type"] == "PERSON"}
    persons |= {row["recipient_cpr"] for row in postings}
    for cpr in persons - typed_wrong - {""}:
        day, month, year = int(cpr[:2]) - 60, int(cpr[2:4]), int(cpr[4:6])
        assert date((2000 if cpr[6] >= "4" else 1900) + year, month, day) < date(2022, 7, 1)
    for cvr in {row["supplier_cvr"] for row in postings} - {""}:
        assert len(cvr) == 8
        assert cvr[0] == "9"
        assert sum(w * int(digit) for w, digit in zip((2, 7, 6, 5, 4, 3, 2, 1), cvr, strict=True)) % 11 == 0


def test_ledger_ties_to_its_truth(demo: Path) -> None:
    postings = _postings(demo)
    truth = {row["posting_id"]: row for row in _truth(demo, "ledger_truth.csv")}
    assert postings.keys() == truth.keys()
    assert all(_signed(postings[key]) == Decimal(row["posted_amount"]) for key, row in truth.items())
    assert {row["defect"].split(":")[0] for row in truth.values()} >= LEDGER_KINDS
    assert {row["related_posting_id"] for row in truth.values()} - {""} <= postings.keys()


def test_every_posting_is_in_its_period_and_stays_as_it_was(demo: Path) -> None:
    newest = _postings(demo)
    for row in newest.values():
        _, month, year = row["posted_on"].split(".")
        assert (row["fiscal_year"], row["period"]) == (year, "0" + month)
    for on in DATES[:-1]:
        earlier = _postings(demo, on)
        assert all(newest[key] == row for key, row in earlier.items())
        assert all(row["created_at"][:10] <= on for row in earlier.values())
        assert all(newest[key]["created_at"][:10] > on for key in newest.keys() - earlier.keys())


def test_true_payments_exist_or_are_said_to_be_deleted(demo: Path) -> None:
    expected, granted = (_bos(demo, DATES[-1], report) for report in ("expected", "granted"))
    for row in _truth(demo, "ledger_truth.csv"):
        deleted = set(row["deleted_in_bos"].split("|"))
        courses = row["bos_payment_schedule_payment_id"].split("|")
        for payment_id in row["true_bos_payment_ids"].split("|"):
            if payment_id == "NONE" or payment_id in deleted:
                assert payment_id not in granted
                continue
            payment = granted.get(payment_id) or expected[payment_id]
            assert payment["payment_method"] == row["method"]
            assert payment["payment_schedule__payment_id"] in courses
            assert payment["fictive"] == "False"


def test_missing_payments_are_granted_and_due(demo: Path) -> None:
    granted = _bos(demo, DATES[-1], "granted")
    missing = _truth(demo, "ledger_missing.csv")
    assert {"activity_never_invoiced", "invoice_not_arrived_yet"} <= {row["reason"] for row in missing}
    posted = {
        payment_id
        for row in _truth(demo, "ledger_truth.csv")
        for payment_id in row["true_bos_payment_ids"].split("|")
    }
    for row in missing:
        payment = granted[row["payment_id"]]
        assert (payment["date"], payment["amount"]) == (row["date"], row["amount"])
        assert payment["date"] <= DATES[-1]
        assert bool(payment["paid_date"]) == (row["paid_in_bos"] == "True")
        assert row["payment_id"] not in posted


def test_a_posting_without_defect_has_the_planned_amount(demo: Path) -> None:
    granted = _bos(demo, DATES[-1], "granted")
    zeroed = {
        row["payment_id"] for row in _truth(demo, "planted_bos.csv") if row["kind"] == "zero_price_period"
    }
    compared = 0
    for row in _truth(demo, "ledger_truth.csv"):
        payments = [granted.get(payment_id) for payment_id in row["true_bos_payment_ids"].split("|")]
        if row["defect"] != "ok" or row["bos_payment_schedule_payment_id"] in zeroed or None in payments:
            continue
        compared += 1
        assert sum(Decimal(payment["amount"]) for payment in payments if payment) == Decimal(
            row["posted_amount"]
        )
    assert compared > 100


def test_planted_defects_are_there(demo: Path) -> None:
    planted = _truth(demo, "planted_bos.csv")
    assert {row["kind"] for row in planted} == BOS_KINDS
    activities = {row["activity_id"]: row for on in DATES for row in _truth(demo, f"activities_{on}.csv")}
    histories = _rows(demo / "landing" / "bos" / DATES[-1] / "expected_cases_0.csv")
    assert {row["case"] for row in planted} <= {row["case_sbsys_id"] for row in histories}
    for row in planted:
        if row["activity"]:
            activity = activities[row["activity"]]
            assert (activity["case_sbsys"], activity["payment_id"]) == (row["case"], row["payment_id"])


def test_what_is_planted_between_deliveries_shows_in_the_later_one(demo: Path) -> None:
    planted = {row["kind"]: row["payment_id"] for row in _truth(demo, "planted_bos.csv")}
    first, last = (_bos(demo, on, "granted") for on in (DATES[0], DATES[-1]))
    of_first = {row["payment_schedule__payment_id"] for row in first.values()}
    of_last = {row["payment_schedule__payment_id"] for row in last.values()}
    assert planted["retroactive_grant"] in of_last - of_first
    assert planted["granted_activity_deleted"] in of_first - of_last
    vanished = [row for key, row in first.items() if key not in last and row["date"] < DATES[0]]
    assert planted["retroactive_end"] in {row["payment_schedule__payment_id"] for row in vanished}


def test_deliveries_agree_with_each_other(demo: Path) -> None:
    """A payment keeps its id, date, course and what was paid; it goes only with an end or its activity."""
    kept = ("date", "payment_schedule__payment_id", "sbsys_id", "payment_method")
    for before, after in itertools.pairwise(DATES):
        old, new = _bos(demo, before, "granted"), _bos(demo, after, "granted")
        for key in old.keys() & new.keys():
            assert [old[key][name] for name in kept] == [new[key][name] for name in kept]
            if old[key]["paid_date"]:
                assert old[key]["paid_date"] == new[key]["paid_date"]
                assert old[key]["paid_amount"] == new[key]["paid_amount"]
        ends: dict[str, list[str]] = {}
        for row in _truth(demo, f"activities_{after}.csv"):
            ends.setdefault(row["payment_id"], []).append(row["end_date"] or "9999")
        for key in old.keys() - new.keys():
            # Of a course with adjustments: of the activity that ended first.
            assert min(ends.get(old[key]["payment_schedule__payment_id"], [""])) < old[key]["date"]


def test_expected_and_granted_differ_as_the_reports_do(demo: Path) -> None:
    for on in DATES:
        expected, granted = _bos(demo, on, "expected"), _bos(demo, on, "granted")
        assert {row["activity_status"] for row in granted.values()} == {"GRANTED"}
        only_expected = {expected[key]["activity_status"] for key in expected.keys() - granted.keys()}
        assert only_expected == {"EXPECTED"}
        # What a pending adjustment replaces is in the granted report alone.
        assert granted.keys() - expected.keys()


def test_horizon_of_open_ended_courses(demo: Path) -> None:
    for row in _bos(demo, DATES[-1], "granted").values():
        assert row["activity_end_date"] or row["date"] <= "2023-12-31"


def test_the_plan_names_courses_that_ended_earlier_than_they_were_to(demo: Path) -> None:
    plan = [
        row
        for row in _rows(demo / "landing" / "plan" / DATES[-1] / "initiatives.csv")
        if row["Initiativ"] == "H01"
    ]
    truth = _truth(demo, "savings_plan.csv")
    assert truth
    for row in plan:
        assert row["Forløb"] == ", ".join(found["course_id"] for found in truth)
    for found in truth:
        for day, end in ((DATES[0], found["end_before"]), (DATES[-1], found["end_after"])):
            shown = [
                row["activity_end_date"]
                for row in _bos(demo, day, "granted").values()
                if row["payment_schedule__payment_id"] == found["course_id"]
            ]
            assert set(shown) == {end}
        assert Decimal(found["realised"]) + Decimal(found["secured"]) < 0


def test_assumptions_are_right_or_off_as_planted(demo: Path) -> None:
    """The truth is of the file's rows; what a row leaves out is what its kind says."""
    key = ("Aktivitetsnummer", "Leverandørtype", "Målgruppe")
    rows = {
        tuple(row[name] for name in key): row
        for row in _rows(demo / "landing" / "plan" / DATES[0] / "assumptions_2022.csv")
    }
    truth = {
        (row["activity_no"], row["provider_kind"], row["target_group"]): row
        for row in _truth(demo, "budget_assumptions.csv")
    }
    assert truth.keys() == rows.keys()
    planted = {row["planted"] for row in truth.values()}
    assert planted >= {"number", "price", "cost", "within", "activation", "by_target_group", "not_used"}
    for found, row in truth.items():
        told = rows[found]
        assert (row["is_reportable"] == "True") == (
            row["planted"] in {"number", "price", "duration", "not_used"}
        )
        assert bool(told["Aktiveringsprocent"]) == (row["planted"] == "activation")
        assert bool(told["Helårsforløb"]) == bool(told["Pris pr. dag"]) == (row["planted"] != "cost")
        if told["Helårsforløb"]:
            number, price, cost = (
                Decimal(told[name].replace(",", ".")) for name in ("Helårsforløb", "Pris pr. dag", "Udgift")
            )
            rate = Decimal(told["Aktiveringsprocent"] or 100) / 100
            assert abs(number * rate * price * 365 - cost) < cost / 1000


def test_ingest_takes_every_row(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOBLING_HOME", str(tmp_path))
    monkeypatch.setenv("KOBLING_LANDING", str(demo / "landing"))
    monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", "a synthetic key for tests only")
    result = ingest(load_settings())
    assert (len(result.loaded), result.refused, result.skipped) == (8, [], [])
    for delivery in result.loaded:
        assert delivery.warnings == delivery.ignored == []
        folder = demo / "landing" / delivery.source / delivery.extract_date.isoformat()
        assert {file.name: file.accepted for file in delivery.files} == {
            file.name: len(_rows(file)) for file in folder.iterdir()
        }
        assert all(file.quarantined == 0 and file.warnings == [] for file in delivery.files)
