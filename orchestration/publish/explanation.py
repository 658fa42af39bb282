"""Why the expected overrun is what it is, in three sentences that a member of the committee understands.

Belongs here: which parts of the bridge are told, in what order, with which words. Does not: reading the marts
(overview), what a part is called (seed `bridge_part`).

A sentence is a sequence of texts and figures, so that a page can say of each amount where it is found. An amount
ends in a full stop of its own (`kr.`), so that none follows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.publish.figures import Figure
from orchestration.templating import amount, day

Sentence = Sequence[str | Figure]

# A change below this is none: the report speaks in tenths of a million.
_NOTHING = Decimal(50_000)
# Parts that are told beside the largest one.
_TOLD = 2


@dataclass(frozen=True)
class Part:
    """A part of the change, as a clause: `der er kommet nye forløb`."""

    because: str
    figure: Figure


@dataclass(frozen=True)
class Report:
    """What is to be told of a frame's year; a value of `None` is not known."""

    year: int
    overrun: Figure
    previous_on: date | None
    previous_overrun: Figure
    change: Figure
    budget_change: Figure
    """Change of the corrected budget since then: more budget is less overrun."""
    parts: Sequence[Part]
    """Of the change of the forecast."""
    with_plan: Figure
    """Overrun with the action plan carried out."""
    savings_target: Figure


def sentences(report: Report) -> list[Sentence]:
    """What happened, what else moved it, and where it ends with and without the plan."""
    return [sentence for sentence in (_change(report), _others(report), _end(report)) if sentence]


def text(sentence: Sentence) -> str:
    """The sentence as plain text."""
    return "".join(
        part if isinstance(part, str) else amount(part.value) if part.kind == "money" else str(part)
        for part in sentence
    )


def _change(report: Report) -> Sentence:
    if report.overrun.value is None:
        return [f"Det forventede resultat for {report.year} kan ikke opgøres."]
    if report.previous_on is None or report.change.value is None:
        return ["Det er den første opgørelse af året, så der er ingen ændring at forklare."]
    change = report.change.value
    since = f" siden {day(report.previous_on)}"
    if abs(change) < _NOTHING:
        return [
            f"Forventet {_word(report.overrun)} i {report.year} er stort set uændret{since}: ",
            report.overrun.unsigned,
        ]
    risen = change > 0
    main = next((part for part in _ranked(report) if (part.figure.value > 0) == risen), None)
    said: list[str | Figure] = [
        f"Forventet {'merforbrug' if _is_overrun(report) else 'mindreforbrug'} i {report.year} er ",
        f"{'steget' if risen == _is_overrun(report) else 'faldet'} med ",
        report.change.unsigned,
        since,
    ]
    if report.previous_overrun.value is not None:
        crossed = (report.previous_overrun.value > 0) != (report.overrun.value > 0)
        if crossed:
            said = [
                f"Forventet {_word(report.previous_overrun)} i {report.year} på ",
                report.previous_overrun.unsigned,
                f" er{since} blevet til et {_word(report.overrun)} på ",
                report.overrun.unsigned,
            ]
    if main is None:
        return [*said, "."]
    return [*said, f", mest fordi {main.because} (", main.figure, ")."]


def _others(report: Report) -> Sentence:
    """The next largest parts, whichever way they pull."""
    if report.previous_on is None or report.change.value is None:
        return []
    risen = report.change.value > 0
    ranked = [part for part in _ranked(report) if abs(part.figure.value) >= _NOTHING]
    main = next((part for part in ranked if (part.figure.value > 0) == risen), None)
    if abs(report.change.value) < _NOTHING:
        main = None
    rest = [part for part in ranked if part is not main]
    along = [part for part in rest if (part.figure.value > 0) == risen][:_TOLD]
    against = [part for part in rest if (part.figure.value > 0) != risen][:_TOLD]
    said: list[str | Figure] = []
    if along:
        said += ["I samme retning trækker, at ", *_listed(along)]
    if against:
        said += ["; modsat trækker, at " if said else "Modsat trækker, at ", *_listed(against)]
    return [*said, "."] if said else []


def _end(report: Report) -> Sentence:
    if report.overrun.value is None:
        return []
    said: list[str | Figure] = [
        f"Ved årets udgang ventes et {_word(report.overrun)} på ",
        report.overrun.unsigned,
    ]
    if report.with_plan.value is not None:
        return [
            *said,
            " uden handleplanen og et ",
            f"{_word(report.with_plan)} på ",
            report.with_plan.unsigned,
            ", når den gennemføres.",
        ]
    if report.savings_target.value is not None:
        return [
            *said,
            "; handleplanens virkning er ikke opgjort, men målet er en besparelse på ",
            report.savings_target.unsigned,
        ]
    return said


def _ranked(report: Report) -> list[Part]:
    """The parts of the overrun's change, the largest first: the bridge's, and the budget's with the sign turned."""
    budget = Part("budgettet er ændret", report.budget_change.negated)
    known = [part for part in (*report.parts, budget) if part.figure.value]
    return sorted(known, key=lambda part: (-abs(part.figure.value), part.because))


def _listed(parts: Sequence[Part]) -> list[str | Figure]:
    said: list[str | Figure] = []
    for number, part in enumerate(parts):
        said += [" og " if number else "", f"{part.because} (", part.figure, ")"]
    return said


def _is_overrun(report: Report) -> bool:
    return bool(report.overrun.value > 0)


def _word(overrun: Figure) -> str:
    return "merforbrug" if overrun.value > 0 else "mindreforbrug"
