"""The tables of the key figures: which figures of which mart, by what, of which months.

Belongs here: tables of figures, and the conditions and names that they share. Does not: reading them (keyfigures).

A person who is a provider is nobody else's business: persons stand together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from orchestration.publish.figures import Field, Key, Table
from orchestration.templating import long_month, month

PRICES: Final = "mart_unit_price"
VARIANCE: Final = "mart_unit_price_variance"
SHOWN: Final = 15
"""So many rows of a drill-down stand on the page; the workbook has more."""

KINDS: Final = {
    "company": "firmaer",
    "person": "privatpersoner",
    "internal": "egne institutioner",
    "unknown": "ukendt leverandør",
    "others": "øvrige leverandører",
    "all": "alle leverandører",
}
"""Kind of provider → what the page calls it."""

PERSONS: Final = "Privatpersoner"
OTHERS: Final = "Øvrige leverandører"
UNATTACHED: Final = "Ufordelt"

_KIND_NAME = "case found.provider_kind {} else found.provider_kind end".format(
    " ".join(f"when '{kind}' then '{name}'" for kind, name in KINDS.items())
)
ACTIVITY_NAME = (
    "coalesce((select activity.name from kobling.marts.dim_activity as activity"
    " where activity.activity_no = found.{0}), found.{0})"
)
SECTION_NAME = (
    "(select concat_ws(' ', found.{0}, max(section.name)) from kobling.marts.dim_section as section"
    " where section.section_id = found.{0})"
)
PROVIDER_NAME = (
    "coalesce((select provider.provider_name from kobling.marts.dim_provider as provider"
    " where provider.provider_id = found.{0}), found.{0})"
)
# a person's price is nobody else's business
PROVIDER_GROUP = (
    f"case when provider_id in (select person.provider_id from kobling.marts.dim_provider as person"
    f" where person.provider_kind = 'person') then '{PERSONS}' else provider_id end"
)
ACTIVITY = Key("activity_no", "Ydelse", name=ACTIVITY_NAME.format("activity_no"))


def _or_unattached(sql: str) -> str:
    return f"case when is_unattached then '{UNATTACHED}' else {sql} end"


def ratio(over: str, under: str) -> str:
    """SQL for a ratio; not known where there is nothing to divide by."""
    return f"cast({over} / nullif({under}, 0) as decimal(18, 2))"


def known(column: str) -> str:
    """The sum; not known where a part of it is not."""
    return f"case when count({column}) = count(*) then sum({column}) end"


@dataclass(frozen=True)
class Period:
    """Which months are shown, and which of them are closed."""

    month_to: date
    """First day of the newest month that is over."""
    has_last_year: bool
    """Whether the reports cover last year's months to date, so that it can be compared with."""
    closed_to: Mapping[int, date]
    """Year → its last closed month, where postings are delivered."""

    @property
    def year(self) -> int:
        """The year that is shown."""
        return self.month_to.year

    @property
    def text(self) -> str:
        """`januar–juni 2022`."""
        to = long_month(self.month_to)
        return to if self.month_to.month == 1 else f"januar–{to}"

    @property
    def heading(self) -> str:
        """The same at the beginning of a sentence."""
        return self.text[0].upper() + self.text[1:]

    @property
    def last_year(self) -> str:
        """`de samme måneder i 2021`."""
        year = self.year - 1
        return f"samme måned i {year}" if self.month_to.month == 1 else f"de samme måneder i {year}"

    def to_date(self, year: int) -> str:
        """The condition that a month is in the year to date."""
        return (
            f"is_covered and month between date '{year}-01-01' and date '{year}-{self.month_to.month:02}-01'"
        )

    @property
    def closed(self) -> str:
        """The condition that a month is closed."""
        spans = [
            f"month between date '{year}-01-01' and date '{to}'"
            for year, to in sorted(self.closed_to.items())
            if self.year - 1 <= year <= self.year
        ]
        return f"({' or '.join(spans)})" if spans else "false"

    def closed_to_date(self, year: int) -> str | None:
        """The condition that a month is among those that are closed in the year shown, and is closed itself."""
        this, other = self.closed_to.get(self.year), self.closed_to.get(year)
        if this is None or other is None:
            return None
        to = min(this.month, other.month, self.month_to.month)
        return f"is_covered and month between date '{year}-01-01' and date '{year}-{to:02}-01'"

    def is_closed(self, month_: date) -> bool:
        """Whether the month is closed."""
        to = self.closed_to.get(month_.year)
        return to is not None and month_ <= to


