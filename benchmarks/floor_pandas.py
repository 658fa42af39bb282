"""The same three marts in plain pandas, as a controller's script makes them: the formulas of floor.sql.

python -m benchmarks.floor_pandas LANDING OUT
"""

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.deliveries import CORRECTIONS, Newest, newest

REPORT = {
    "id": "payment_no",
    "payment_schedule__payment_id": "course_id",
    "sbsys_id": "appropriation_id",
    "date": "planned_on",
    "amount": "planned_dkk",
    "fictive": "is_fictive",
    "payment_schedule__payment_frequency": "frequency",
    "activity_type": "activity_type",
    "activity_status": "activity_status",
    "recipient_type": "recipient_type",
    "recipient_id": "recipient_id",
    "recipient_name": "recipient_name",
    "section": "section_id",
    "activity__details__activity_id": "activity_no",
    "main_activity_id": "main_activity_no",
    "target_group": "target_group",
    "activity_start_date": "start_on",
    "activity_end_date": "end_on",
    "account_string": "account_string",
}
"""The columns that are read of the two payments reports, by the names that they get."""

SEGMENT = ["section_id", "activity_no", "provider_id", "target_group"]
DAY = pd.Timedelta(days=1)


def make(landing: Path, out: Path) -> None:
    """Writes the three marts as CSV files."""
    files = newest(landing)
    as_of = pd.Timestamp(files.as_of)
    granted, expected = report(files.granted), report(files.expected)
    granted = granted[~granted["is_fictive"]]
    posting, budget = ledger(files)
    matched = match(posting, granted, as_of)
    payment = granted.merge(matched, on="payment_no", how="left").fillna({"posted_dkk": 0.0})
    marts = {
        "mart_overrun": overrun(posting, budget, payment, expected, as_of),
        "mart_registration_gap": registration_gap(posting, matched, payment, expected, as_of),
        "mart_unit_price": unit_price(payment, as_of),
    }
    for name, mart in marts.items():
        mart.to_csv(out / f"{name}.csv", index=False)


# The files


def report(path: Path) -> pd.DataFrame:
    """A payments report: the payments with their corrected accounts and what they say of their course."""
    text = set(REPORT) - {"id", "payment_schedule__payment_id", "amount", "fictive"}
    frame = pd.read_csv(
        path,
        usecols=list(REPORT),
        dtype=dict.fromkeys(text - {"date", "activity_start_date", "activity_end_date"}, "str"),
        parse_dates=["date", "activity_start_date", "activity_end_date"],
    ).rename(columns=REPORT)
    frame["is_main"] = frame["activity_type"] == "MAIN_ACTIVITY"
    frame["is_internal"] = frame["recipient_type"] == "INTERNAL"
    frame["service_days"] = frame["frequency"].map({"WEEKLY": 7, "BIWEEKLY": 14}).fillna(1).astype("int64")
    frame["provider_id"] = np.select(
        [frame["recipient_type"] == "COMPANY", frame["is_internal"]],
        [frame["recipient_id"], frame["recipient_name"]],
        "PERSON",
    )
    frame["account_id"] = corrected(frame)
    frame["activity_no"] = frame["activity_no"].where(frame["is_main"], frame["main_activity_no"])
    frame["target_group"] = frame["target_group"].fillna("Ukendt")
    return frame


def middle(account_string: pd.Series) -> pd.Series:
    """The account: what stands between the first and the last hyphen."""
    return account_string.str.replace(r"^[^-]*-(.*)-[^-]*$", r"\1", regex=True)


def corrected(frame: pd.DataFrame) -> pd.Series:
    """The accounts with the corrections that apply to their account, section and main activity."""
    account = middle(frame["account_string"])
    for row in pd.read_csv(CORRECTIONS, dtype="str").itertuples():
        applies = account == row.source_account
        for column in ("section_id", "main_activity_no"):
            if pd.notna(value := getattr(row, column)):
                applies &= frame[column] == value
        account = account.mask(applies, row.account_id)
    return account


