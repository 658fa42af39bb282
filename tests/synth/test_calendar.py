"""The calendar of the deliveries: fixed, and complete by fiscal year."""

from datetime import date

from orchestration.synth.calendar import schedule


def test_three_months_end_with_june_2022() -> None:
    assert schedule(3).deliveries == [date(2022, 4, 30), date(2022, 5, 31), date(2022, 6, 30)]


def test_february_has_its_last_day() -> None:
    assert schedule(29).deliveries[0] == date(2020, 2, 29)


def test_a_delivery_holds_every_period_of_the_year_to_date() -> None:
    delivery = schedule(3).ledger_delivery(date(2022, 4, 30))
    assert delivery.periods == [(2022, 1), (2022, 2), (2022, 3), (2022, 4)]
    assert delivery.budget_years == [2022]


def test_december_holds_the_whole_year_and_january_its_last_period_again() -> None:
    months = schedule(7)
    assert months.ledger_delivery(date(2021, 12, 31)).periods == [(2021, month) for month in range(1, 13)]
    january = months.ledger_delivery(date(2022, 1, 31))
    assert january.periods == [(2021, 12), (2022, 1)]
    assert january.budget_years == [2021, 2022]


def test_a_first_delivery_in_january_holds_last_year_whole() -> None:
    months = schedule(6)
    assert months.delivered_from == date(2021, 1, 1)
    last_year = [(2021, month) for month in range(1, 13)]
    assert months.ledger_delivery(date(2022, 1, 31)).periods == [*last_year, (2022, 1)]
