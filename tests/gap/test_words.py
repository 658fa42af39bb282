"""How a rule's sentence writes values."""

import duckdb
import pytest

from tests.rendered import render


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "0,00 kr."),
        ("-0.5", "-0,50 kr."),
        ("999.99", "999,99 kr."),
        ("-1000", "-1.000,00 kr."),
        ("1234567.8", "1.234.567,80 kr."),
        # more digits than a floating-point number holds
        ("1234567890123456.78", "1.234.567.890.123.456,78 kr."),
        ("null", None),
    ],
)
def test_an_amount_is_written_to_the_oere(amount: str, words: str | None) -> None:
    written = render("{{ dkk_da('amount') }}")
    query = f"select {written} from (select {amount}::decimal(18, 2) as amount)"
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchall() == [(words,)]
