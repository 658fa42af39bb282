"""The monthly overview's sentences: what is told, in which words, with which sign."""

from datetime import date
from decimal import Decimal

import pytest

from orchestration.publish.explanation import Part, Report, sentences, text
from orchestration.publish.figures import Figure


def figure(millions: float | None) -> Figure:
    value = None if millions is None else Decimal(str(millions)) * 1_000_000
    return Figure(value, "money", "mart_overrun_bridge", "sum(price)", "true")


def told(
    overrun: float | None = 31.0,
    before: float | None = 29.8,
    parts: dict[str, float] | None = None,
    budget: float | None = 0.0,
    with_plan: float | None = None,
    target: float | None = None,
    previous_on: date | None = date(2022, 5, 31),
) -> list[str]:
    change = None if overrun is None or before is None else overrun - before
    report = Report(
        year=2022,
        overrun=figure(overrun),
        previous_on=previous_on,
        previous_overrun=figure(before),
        change=figure(None if change is None else round(change, 6)),
        budget_change=figure(budget),
        parts=[Part(because, figure(amount)) for because, amount in (parts or {}).items()],
        with_plan=figure(with_plan),
        savings_target=figure(target),
    )
    return [text(sentence) for sentence in sentences(report)]


def test_a_rise_names_its_largest_part_then_the_rest() -> None:
    assert told(
        parts={
            "der er kommet nye forløb": 2.1,
            "priserne er ændret": 0.3,
            "forløb er ophørt eller afkortet": -1.24,
            "fejl er rettet": 0.04,
        },
        with_plan=29.0,
    ) == [
        "Forventet merforbrug i 2022 er steget med 1,2 mio. kr. siden 31. maj 2022, "
        "mest fordi der er kommet nye forløb (2,1 mio. kr.).",
        "I samme retning trækker, at priserne er ændret (300.000 kr.); "
        "modsat trækker, at forløb er ophørt eller afkortet (-1,2 mio. kr.).",
        "Ved årets udgang ventes et merforbrug på 31,0 mio. kr. uden handleplanen og "
        "et merforbrug på 29,0 mio. kr., når den gennemføres.",
    ]


def test_a_fall_names_the_largest_part_that_falls() -> None:
    first, second, _ = told(30.0, 31.5, {"der er kommet nye forløb": 3.0, "forløb er ophørt": -4.5})
    assert first == (
        "Forventet merforbrug i 2022 er faldet med 1,5 mio. kr. siden 31. maj 2022, "
        "mest fordi forløb er ophørt (-4,5 mio. kr.)."
    )
    assert second == "Modsat trækker, at der er kommet nye forløb (3,0 mio. kr.)."


def test_more_budget_is_less_overrun() -> None:
    first, *_ = told(30.0, 31.2, {"priserne er ændret": 0.1}, budget=1.3)
    assert first.endswith("mest fordi budgettet er ændret (-1,3 mio. kr.).")


def test_no_change_is_said_and_what_cancels_out_still_told() -> None:
    first, second, _ = told(31.02, 31.0, {"der er kommet nye forløb": 0.8, "forløb er ophørt": -0.78})
    assert first == "Forventet merforbrug i 2022 er stort set uændret siden 31. maj 2022: 31,0 mio. kr."
    assert second == (
        "I samme retning trækker, at der er kommet nye forløb (800.000 kr.); "
        "modsat trækker, at forløb er ophørt (-780.000 kr.)."
    )


@pytest.mark.parametrize("before", [None, 29.8])
def test_the_first_report_has_nothing_to_explain(before: float | None) -> None:
    assert told(before=before, previous_on=None, target=-8.0) == [
        "Det er den første opgørelse af året, så der er ingen ændring at forklare.",
        "Ved årets udgang ventes et merforbrug på 31,0 mio. kr.; handleplanens virkning er ikke opgjort, "
        "men målet er en besparelse på 8,0 mio. kr.",
    ]


def test_without_a_plan_and_a_target_only_the_result_is_told() -> None:
    assert told(parts={"priserne er ændret": 1.2})[-1] == (
        "Ved årets udgang ventes et merforbrug på 31,0 mio. kr."
    )


def test_a_year_that_cannot_be_judged_says_so() -> None:
    assert told(overrun=None) == ["Det forventede resultat for 2022 kan ikke opgøres."]


def test_underspending_grows_when_the_overrun_falls() -> None:
    first, *_, last = told(-2.0, -1.0, {"forløb er ophørt": -1.0})
    assert first.startswith("Forventet mindreforbrug i 2022 er steget med 1,0 mio. kr.")
    assert last == "Ved årets udgang ventes et mindreforbrug på 2,0 mio. kr."


def test_crossing_from_one_to_the_other_names_both() -> None:
    first, *_ = told(1.0, -0.5, {"der er kommet nye forløb": 1.5})
    assert first == (
        "Forventet mindreforbrug i 2022 på 500.000 kr. er siden 31. maj 2022 blevet til et merforbrug på "
        "1,0 mio. kr., mest fordi der er kommet nye forløb (1,5 mio. kr.)."
    )


def test_a_change_that_no_part_explains_is_told_without_a_reason() -> None:
    assert told()[0] == "Forventet merforbrug i 2022 er steget med 1,2 mio. kr. siden 31. maj 2022."