def segments(basis: str, period: Period, is_split: bool) -> Table:
    """The decomposition by measure and kind of provider.

    Args:
        basis: `last_year` or `budget`.
        period: of the page.
        is_split: whether the base knows number and duration apart.
    """
    base = str(period.year - 1) if basis == "last_year" else "budget"

    def part(name: str, label: str, metric: str) -> Field:
        return Field(name, label, kind="exact", metric=metric)

    split = [part("number", "Antal", "number_effect"), part("duration", "Varighed", "duration_effect")]
    return Table(
        id=f"segmenter-{basis.replace('_', '-')}",
        title=f"Pr. ydelse og leverandørtype mod {base}",
        note="De største ændringer først. Kr. og øre; hver rækkes dele er dens ændring.",
        mart=VARIANCE,
        by=[ACTIVITY, Key("provider_kind", "Leverandørtype", name=_KIND_NAME)],
        where=f"basis = '{basis}'",
        order="abs(change_dkk) desc",
        limit=SHOWN,
        fields=[
            part("cost_base_dkk", f"Udgift {base}", "cost_base_dkk"),
            Field("cost_dkk", f"Udgift {period.year}", kind="exact"),
            part("change_dkk", "Ændring", "cost_change_dkk"),
            *(split if is_split else [part("volume", "Antal og varighed", "volume_effect")]),
            Field("new_and_ended", "Nye og ophørte", "sum(new_effect + ended_effect)", "exact"),
            part("service_level", "Enheder pr. dag", "service_level_effect"),
            part("price_index", "PL", "price_index_effect"),
            Field("rate_and_other", "Takst og øvrig pris", "sum(coalesce(rate, 0) + other_price)", "exact"),
            part("mix", "Sammen\u00adsætning", "mix_effect"),
        ],
    )


def months(period: Period) -> Table:
    """Month by month, this year and last: number, service level, price, cost."""
    shown = _shown(period)
    attached = "not is_unattached"
    covered = f"is_covered and month between date '{period.year - 1}-01-01' and date '{period.month_to}'"
    in_price = f"{covered} and {attached}"
    posted = f"{in_price} and {period.closed}"
    return Table(
        id="maaneder",
        title="Måned for måned",
        note="Alle forløb. Helårsforløb er forløbsdage delt med årets dage. Ufordelt er udgift, der ikke hører til et "
        "aktivt hovedforløb; den er i ingen pris.",
        mart=PRICES,
        by=[Key("month", "Måned", "month")],
        where=covered,
        has_total=False,
        fields=[
            Field.of("active_courses"),
            Field.of("full_year_equivalents", label="Helårs\u00adforløb"),
            Field.of("new_courses", label="Nye"),
            Field.of("ended_courses", label="Afsluttede"),
            Field.of("days_per_course"),
            Field(
                "price_shown",
                "Vist pris pr. døgn",
                ratio(shown, "sum(course_days)"),
                "number",
                where=in_price,
            ),
            Field.of("unit_price_day_posted", label="Bogført pris pr. døgn", where=posted),
            Field.of("unit_price_day", label="Planlagt pris pr. døgn", where=in_price),
            Field(
                "price_year",
                "Vist helårspris",
                ratio(f"{shown} * max(dayofyear(make_date(year(month), 12, 31)))", "sum(course_days)"),
                "number",
                where=in_price,
            ),
            Field("cost_shown", "", shown, where=in_price, is_hidden=True),
            Field("cost_attached", "Planlagt udgift på forløb", metric="cost_total_dkk", where=in_price),
            Field(
                "cost_unattached", UNATTACHED, metric="cost_total_dkk", where=f"{covered} and is_unattached"
            ),
            Field.of("cost_total_dkk", label="Planlagt udgift i alt"),
            Field.of("cost_on_hold_dkk", label="heraf usandsynlige priser"),
            Field.of("cost_posted_dkk", label="Bogført på forløb"),
        ],
    )


def _shown(period: Period) -> str:
    """What is shown as cost: posted in closed months, planned in the others."""
    return f"sum(case when {period.closed} then cost_posted_dkk else cost_total_dkk end)"


def selectable(period: Period) -> str:
    """The condition of what can be selected on the page."""
    months = f"month between date '{period.year - 1}-01-01' and date '{period.month_to}'"
    return f"is_covered and not is_unattached and {months}"


def drill_downs(period: Period) -> list[tuple[str, str, str, list[Table]]]:
    """The page's sections: id, heading, what to know, tables."""
    section = Key(
        "section", "Paragraf", name=SECTION_NAME.format("section"), sql=_or_unattached("section_id")
    )
    measure = Key(
        "activity", "Ydelse", name=ACTIVITY_NAME.format("activity"), sql=_or_unattached("activity_no")
    )
    provider = Key(
        "provider", "Leverandør", name=PROVIDER_NAME.format("provider"), sql=_or_unattached(PROVIDER_GROUP)
    )
    named = "Firmaer og egne institutioner står med navn, privatpersoner kun samlet."
    return [
        ("paragraf", "Paragraffer", "", [_by(period, "paragraffer", "Pr. paragraf", section)]),
        (
            "ydelse",
            "Ydelser",
            "",
            [_by(period, "ydelser", "Pr. ydelse", measure), _full_year_persons(period)],
        ),
        ("leverandoer", "Leverandører", named, [_by(period, "leverandoerer", "Pr. leverandør", provider)]),
        ("institutioner", "Egne institutioner", "", [_occupancy(period)]),
    ]


