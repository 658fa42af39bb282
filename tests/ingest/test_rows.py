"""Single rows: what is bad, where it is said to be, and that rows and sums always add up."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from orchestration.ingest.profiles import SHIPPED

SOUND = [{"posting_id": str(number)} for number in range(40)]


@pytest.mark.parametrize(
    ("values", "column", "reason"),
    [
        ({"posting_id": ""}, "posting_id", "is empty"),
        ({"fiscal_year": "2022.0"}, "fiscal_year", "is not a whole number"),
        ({"posted_on": "31.02.2022"}, "posted_on", "is not a date written like %d.%m.%Y"),
        ({"posted_on": "03.01.22"}, "posted_on", "is not a date written like %d.%m.%Y"),
        ({"posted_on": "epoch"}, "posted_on", "is not a date written like %d.%m.%Y"),
        ({"posted_on": "infinity"}, "posted_on", "is not a date written like %d.%m.%Y"),
        ({"created_at": "epoch"}, "created_at", "is not a time written like %Y-%m-%d %H:%M:%S"),
        ({"amount": "100,505"}, "amount", "is not a number written like 1234,56"),
        ({"amount": "100.50"}, "amount", "is not a number written like 1234,56"),
        ({"amount": "99999999999999999,00"}, "amount", "is not a number written like 1234,56"),
        ({"debit_credit": "X"}, "debit_credit", "is no known sign"),
        ({"debit_credit": ""}, "debit_credit", "is no known sign"),
        ({"created_at": "03.01.2022"}, "created_at", "is not a time written like %Y-%m-%d %H:%M:%S"),
        ({"period": "002"}, "period", "is not the month of the file's name"),
        ({"posting_id": "7"}, "posting_id", "repeats a key of this file"),
    ],
)
def test_a_bad_row_is_said_to_be_bad_where_it_is(world, values, column, reason):
    world.postings(*SOUND[:20], {"posting_id": "bad", **values}, *SOUND[20:])
    (file,) = world.loaded().files
    assert (file.accepted, file.quarantined) == (40, 1)
    assert world.quarantine() == [("postings_2022-01.csv", 22, column, reason)]


def test_rows_of_the_wrong_width_are_bad_and_the_others_keep_their_numbers(world, posting_table):
    lines = posting_table(*SOUND).splitlines(keepends=True)
    lines[5] = "one;two\r\n"
    lines[9] = lines[9].replace("\r\n", ";more\r\n")
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", "".join(lines))
    (file,) = world.loaded().files
    assert (file.rows, file.accepted) == (40, 38)
    assert world.quarantine() == [
        ("postings_2022-01.csv", 6, None, "has too few columns"),
        ("postings_2022-01.csv", 10, None, "has too many columns"),
    ]
    assert all(
        int(posting_id) + 1 == row_no for posting_id, row_no in world.rows("posting", "posting_id, row_no")
    )


def test_empty_cells_beyond_the_last_column_are_too_many(world, posting_table):
    """A delimiter that nobody quoted moves the cells behind it, and only an empty one falls out at the end."""
    lines = posting_table(*SOUND).splitlines(keepends=True)
    lines[5] = lines[5].replace("\r\n", ";\r\n")
    lines[9] = lines[9].replace("\r\n", ';;""\r\n')
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", "".join(lines))
    (file,) = world.loaded().files
    assert (file.rows, file.accepted) == (40, 38)
    assert [row[1:] for row in world.quarantine()] == [
        (6, None, "has too many columns"),
        (10, None, "has too many columns"),
    ]


@pytest.mark.parametrize(
    "time",
    [
        "99999-01-01T00:00:00+00:00",
        "0022-01-01T00:00:00+00:00",
        "2022-01-01T00:00:00+25:00",
        "2022-01-01T00:00:00",
    ],
)
def test_a_time_that_nobody_meant_is_bad(world, time):
    lines = [f"7,{number},2022-01-02T03:04:05+00:00" for number in range(40)] + [f"7,bad,{time}"]
    world.bos()
    path = world.folder("bos", "2022-01-31") / "expected_cases_0.csv"
    header = path.read_text().splitlines()[0]
    rest = "," * (header.count(",") - 2)
    path.write_bytes("\r\n".join([header, *(line + rest for line in lines), ""]).encode())
    delivery = world.loaded()
    assert sum(file.quarantined for file in delivery.files) == 1
    assert world.quarantine()[0][1:] == (42, "history_date", "is not a time written like iso8601")


def test_repeats_after_a_bad_row_are_found_at_their_line(world, posting_table):
    lines = posting_table(*SOUND, {"posting_id": "7"}).splitlines(keepends=True)
    lines[5] = "one;two\r\n"
    world.put("ledger", "2022-01-31", "postings_2022-01.csv", "".join(lines))
    (file,) = world.loaded().files
    assert (file.rows, file.accepted) == (41, 39)
    assert world.quarantine()[1] == ("postings_2022-01.csv", 42, "posting_id", "repeats a key of this file")


def test_a_quote_that_is_never_closed_swallows_no_rows(world, posting_table):
    for broken in ('"Faktura', 'Faktura"', '"Fak"tura'):
        content = posting_table(*SOUND).replace("Faktura", broken, 1)
        world.put("ledger", "2022-01-31", "postings_2022-01.csv", content)
        result = world.ingest()
        if result.loaded:
            (file,) = result.loaded[0].files
            assert file.rows == 40
            assert file.accepted >= 39
            return
        assert "do not make" in result.refused[0].reason


def test_quotes_and_delimiters_inside_a_field_are_text(world):
    world.postings({"supplier_cvr": "10000009", "supplier_name": 'Huset "Nord"; Syd'})
    world.loaded()
    assert world.rows("posting", "supplier_name") == [('Huset "Nord"; Syd',)]


def test_unknown_codes_are_bad_rows(world):
    world.bos(*({"id": str(number)} for number in range(40)), {"id": "x", "activity_status": "DRAFT"})
    delivery = world.loaded()
    assert [file.quarantined for file in delivery.files] == [0, 1, 1]
    assert world.quarantine()[0][2:] == ("activity_status", "is no known code")


amounts = st.one_of(
    st.decimals(-(10**9), 10**9, places=2).map(lambda value: f"{value:.2f}".replace(".", ",")),
    st.integers(-(10**12), 10**12).map(str),
    st.from_regex(r"\A[-+]?[0-9]{1,4}([.,][0-9]{1,4}){0,2}-?\Z"),
    st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=12),
)


@effort(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=40))
def test_rows_and_sums_add_up_whatever_the_amounts(world, tmp_path_factory, texts):
    """Accepted + quarantined = rows, and the file's total is the sum of what Python reads from the same texts."""
    home = tmp_path_factory.mktemp("home")
    lenient = home / "profiles"
    lenient.mkdir()
    yaml = (SHIPPED / "ledger.yml").read_text().replace("bad_rows_share: 0.05", "bad_rows_share: 1")
    (lenient / "ledger.yml").write_text(yaml)
    world.settings = world.settings.model_copy(update={"home": home, "profiles": lenient})
    rows = [{"posting_id": str(number), "amount": text} for number, text in enumerate(texts)]
    world.postings(*rows)
    (file,) = world.loaded().files
    expected = {
        str(number): value for number, text in enumerate(texts) if (value := _danish(text)) is not None
    }
    assert file.accepted + file.quarantined == file.rows == len(texts)
    assert dict(world.rows("posting", "posting_id, amount_dkk")) == expected
    assert file.amount_total_dkk == sum(expected.values())


def _danish(text: str) -> Decimal | None:
    """The amount in a Danish text without thousands marks, or None: an independent reading."""
    text = text.replace("\xa0", " ").strip(" ")
    sign, digits = 1, text
    if text[:1] in "+-" and text[:1]:
        sign, digits = (-1 if text[0] == "-" else 1), text[1:]
    elif text.endswith("-"):
        sign, digits = -1, text[:-1]
    whole, comma, cents = digits.partition(",")
    ascii_digits = (whole + cents).isascii() and (whole + cents).isdigit()
    if not whole or not ascii_digits or (comma and len(cents) not in (1, 2)) or len(whole.lstrip("0")) > 16:
        return None
    return sign * Decimal(f"{whole}.{cents or '0'}")
