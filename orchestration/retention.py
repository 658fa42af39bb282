"""How long what is kept is kept: counted back from the newest date of the data, never from the clock.

Belongs here: where a period of months begins. Does not: what is removed (ingest, publish/store, logs).
"""

from datetime import date, timedelta


def months_before(day: date, months: int | None) -> date:
    """The same day so many months earlier, or its month's last; without a number the beginning of time."""
    if months is None:
        return date.min
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    last = (date(year, month + 1, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