def ledger(files: Newest) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The postings up to the as-of date, and the budget by year and account."""
    posting = read_ledger(files.postings)
    posting["posted_on"] = pd.to_datetime(posting["posted_on"], format="%d.%m.%Y")
    posting = posting[posting["posted_on"] <= pd.Timestamp(files.as_of)].copy()
    posting["account_id"] = middle(posting["account_string"])
    posting[["posting_id", "fiscal_year"]] = posting[["posting_id", "fiscal_year"]].astype("int64")
    sign = np.where(posting["debit_credit"] == "K", -1, 1)
    posting["amount_dkk"] = sign * posting["amount"].str.replace(",", ".").astype("float64")
    posting["party"] = posting["supplier_cvr"].mask(posting["art"] == "979", "INTERNAL")
    named = posting["payment_reference"].fillna(posting["text"].str.extract("BOS ([0-9]+)", expand=False))
    posting["course_id"] = pd.to_numeric(named, errors="coerce")

    budget = read_ledger(files.budgets)
    budget["account_id"] = middle(budget["account_string"])
    budget["fiscal_year"] = budget["fiscal_year"].astype("int64")
    names = {f"{kind}_budget": f"budget_{kind}" for kind in ("original", "supplementary", "corrected")}
    amounts = budget[list(names)].astype("float64").rename(columns=names)
    return posting, amounts.groupby([budget["fiscal_year"], budget["account_id"]]).sum()


def read_ledger(paths: Iterable[Path]) -> pd.DataFrame:
    """All files of a kind below each other, as text."""
    return pd.concat(
        [pd.read_csv(path, sep=";", encoding="latin-1", dtype="str") for path in paths], ignore_index=True
    )


# Which posting pays which payment


def match(posting: pd.DataFrame, payment: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Posting, payment and amount: first by the payment id that is named, then by payee, account and amount."""
    named = posting[posting["course_id"].notna()].assign(month=lambda rows: month(rows["posted_on"]))
    by_reference = nth_to_nth(
        named, payment.assign(month=month(payment["planned_on"])), ["course_id", "month"]
    )
    left = posting[posting["party"].notna() & ~posting["posting_id"].isin(by_reference["posting_id"])]
    due = payment[(payment["planned_on"] <= as_of) & ~payment["payment_no"].isin(by_reference["payment_no"])]
    due = due.assign(
        party=due["provider_id"].mask(due["is_internal"], "INTERNAL"), amount_dkk=due["planned_dkk"]
    )
    return pd.concat([by_reference, nth_to_nth(left, due, ["party", "account_id", "amount_dkk"])])