def _by(period: Period, id_: str, title: str, key: Key) -> Table:
    """Number, service level, price and cost of the year to date, and last year's where it can be compared with."""
    years = [period.year - 1, period.year] if period.has_last_year else [period.year]
    all_years = f"({' or '.join(period.to_date(year) for year in years)})"

    def both(label: str, metric: str, where: str = "", is_closed: bool = False) -> list[Field]:
        """The metric of each year, last year's first."""
        within = {year: period.closed_to_date(year) if is_closed else period.to_date(year) for year in years}
        return [
            Field(
                f"{metric}_{year}",
                f"{label} {year}",
                metric=metric,
                where=" and ".join(filter(None, (condition_, where))),
            )
            for year, condition_ in within.items()
            if condition_
        ]

    sign = f"case when year(month) = {period.year} then cost_total_dkk else -cost_total_dkk end"
    attached = "not is_unattached"
    return Table(
        id=id_,
        title=title,
        note=f"{period.heading}"
        + (f" og {period.last_year}" if period.has_last_year else "")
        + "; de dyreste først. Bogført pris pr. døgn er af lukkede måneder. Ufordelt hører ikke til et aktivt forløb.",
        mart=PRICES,
        by=[key],
        where=all_years,
        order=f"cost_total_dkk_{period.year} desc nulls last",
        limit=SHOWN,
        always=UNATTACHED,
        fields=[
            *both("Forløb", "courses_in_year"),
            *both("Helårs\u00adforløb", "full_year_equivalents"),
            *both("Dage pr. forløb", "avg_duration_in_year_days"),
            *both("Bogført pris pr. døgn", "unit_price_day_posted", attached, is_closed=True),
            *both("Planlagt pris pr. døgn", "unit_price_day", attached),
            *both("Udgift", "cost_total_dkk"),
            *(
                [Field("change", "Ændring", f"sum({sign})")]
                if len(years) > 1
                else [Field("all_cost", "", "sum(cost_total_dkk)", is_hidden=True)]
            ),
        ],
    )


def _full_year_persons(period: Period) -> Table:
    year = period.year
    fields = [
        Field(
            f"persons_{each}",
            f"Helårs\u00adpersoner {each}",
            metric="full_year_persons",
            where=period.to_date(each),
        )
        for each in ([year - 1, year] if period.has_last_year else [year])
    ]
    newest = f"month = date '{period.month_to}'"
    return Table(
        id="helaarspersoner",
        title="Helårspersoner, tilgang og afgang",
        note=f"{period.heading}. Et barn tæller én gang om dagen i hver ydelse; ydelserne kan "
        "ikke lægges sammen til børn.",
        mart="mart_measure_month",
        by=[ACTIVITY],
        where=period.to_date(year),
        order="entries desc",
        limit=SHOWN,
        has_total=False,
        fields=[
            *fields,
            Field.of("entries"),
            Field.of("exits"),
            Field.of("children_at_end", label=f"Børn ved udgangen af {month(period.month_to)}", where=newest),
        ],
    )


def _occupancy(period: Period) -> Table:
    newest = f"month = date '{period.month_to}'"
    places = ratio("sum(place_days)", f"max(day(last_day(date '{period.month_to}')))")
    label = month(period.month_to)

    def year(of: int) -> str:
        return f"month between date '{of}-01-01' and date '{of}-{period.month_to.month:02}-01'"

    return Table(
        id="belaegning",
        title="Belægning",
        note="Barnets dage i forhold til pladsernes. – betyder, at institutionens pladser ikke kendes.",
        mart="mart_occupancy",
        by=[Key("provider_id", "Institution", name=PROVIDER_NAME.format("provider_id"))],
        where=f"year(month) >= {period.year - 1}",
        order="children_now desc nulls last",
        has_total=False,
        fields=[
            Field("children_now", f"Børn i {label}", "sum(children)", "number", where=newest),
            Field("places", f"Pladser i {label}", places, "decimal", where=newest),
            Field("now", f"Belægning i {label}, %", metric="occupancy_pct", where=newest),
            Field(
                "to_date",
                f"Belægning {period.year} til dato, %",
                metric="occupancy_pct",
                where=year(period.year),
            ),
            Field(
                "before",
                f"Belægning {period.year - 1} samme måneder, %",
                metric="occupancy_pct",
                where=year(period.year - 1),
            ),
            Field("months", "", "count(*)", "number", is_hidden=True),
        ],
        empty="Ingen egne institutioner med børn eller pladser.",
    )
