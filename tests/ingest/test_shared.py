"""The shared extracts: real KMD Opus files, the ledger's control totals and the case system's own files."""

import csv
import shutil
from decimal import Decimal


def test_kmd_opus_files_load_and_sum_to_zero(world, shared_data):
    folder = world.folder("kmd_opus", "2024-03-31")
    shutil.copytree(shared_data / "kmd_opus", folder)
    delivery = world.loaded()
    assert len(delivery.files) == 4
    assert delivery.ignored == ["LICENSE", "mobilepay_konteringsregler.csv"]
    for file in delivery.files:
        assert (file.quarantined, file.warnings) == (0, [])
        assert file.amount_total_dkk + file.balance_total_dkk == 0
    assert sum(file.rows for file in delivery.files) == 298
    lines = world.rows(
        "posting", "art_no, source_account, posted_on::VARCHAR, is_balance, amount_dkk::VARCHAR"
    )
    assert ("790", "XG-0000002667-00008", "2024-02-09", False, "-9410.00") in lines
    assert ("905", None, "2024-02-09", True, "9410.00") in lines


def test_a_changed_kmd_opus_amount_no_longer_sums_to_zero(world, shared_data):
    content = (
        (shared_data / "kmd_opus" / "2024-02-06.csv")
        .read_text(encoding="utf-8")
        .replace(";9.550;", ";9.551;", 1)
    )
    world.put("kmd_opus", "2024-02-06", "2024-02-06.csv", content, "utf-8")
    assert world.refused() == "2024-02-06.csv: debit and credit differ by -1.00"


def test_the_ledger_ties_to_its_files_and_to_the_truth(world, shared_data):
    day = "2022-01-31"
    shutil.copytree(shared_data / "landing" / "ledger" / "2021-12-31", world.folder("ledger", "2021-12-31"))
    shutil.copytree(shared_data / "landing" / "ledger" / day, world.folder("ledger", day))
    result = world.ingest()
    assert len(result.loaded) == 2
    totals = {}
    for delivery in result.loaded:
        for file in delivery.files:
            if file.entity == "posting":
                assert (file.quarantined, file.warnings) == (0, [])
                path = world.folder("ledger", str(delivery.extract_date)) / file.name
                assert file.amount_total_dkk == _sum(path)
                totals[file.name] = file.amount_total_dkk
    with (shared_data / "truth" / "ledger_totals.csv").open(encoding="utf-8") as handle:
        truth = {row["what"]: Decimal(row["amount"]) for row in csv.DictReader(handle)}
    assert sum(total for name, total in totals.items() if "2021" in name) == truth["actual_2021"]


def _sum(path) -> Decimal:
    with path.open(encoding="cp1252", newline="") as handle:
        return sum(
            (
                Decimal(row["amount"].replace(",", ".")) * (1 if row["debit_credit"] == "D" else -1)
                for row in csv.DictReader(handle, delimiter=";")
            ),
            Decimal(0),
        )


def test_the_case_systems_files_load_without_a_bad_row(world, shared_data):
    shutil.copytree(shared_data / "landing" / "bos" / "2021-12-31", world.folder("bos", "2021-12-31"))
    delivery = world.loaded()
    assert {file.name: (file.rows, file.quarantined) for file in delivery.files} == {
        "expected_payments_3.csv.gz": (22568, 0),
        "granted_payments_3.csv.gz": (22342, 0),
        "expected_cases_0.csv.gz": (647, 0),
    }
    assert not delivery.warnings
    assert not [text for file in delivery.files for text in file.warnings]
