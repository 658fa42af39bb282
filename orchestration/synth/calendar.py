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
    """The deliveries of both sources, the days that bound the made-up history, and the ledger's first day."""

    deliveries: list[date]
    delivered_from: date

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

        In January last year's period 12 too, which stays open until the 20th. The first delivery brings all
        years from `delivered_from`, so that no year is known by its last period only.
        """
        if on == self.first:
            begin = self.delivered_from
        else:
            begin = date(on.year, 1, 1) if on.month > 1 else date(on.year - 1, 12, 1)
        years = range(begin.year, on.year + 1)
        periods = [(year, month) for year in years for month in range(1, 13)]
        periods = [period for period in periods if (begin.year, begin.month) <= period <= (on.year, on.month)]
        return LedgerDelivery(on, periods, list(years))


def schedule(months: int, deliveries: int | None = None) -> Schedule:
    """The schedule of the last `months` month ends up to 2022-06-30, oldest first.

    Args:
        months: how many month ends there are.
        deliveries: how many of them, the last ones, are delivered; `None` is all. The first that is delivered brings
            the ledger's years from the first month end on; in January last year's too.
    """
    month_ends = [LAST_DELIVERY]
    while len(month_ends) < months:
        month_ends.append(month_ends[-1].replace(day=1) - timedelta(days=1))
    oldest = month_ends[-1]
    return Schedule(
        deliveries=month_ends[:deliveries][::-1],
        delivered_from=date(oldest.year - (oldest.month == 1), 1, 1),
    )
