"""The Danish HTML pages' common ground: one Jinja environment, one base page with its style, Danish formats.

Belongs here: the environment and its filters. Does not: what a page says (publish/pages, validation/report).
Every page is one file: no script, no font and no picture from elsewhere.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "publish" / "templates"
LOCALE = "da_DK"
NO_VALUE = "–"


def whole(value: Decimal | int | None) -> str:
    """A number without decimals: `1.234.567`; a dash for none."""
    return NO_VALUE if value is None else format_decimal(value, "#,##0", locale=LOCALE)


def money(value: Decimal | None) -> str:
    """An amount in kr. to the øre: `1.234.567,00`; a dash for none."""
    return NO_VALUE if value is None else format_decimal(value, "#,##0.00", locale=LOCALE)


def amount(value: Decimal | None) -> str:
    """An amount in a sentence: `1,2 mio. kr.`, below a million in whole thousands; a dash for none."""
    if value is None:
        return NO_VALUE
    if abs(value) >= 999_500:
        return f"{format_decimal(value / 1_000_000, '#,##0.0', locale=LOCALE)} mio. kr."
    if abs(value) >= 500:
        return f"{format_decimal(round(value / 1000) * 1000, '#,##0', locale=LOCALE)} kr."
    return f"{whole(value)} kr."


def share(value: Decimal | None) -> str:
    """A percentage with one decimal: `12,3`; a dash for none."""
    return NO_VALUE if value is None else format_decimal(value, "#,##0.0", locale=LOCALE)


def day(value: date | None) -> str:
    """A date as a Dane writes it: `31. marts 2022`; a dash for none."""
    return NO_VALUE if value is None else format_date(value, "d. MMMM y", locale=LOCALE)


def short_day(value: date | None) -> str:
    """A date in a table: `31.03.2022`; a dash for none."""
    return NO_VALUE if value is None else format_date(value, "dd.MM.y", locale=LOCALE)


def month(value: date | None) -> str:
    """A month in a chart: `mar. 22`; a dash for none."""
    return NO_VALUE if value is None else format_date(value, "MMM yy", locale=LOCALE)


def long_month(value: date) -> str:
    """A month in a heading: `marts 2022`."""
    return format_date(value, "MMMM y", locale=LOCALE)


def oere(value: Decimal) -> int:
    """An amount as a whole number of øre: what a script can add without losing any."""
    return int(value * 100)


def moment(value: datetime) -> str:
    """A time of day beside its date: `22.11.2026 kl. 13.05`."""
    return f"{short_day(value)} kl. {value:%H.%M}"


def cell(value: Any) -> str:
    """A table cell of any type."""
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, date):
        return short_day(value)
    return str(value)


FORMATS: Final[Mapping[str, Callable[[Any], str]]] = {
    "money": whole,
    "exact": money,
    "number": whole,
    "decimal": share,
    "share": share,
    "date": short_day,
    "month": month,
    "text": cell,
    "year": str,
}
"""Kind of a value → how pages write it; a workbook's looks have the same names."""

NUMBERS: Final = ("money", "exact", "number", "decimal", "share")


def written(value: Any, kind: str) -> str:
    """A value as pages write it."""
    return NO_VALUE if value is None else FORMATS[kind](value)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        whole,
        money,
        amount,
        share,
        day,
        short_day,
        month,
        long_month,
        oere,
        moment,
        cell,
        written,
    ):
        environment.filters[function.__name__] = function
    return environment


def render(template: str, **context: Any) -> str:
    """A page as HTML text; a name that the template uses and the context lacks is an error."""
    return _environment().get_template(template).render(**context)
