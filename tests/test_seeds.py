"""Cross checks of the seeds: what one CSV file says must fit what the others say, and the sources they came from."""

import csv
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.ingest import ENTITIES

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
INPUTS = set(ENTITIES) | {
    "budget_of_year",
    "budget_assumption_of_year",
    "previous_delivery",
    "forecast_observation",
    "inter_municipal_income",
    "school_posting",
    "state_refund",
}

Row = dict[str, str]

needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared reference data is not beside the project"
)


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seed(name: str) -> list[Row]:
    """Rows of a seed, every value as text, NULL as the empty text."""
    return read(ROOT / "seeds" / f"{name}.csv")


def corrected(source_account: str, section_id: str, main_activity_no: str) -> str:
    """The account that an account of the case system stands for; the most specific correction wins."""
    fits = [
        row
        for row in seed("account_correction")
        if row["source_account"] == source_account
        and row["section_id"] in ("", section_id)
        and row["main_activity_no"] in ("", main_activity_no)
    ]
    specific = Counter(bool(row["section_id"]) + bool(row["main_activity_no"]) for row in fits)
    assert all(count == 1 for count in specific.values()), (
        f"corrections compete for {source_account} in {section_id}"
    )
    fits.sort(key=lambda row: bool(row["section_id"]) + bool(row["main_activity_no"]))
    return fits[-1]["account_id"] if fits else source_account


def planned_account(row: Row) -> str:
    """The account that the case system writes for a row of section_activity (extracts.md 6)."""
    return f"{row['main_account']}-{row['category_no']}".strip() if row["category_no"] else "UKENDT"


