"""Charts of the pages: Vega-Lite by Altair, drawn to SVG when the publication is made.

Belongs here: the look of a chart, and the kinds of chart that pages use. Does not: what a chart shows.
A drawn chart needs no script, prints sharply and is read out by its title and description.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt
import vl_convert

# Dark and light enough to be told apart in grey, each at least 3:1 on white.
COLOURS = ["#134b6b", "#c2571a", "#6b7d8c"]

_LOOK = {
    "aria": False,  # the whole is described once, not mark by mark
    "background": "transparent",
    "font": "system-ui, Segoe UI, Arial, sans-serif",
    "axis": {
        "labelFontSize": 12,
        "labelColor": "#3c4856",
        "gridColor": "#e3e8ed",
        "domainColor": "#a9b4bf",
        "tickColor": "#a9b4bf",
        "title": None,
    },
    "axisX": {"grid": False, "labelAngle": 0},
    "header": {"labelFontSize": 12, "labelFontWeight": 600, "labelAnchor": "start", "title": None},
    "legend": {
        "orient": "top",
        "title": None,
        "labelFontSize": 12,
        "symbolType": "square",
        "columnPadding": 24,
    },
    "range": {"category": COLOURS},
    "view": {"stroke": None},
}


@dataclass(frozen=True)
class Chart:
    """A chart with its words and its numbers."""

    title: str
    caption: str
    svg: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    source: str = ""
    """The marts that it shows, where the page does not say it otherwise."""
    is_wide: bool = False
    kind: str = "money"
    """Of its numbers (`orchestration.templating.FORMATS`)."""
    id: str = ""
    """For what a script redraws."""


def bars(
    rows: Sequence[dict[str, Any]], series: Sequence[str], *, title: str, description: str, stacked: bool
) -> str:
    """Bars by month, one colour a series, on each other or side by side.

    Args:
        rows: `month` (a text, in order), `series` and `value`.
        series: in the order of the legend.
        title: read out, and shown when pointed at.
        description: what the chart shows, in a sentence or two.
        stacked: False puts the series side by side.
    """
    chart = (
        alt.Chart(alt.InlineData(values=list(rows)), width=400, height=190)
        .mark_bar()
        .encode(
            x=alt.X("month:N", sort=None, scale=alt.Scale(paddingInner=0.25)),
            y=alt.Y("value:Q", stack="zero" if stacked else None, axis=alt.Axis(tickCount=5)),
            color=alt.Color("series:N", sort=list(series), legend=_legend(series)),
        )
    )
    if stacked:
        chart = chart.encode(order=alt.Order("rank:Q"))
    else:
        chart = chart.encode(xOffset=alt.XOffset("series:N", sort=list(series)))
    return _svg(chart, title, description)


def lines(
    rows: Sequence[dict[str, Any]],
    series: Sequence[str],
    *,
    title: str,
    description: str,
    per: str | None = None,
    colours: Sequence[str] = COLOURS,
) -> str:
    """Lines by month, one colour a series; `per` names a field that gets a small chart of its own a value."""
    base = alt.Chart(alt.InlineData(values=list(rows))).encode(
        x=alt.X("month:N", sort=None, axis=alt.Axis(labelOverlap="greedy")),
        y=alt.Y("value:Q", axis=alt.Axis(tickCount=4)),
        color=alt.Color(
            "series:N",
            scale=alt.Scale(domain=list(series), range=list(colours)[: len(series)]),
            legend=_legend(series),
        ),
    )
    if per is None:
        return _svg(base.mark_line(point=True).properties(width=400, height=190), title, description)
    small = base.mark_line(point={"size": 20}).properties(width=185, height=85)
    return _svg(
        small.facet(facet=alt.Facet(f"{per}:N", sort=None), columns=5, spacing={"column": 30, "row": 14}),
        title,
        description,
    )


def waterfall(steps: Sequence[tuple[str, Decimal]], end: str, *, title: str, description: str) -> str:
    """From a first amount over its changes to the last, one line each, in millions.

    Args:
        steps: the first amount, then the changes: label and amount.
        end: label of the sum.
        title: read out, and shown when pointed at.
        description: what the chart shows, in a sentence or two.
    """
    whole, more, less = "I alt", "Mere", "Mindre"
    rows: list[dict[str, Any]] = []
    reached = Decimal(0)
    for number, (label, amount) in enumerate([*steps, (end, sum((value for _, value in steps), Decimal(0)))]):
        is_whole = number in (0, len(steps))
        start, reached = (Decimal(0), amount) if is_whole else (reached, reached + amount)
        low, high = sorted((start, reached))
        rows.append(
            {
                "label": label,
                "low": float(low / 1_000_000),
                "high": float(high / 1_000_000),
                "amount": float(amount / 1_000_000),
                "kind": whole if is_whole else more if amount > 0 else less,
            }
        )
    base = alt.Chart(alt.InlineData(values=rows), width=330, height=18 * len(rows)).encode(
        y=alt.Y("label:N", sort=None, axis=alt.Axis(labelLimit=180, ticks=False))
    )
    colours = {whole: COLOURS[2], more: COLOURS[1], less: COLOURS[0]}
    drawn = base.mark_bar().encode(
        x=alt.X("low:Q", axis=alt.Axis(tickCount=5)),
        x2="high:Q",
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None
        ),
    )
    # beside its bar, where there is room: a falling amount to the left of it would run into the labels
    said = base.mark_text(align="left", dx=4, fontSize=11, color="#1d2733").encode(
        x="high:Q", text=alt.Text("amount:Q", format="+,.1f")
    )
    # a browser's font may be wider than the one that the labels were measured with
    return _svg((drawn + said).properties(padding={"left": 28, "right": 14}), title, description)


def _legend(series: Sequence[str]) -> alt.Legend | None:
    return alt.Legend() if len(series) > 1 else None


def _svg(chart: Any, title: str, description: str) -> str:
    drawn = vl_convert.vegalite_to_svg(
        chart.configure(**_LOOK).to_dict(), format_locale="da-DK", allowed_base_urls=[]
    )
    # one picture to a reader of screens, not its marks
    head, body = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", drawn).split(">", 1)
    # as wide as the page lets it be; inside HTML a namespace says nothing
    head = re.sub(r' (width|height|xmlns[:a-z]*)="[^"]*"', "", head)
    named = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return f'{head} role="img" aria-label="{html.escape(title)}">{named}{body}'
