"""Which deliveries there are and what they hold: a fixed calendar, never the clock.

Belongs here: dates. Does not: any content of a file.
"""

from dataclasses import dataclass
from datetime import date, timedelta

LAST_DELIVERY = date(2022, 6, 30)


@dataclass(frozen=True)
class LedgerDelivery:
    """One delivery of the ledger: its date, the (fiscal year, period) files and the budget years in it."""

    on: date
    periods: list[tuple[int, int]]
    budget_years: list[int]


@dataclass(frozen=True)
class Schedule:
    """The deliveries of both sources and the days that bound the made-up history."""

    deliveries: list[date]

    @property
    def first(self) -> date:
        """The first delivery."""
        return self.deliveries[0]

    @property
    def last(self) -> date:
        """The last delivery, the newest day of all."""
        return self.deliveries[-1]

    @property
    def first_of_last_year(self) -> date:
        """The first delivery of the last delivery's year."""
        return next(on for on in self.deliveries if on.year == self.last.year)

    @property
    def delivered_from(self) -> date:
        """First day of the first fiscal year that is delivered whole so far; in January last year's."""
        return date(self.first.year - (self.first.month == 1), 1, 1)

    @property
    def ledger_from(self) -> date:
        """First day of the ledger's history: a year more, for the invoices of the last 400 days."""
        return date(self.delivered_from.year - 1, 1, 1)

    @property
    def window_from(self) -> date:
        """The first delivery's payments reports reach back to 1 January two years before."""
        return date(self.first.year - 2, 1, 1)

    @property
    def news_from(self) -> date:
        """First day of what only a later delivery can show (with one delivery: of its last month)."""
        return self.first + timedelta(days=1) if len(self.deliveries) > 1 else self.first - timedelta(days=27)

    def ledger_delivery(self, on: date) -> LedgerDelivery:
        """The files of the delivery on a day: every period of the fiscal year to date.

        In January last year's period 12 too, which stays open until the 20th; all of last year where that is
        the first delivery, so that no year is known by its last period only.
        """
        periods = [(on.year, month) for month in range(1, on.month + 1)]
        budget_years = [on.year]
        if on.month == 1:
            first_month = 1 if on == self.first else 12
            periods = [(on.year - 1, month) for month in range(first_month, 13)] + periods
            budget_years = [on.year - 1, on.year]
        return LedgerDelivery(on, periods, budget_years)


def schedule(months: int) -> Schedule:
    """The schedule of the last `months` month ends up to 2022-06-30, oldest first."""
    deliveries = [LAST_DELIVERY]
    while len(deliveries) < months:
        deliveries.append(deliveries[-1].replace(day=1) - timedelta(days=1))
    return Schedule(deliveries[::-1])