def test_every_seed_column_is_typed_and_described() -> None:
    described = yaml.safe_load((ROOT / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    columns = {entry["name"]: entry for entry in described}
    files = {path.stem for path in (ROOT / "seeds").glob("*.csv")}
    # Other seeds may have YAML of their own; what _seeds.yml describes must fit its file.
    assert set(columns) <= files
    for name, entry in columns.items():
        # the header alone: a seed may have no row yet
        header = (ROOT / "seeds" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        assert list(entry["config"]["column_types"]) == header, name
        assert [column["name"] for column in entry["columns"]] == header, name
        assert all(column["description"] for column in entry["columns"]), name


def test_every_planned_account_is_in_the_chart() -> None:
    chart = {row["account_id"]: row for row in seed("account")}
    for row in seed("section_activity"):
        account_id = corrected(planned_account(row), row["section_id"], row["activity_no"])
        assert account_id in chart, f"{row['section_id']} x {row['activity_no']} plans on {account_id}"
        assert chart[account_id]["is_activity_account"] == "true"


def test_every_activity_account_is_planned_on() -> None:
    planned = {
        corrected(planned_account(row), row["section_id"], row["activity_no"])
        for row in seed("section_activity")
    }
    assert {row["account_id"] for row in seed("account") if row["is_activity_account"] == "true"} == planned


def test_dirty_accounts_carry_a_finding() -> None:
    for row in seed("section_activity"):
        is_clean = re.fullmatch(r"528\d{6}|538\d{6}|557\d{6}", row["main_account"]) and re.fullmatch(
            r"\d{6}", row["category_no"]
        )
        assert bool(row["finding_da"]) != bool(is_clean), f"{row['section_id']} x {row['activity_no']}"


def test_account_is_the_sum_of_its_parts() -> None:
    for row in seed("account"):
        main = row["function_no"] + row["dranst_no"] + row["grouping_no"]
        assert (row["main_account_no"], row["account_id"]) == (main, f"{main}-{row['category_no']}")


def test_corrections_lead_into_the_chart() -> None:
    chart = {row["account_id"] for row in seed("account")}
    for row in seed("account_correction"):
        assert row["account_id"] in chart
        assert row["source_account"] not in chart


@pytest.mark.parametrize("name", ["frame_account_rule", "service_frame_rule", "school_side"])
def test_rules_compile(name: str) -> None:
    for rule in seed(name):
        re.compile(rule["account_pattern"])
        re.compile(rule.get("except_pattern", ""))


def test_an_account_is_on_one_side_of_a_school_at_most() -> None:
    activities = {row["activity_no"] for row in seed("activity")}
    rules = seed("school_side")
    for rule in rules:
        assert bool(rule["account_pattern"]) != bool(rule["activity_no"]), rule["rule_no"]
        assert rule["activity_no"] in activities | {""}, rule["rule_no"]
    for row in seed("account"):
        sides = {
            rule["side"]
            for rule in rules
            if rule["account_pattern"] and re.search(rule["account_pattern"], row["account_id"])
        }
        assert len(sides) <= 1, row["account_id"]


def takes(rule: Row, account_id: str) -> bool:
    """Whether a rule of a seed takes an account."""
    excepted = rule["except_pattern"] and re.search(rule["except_pattern"], account_id)
    return bool(re.search(rule["account_pattern"], account_id)) and not excepted


def test_every_account_has_one_frame_and_one_service_frame_rule() -> None:
    for row in seed("account"):
        frames = {rule["frame_id"] for rule in seed("frame_account_rule") if takes(rule, row["account_id"])}
        inside = {
            rule["is_service_frame"]
            for rule in seed("service_frame_rule")
            if takes(rule, row["account_id"]) and rule["dranst_no"] in ("", row["dranst_no"])
        }
        assert len(frames) == 1, row["account_id"]
        assert len(inside) == 1, row["account_id"]


def test_exactly_one_frame_takes_what_no_rule_takes() -> None:
    assert [row["frame_id"] for row in seed("frame") if row["is_fallback"] == "true"] == ["UDEN"]


def test_sections_follow_their_law() -> None:
    sections = {row["section_id"]: row for row in seed("section")}
    for section_id, row in sections.items():
        assert section_id.startswith(row["law"] + "-")
        if row["law"] == "SEL":
            assert row["valid_to"] == "2023-12-31"
        else:
            assert (row["valid_from"], row["valid_to"]) == ("2024-01-01", "")
        assert (row["exclusive_group"] == "placement") == (row["is_placement"] == "true")
        if row["is_placement"] == "true":
            assert row["max_duration_months"] == "", "placements have no longest duration"
        if row["bl_section_id"]:
            successor = sections[row["bl_section_id"]]
            assert row["is_replaced_by_bl"] == "true"
            assert successor["is_placement"] == row["is_placement"]
            assert successor["age_limit_years"] == row["age_limit_years"]


@pytest.mark.parametrize(
    ("section_id", "age_limit_years"),
    [("SEL-52-3.7", "18"), ("SEL-41", "18"), ("SEL-42", "18"), ("SEL-45", "18"), ("SEL-76-3.1", "23"),
     ("SEL-76-a", "23"), ("BL-46", "18"), ("BL-114-1.1", "23"), ("BL-120", "23"), ("SEL-109", "")],
)  # fmt: skip
def test_age_limits(section_id: str, age_limit_years: str) -> None:
    sections = {row["section_id"]: row["age_limit_years"] for row in seed("section")}
    assert sections[section_id] == age_limit_years


def test_cvr_check_digits_are_what_the_flag_says() -> None:
    for row in seed("provider"):
        digits = [int(digit) for digit in row["cvr_no"]]
        is_valid = sum(a * b for a, b in zip(digits, (2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0
        assert (row["is_cvr_valid"] == "true") == is_valid
        assert is_valid or row["finding_da"]


def test_rates_do_not_overlap() -> None:
    by_rate: dict[str, list[Row]] = {}
    for row in seed("rate"):
        by_rate.setdefault(row["rate_no"], []).append(row)
    for rows in by_rate.values():
        rows.sort(key=lambda row: row["valid_from"])
        for earlier, later in pairwise(rows):
            assert earlier["valid_to"] and earlier["valid_to"] < later["valid_from"]


def test_gap_rules_are_whole() -> None:
    rules = seed("gap_rule")
    assert len({rule["rule_id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(filter(None, rule["inputs"].split(","))) <= INPUTS, rule["rule_id"]
        assert (rule["is_enabled"] == "false") == bool(rule["disabled_reason_da"]), rule["rule_id"]
        escalates = bool(rule["escalation_days"] or rule["escalation_dkk"])
        assert escalates == bool(rule["severity_escalated"]), rule["rule_id"]
        has_threshold = any(
            value
            for column, value in rule.items()
            if column.startswith("threshold_") and column != "threshold_reason_da"
        )
        assert not has_threshold or rule["threshold_reason_da"], rule["rule_id"]


# Rules whose hits are lists to review, not errors to mend: information without a deadline, whatever the catalogue says.
REVIEW_LISTS = {"B04", "C12"}


@needs_shared
def test_gap_rules_are_the_catalogue() -> None:
    rules = {rule["rule_id"]: rule for rule in seed("gap_rule")}
    catalogue = read(SHARED / "design" / "rules.csv")
    assert [rule["rule_id"] for rule in catalogue] == list(rules)
    for entry in catalogue:
        rule = rules[entry["rule_id"]]
        for column in ("name_da", "owner", "tier", "logic"):
            assert rule[column] == entry[column], (entry["rule_id"], column)
        assert rule["severity_source"] == entry["severity"]
        if entry["rule_id"] in REVIEW_LISTS:
            assert (rule["severity"], rule["deadline_workdays"]) == ("I", "0"), entry["rule_id"]
        else:
            assert rule["severity"] in entry["severity"], entry["rule_id"]
            assert rule["deadline_workdays"] == entry["deadline_workdays"], entry["rule_id"]


@needs_shared
def test_seeds_hold_every_row_of_the_case_system() -> None:
    instance = SHARED / "data" / "bos_instance"
    sections = {row["section_id"]: row["name"] for row in seed("section")}
    assert {
        row["paragraph"]: row["text"].strip() for row in read(instance / "sections.csv")
    }.items() <= sections.items()
    activities = {row["activity_no"]: row["source_name"] for row in seed("activity")}
    assert {row["activity_id"]: row["name"] for row in read(instance / "activity_details.csv")} == activities
    source = {
        (row["section"], row["activity_id"], row["category_id"], row["main_account"])
        for row in read(instance / "section_infos.csv")
    }
    assert source == {
        (row["section_id"], row["activity_no"], row["category_no"], row["main_account"])
        for row in seed("section_activity")
    }
    assert {row["cvr_number"] for row in read(instance / "service_providers.csv")} == {
        row["cvr_no"] for row in seed("provider")
    }


@needs_shared
def test_every_account_of_the_deliveries_is_in_the_chart_or_a_finding() -> None:
    chart = {row["account_id"] for row in seed("account")}
    landing = SHARED / "data" / "landing"
    planned = (
        duckdb.connect()
        .execute(f"""
        select distinct regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1), section, main_activity_id
        from read_csv('{landing}/bos/*/granted_payments_3.csv.gz', all_varchar = true)
    """)
        .fetchall()
    )
    booked = (
        duckdb.connect()
        .execute(f"""
        select distinct regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1)
        from read_csv('{landing}/ledger/*/[bp]*_*.csv', all_varchar = true, delim = ';', encoding = 'latin-1',
            union_by_name = true)
    """)
        .fetchall()
    )
    accounts = {corrected(*row) for row in planned} | {row[0] for row in booked}
    assert planned and booked
    assert accounts <= chart


def test_the_late_registration_plan_ends_on_the_backlogs_deadline() -> None:
    general = [row for row in seed("late_registration_plan") if row["team_id"] == "*"]
    last = max(general, key=lambda row: row["agreed_on"])
    [deadline] = [row["due_on"] for row in seed("backlog_deadline") if row["source_system"] == "*"]
    assert (last["agreed_on"], last["open_pct"]) == (deadline, "0")


def test_every_activity_that_places_a_child_has_a_type() -> None:
    """Main activities of the sections that place; what is missing would be placed 'elsewhere'."""
    places = {row["section_id"] for row in seed("section") if row["is_placement"] == "true"}
    main = {row["activity_no"] for row in seed("activity") if row["is_main_possible"] == "true"}
    planned = {row["activity_no"] for row in seed("section_activity") if row["section_id"] in places}
    assert {row["activity_no"] for row in seed("placement_type")} == planned & main


def test_the_age_bands_leave_no_age_out() -> None:
    bands = sorted(seed("age_band"), key=lambda row: int(row["band_no"]))
    assert bands[0]["from_years"] == bands[-1]["to_years"] == ""
    assert all(int(one["to_years"]) + 1 == int(other["from_years"]) for one, other in pairwise(bands))