def nth_to_nth(posting: pd.DataFrame, payment: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The n-th posting of a key pays the n-th payment of it."""
    amount = posting["amount_dkk"].rename("posted_dkk")
    posting = posting.assign(posted_dkk=amount).sort_values(["posted_on", "posting_id"])
    payment = payment.sort_values(["planned_on", "payment_no"])
    posting["nth"] = posting.groupby(keys).cumcount()
    payment["nth"] = payment.groupby(keys).cumcount()
    joined = posting[[*keys, "nth", "posting_id", "posted_dkk"]].merge(
        payment[[*keys, "nth", "payment_no"]], on=[*keys, "nth"]
    )
    return joined[["posting_id", "payment_no", "posted_dkk"]]


def month(day: pd.Series) -> pd.Series:
    """The first day of its month."""
    return day.dt.to_period("M").dt.to_timestamp()


# The marts


def overrun(
    posting: pd.DataFrame,
    budget: pd.DataFrame,
    payment: pd.DataFrame,
    expected: pd.DataFrame,
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """Fiscal year x account: budget, actuals, what is still to come, forecast."""
    year, keys = as_of.year, ["fiscal_year", "account_id"]
    income = posting["art"].str[0].isin(["7", "8"])
    period = posting["fiscal_year"].astype("str") + "-" + posting["period"].str[-2:]
    is_closed = period.map({name: is_closed_on(name, as_of) for name in period.unique()})
    actual = sums(
        posting,
        keys,
        posting["amount_dkk"],
        actual_to_date=True,
        actual_expenditure=~income,
        actual_income=income,
        actual_closed=is_closed,
    )
    closed = posting[is_closed].groupby("fiscal_year")["period"].nunique()

    planned_on = payment["planned_on"]
    is_rest = (planned_on > as_of) & (planned_on.dt.year == year)
    open_dkk = (payment["planned_dkk"] - payment["posted_dkk"]).clip(lower=0)
    account = payment.assign(fiscal_year=year)
    commitment = sums(
        account,
        keys,
        open_dkk,
        accrued_unposted=planned_on.between(as_of - 120 * DAY, as_of),
        committed_remaining=is_rest,
        committed_internal=is_rest & payment["is_internal"],
    ).join(sums(account, keys, payment["planned_dkk"], committed_next_year=planned_on.dt.year == year + 1))
    commitment["payments"] = sums(
        account, keys, pd.Series(1, payment.index), payments=planned_on.dt.year == year
    )

    still = expected[~expected["is_fictive"]].assign(fiscal_year=year)
    still = still[(still["planned_on"] > as_of) & (still["planned_on"].dt.year == year)]
    is_stale = (still["activity_status"] == "EXPECTED") & (still["start_on"] < as_of - 60 * DAY)
    pipeline = sums(still, keys, still["planned_dkk"], pipeline_expected=~is_stale, pipeline_stale=is_stale)
    rest = sums(account[is_rest], keys, payment["planned_dkk"][is_rest], granted=True)

    this_year = posting[posting["fiscal_year"] == year]
    spill = payment[planned_on.dt.year < year][["posting_id", "posted_dkk"]].merge(
        this_year[["posting_id", *keys]], on="posting_id"
    )

    mart = budget.join([actual, commitment, pipeline, rest], how="outer")
    mart = mart.join(spill.groupby(keys)["posted_dkk"].sum().rename("spill_out")).fillna(0.0)
    mart["pipeline_expected"] -= mart.pop("granted")
    periods = closed.reindex(mart.index.get_level_values("fiscal_year")).to_numpy()
    straight_line = (mart.pop("actual_closed") * 12 / periods).round(2)
    mart["has_granted_payment"] = mart.pop("payments") > 0
    mart["forecast_straight_line"] = straight_line
    mart["forecast_commitment"] = (
        mart["actual_to_date"] + mart["accrued_unposted"] + mart["committed_remaining"] - mart["spill_out"]
    )
    mart["forecast_activity"] = mart["forecast_commitment"] + mart["pipeline_expected"]
    mart["forecast"] = straight_line.mask(
        mart["has_granted_payment"] | straight_line.isna(), mart["forecast_activity"]
    ).mask(mart.index.get_level_values("fiscal_year") < year, mart["actual_to_date"])
    mart = mart.round(2)
    mart["expected_overrun"] = mart["forecast"] - mart["budget_corrected"]
    mart["expected_overrun_pct"] = (
        mart["expected_overrun"] * 100 / mart["budget_corrected"].where(mart["budget_corrected"] > 0)
    )
    return mart.reset_index()


def is_closed_on(period: str, as_of: pd.Timestamp) -> bool:
    """Whether the period is closed: twenty days after its month's last day."""
    return bool(pd.Period(period, "M").end_time.normalize() + 20 * DAY <= as_of)


def sums(frame: pd.DataFrame, keys: list[str], amount: pd.Series, **where: pd.Series | bool) -> pd.DataFrame:
    """The sum of the amount by keys, once for each condition."""
    columns = {name: np.where(condition, amount, 0) for name, condition in where.items()}
    return pd.DataFrame(columns, index=amount.index).groupby([frame[key] for key in keys]).sum()


def registration_gap(
    posting: pd.DataFrame,
    matched: pd.DataFrame,
    payment: pd.DataFrame,
    expected: pd.DataFrame,
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """What three simple rules find: postings without a course, courses without postings, courses only expected."""
    unmatched = posting[
        (posting["amount_dkk"] > 0)
        & posting["account_id"].isin(payment["account_id"].unique())
        & ~posting["posting_id"].isin(matched["posting_id"])
    ]
    a01 = pd.DataFrame(
        {
            "rule_id": "A01",
            "business_key": unmatched["posting_id"],
            "account_id": unmatched["account_id"],
            "amount_dkk": unmatched["amount_dkk"],
            "occurred_on": unmatched["posted_on"],
        }
    )
    unpaid = payment[
        payment["posting_id"].isna()
        & (payment["planned_dkk"] > 0)
        & payment["planned_on"].between(as_of - 365 * DAY, as_of - 75 * DAY)
    ]
    a03 = by_course(unpaid.assign(occurred_on=unpaid["planned_on"]), "A03")
    only_expected = expected[expected["activity_status"] == "EXPECTED"]
    b05 = by_course(
        only_expected.assign(occurred_on=only_expected["start_on"].fillna(only_expected["planned_on"])), "B05"
    )
    return pd.concat([a01, a03[a03["payments"] >= 3], b05[b05["occurred_on"] < as_of - 7 * DAY]])[list(a01)]


def by_course(payment: pd.DataFrame, rule_id: str) -> pd.DataFrame:
    """One gap a course."""
    gap = payment.groupby("course_id").agg(
        account_id=("account_id", "min"),
        amount_dkk=("planned_dkk", "sum"),
        occurred_on=("occurred_on", "min"),
        payments=("planned_on", "size"),
    )
    gap["amount_dkk"] = gap["amount_dkk"].round(2)
    return gap.reset_index(names="business_key").assign(rule_id=rule_id)


def unit_price(payment: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Month x section x activity x provider x target group: days and money of main courses with their follow-up."""
    course = payment.sort_values(["planned_on", "payment_no"]).drop_duplicates("course_id", keep="last")
    course = course.set_index("course_id")[["appropriation_id", "is_main", "is_internal", *SEGMENT]]
    money = course_money(payment, as_of)
    active = active_months(payment, course.index[course["is_main"]], as_of)
    course_month = active.join(money, how="outer").join(course, on="course_id").reset_index()
    course_month = course_month.fillna({"course_days": 0, "planned_dkk": 0.0, "posted_dkk": 0.0})
    main, suppl = course_month[course_month["is_main"]], course_month[~course_month["is_main"]]

    keys = ["appropriation_id", "month"]
    carrier = main[main["course_days"] > 0].groupby(keys)["course_id"].min().rename("carrier")
    suppl = suppl.join(carrier, on=keys)
    amounts = {"planned_dkk": "suppl_dkk", "posted_dkk": "suppl_posted_dkk"}
    carried = suppl.groupby(["carrier", "month"])[list(amounts)].sum().rename(columns=amounts)
    main = main.join(carried, on=["course_id", "month"]).assign(is_unattached=False)
    unattached = suppl[suppl["carrier"].isna()].rename(columns=amounts)
    unattached = unattached[["month", *SEGMENT, *amounts.values()]].assign(is_unattached=True, course_days=0)

    member = pd.concat([main, unattached], ignore_index=True)
    is_active = member["course_days"] > 0
    last_day = member["month"] + pd.offsets.MonthEnd(0)
    is_ended = is_active & member["is_open"].eq(False) & (member["end_on"] <= last_day)
    member = member.assign(
        active_courses=is_active,
        new_courses=is_active & (member["start_on"] >= member["month"]),
        ended_courses=is_ended,
        cost_internal_dkk=member["planned_dkk"].where(member["is_internal"].eq(True), 0.0),
        avg_duration_days=((member["end_on"] - member["start_on"]).dt.days + 1).where(is_ended),
    ).rename(columns={"planned_dkk": "cost_main_dkk", "suppl_dkk": "cost_suppl_dkk"})
    row = ["month", *SEGMENT, "is_unattached"]
    summed = [
        "active_courses", "new_courses", "ended_courses", "course_days",
        "cost_main_dkk", "cost_internal_dkk", "cost_suppl_dkk", "posted_dkk", "suppl_posted_dkk",
    ]  # fmt: skip
    groups = member.groupby(row, dropna=False)
    mart = groups[summed].sum().round(2)
    mart["cost_total_dkk"] = mart["cost_main_dkk"] + mart["cost_suppl_dkk"]
    mart["cost_posted_dkk"] = mart.pop("posted_dkk") + mart.pop("suppl_posted_dkk")
    mart["avg_duration_days"] = groups["avg_duration_days"].mean()
    mart = mart.reset_index()
    days = mart["course_days"].where(mart["course_days"] > 0)
    mart["full_year_equivalents"] = mart["course_days"] / np.where(mart["month"].dt.is_leap_year, 366, 365)
    mart["unit_price_day"] = mart["cost_total_dkk"] / days
    mart["unit_price_day_posted"] = mart["cost_posted_dkk"] / days
    return mart


def course_money(payment: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What a course costs in the months that its payments are for; a week or a fortnight is split by days."""
    planned_on, service_days = payment["planned_on"], payment["service_days"]
    days = np.minimum(service_days, planned_on.dt.days_in_month - planned_on.dt.day + 1)
    first, rest = ({"course_id": payment["course_id"]} for _ in range(2))
    first["month"] = month(planned_on)
    rest["month"] = month(planned_on + (service_days - 1) * DAY)
    for column in ("planned_dkk", "posted_dkk"):
        oere = (payment[column] * 100).round()
        first[column] = np.trunc(oere * days / service_days) / 100
        rest[column] = payment[column] - first[column]
    parts = pd.concat([pd.DataFrame(first), pd.DataFrame(rest)[days < service_days]])
    parts = parts[parts["month"] + pd.offsets.MonthEnd(0) <= as_of]
    return parts.groupby(["course_id", "month"]).sum()


def active_months(payment: pd.DataFrame, courses: pd.Index, as_of: pd.Timestamp) -> pd.DataFrame:
    """Course x month of the report's window with the days of the course in it."""
    dated = payment[payment["start_on"].notna() & payment["course_id"].isin(courses)]
    span = (
        dated.assign(is_open=dated["end_on"].isna(), end_on=dated["end_on"].fillna(as_of))
        .groupby("course_id")
        .agg(start_on=("start_on", "min"), end_on=("end_on", "max"), is_open=("is_open", "any"))
        .reset_index()
    )
    months = pd.date_range(date(as_of.year - 2, 1, 1), as_of + DAY - pd.offsets.MonthBegin(1), freq="MS")
    active = span.merge(pd.Series(months, name="month"), how="cross")
    last_day = active["month"] + pd.offsets.MonthEnd(0)
    active["course_days"] = (
        np.minimum(active["end_on"], last_day) - np.maximum(active["start_on"], active["month"])
    ).dt.days + 1
    return active[active["course_days"] > 0].set_index(["course_id", "month"])


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
