"""The SQL macros against independent implementations: the standard library and python-stdnum.

All numbers are made up: generated, or of the form 0101…; none is looked up anywhere.
"""

import datetime
import hashlib
import hmac
import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from stdnum.dk import cpr, cvr
from stdnum.exceptions import ValidationError

from orchestration.ingest.expressions import _number
from orchestration.ingest.load import Database
from orchestration.ingest.profiles import Format

KEY = b"synthetic-key-of-the-tests-longer-than-one-block-of-the-hash-function"
TODAY = datetime.datetime.now(datetime.UTC).date()


@pytest.fixture(scope="module")
def query(tmp_path_factory):
    """Evaluate a SQL expression over `value` for every given text."""
    databases = {key: Database(key, tmp_path_factory.mktemp("spill")) for key in (KEY, KEY[:20])}

    def run(expression, values, key=KEY):
        with databases[key].session() as session:
            rows = session.execute(
                f"SELECT {expression} FROM (SELECT unnest(?::VARCHAR[]) AS value)", [values]
            ).fetchall()
        return [row[0] for row in rows]

    return run


@effort(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=20), st.sampled_from([KEY, KEY[:20]]))
def test_the_pseudonym_is_hmac_sha_256(query, values, key):
    expected = [hmac.digest(key, f"person:{value}".encode(), hashlib.sha256).hex()[:32] for value in values]
    assert query("pseudonym('person', value)", values, key) == expected


digits = st.from_regex(r"\A[0-3][0-9][01][0-9]{7}\Z") | st.from_regex(r"\A[0-9]{8,11}\Z")


@effort(max_examples=20, deadline=None)
@given(st.lists(digits, min_size=1, max_size=50))
def test_cpr_numbers_are_read_as_stdnum_reads_them(query, values):
    found = query("cpr_birth_on(value)", values)
    status = query("cpr_status(value, cpr_birth_on(value))", values)
    for value, born_on, is_valid in zip(values, found, status, strict=True):
        if len(value) != 10:
            assert (born_on, is_valid) == (None, "invalid_format")
        elif value[0] < "6":  # stdnum knows no replacement numbers, and no births to come
            try:
                expected = cpr.get_birth_date(value)
            except ValidationError:
                expected = None
            if born_on is None or born_on <= TODAY:
                assert born_on == expected
                assert is_valid == ("valid" if expected else "invalid_date")


def test_replacement_numbers_are_born_sixty_days_earlier(query):
    values = ["6102201234", "9112804321", "9202801234", "0101011234", "010101123", "010101ABC1", "3002201234"]
    assert query("cpr_birth_on(value)::VARCHAR", values) == [
        "1920-02-01", "1980-12-31", None, "1901-01-01", None, None, None,
    ]  # fmt: skip
    assert query("cpr_status(value, cpr_birth_on(value))", values)[-3:] == [
        "invalid_format", "invalid_format", "invalid_date",
    ]  # fmt: skip


@effort(max_examples=20, deadline=None)
@given(st.lists(st.from_regex(r"\A[0-9]{8}\Z"), min_size=1, max_size=100))
def test_cvr_check_digits_are_stdnums(query, values):
    assert query("is_valid_cvr(cvr_no(value))", values) == [cvr.is_valid(value) for value in values]


def test_company_numbers_are_told_from_others(query):
    values = ["10000009", "DK10000009", "1000000", "0101011234", "", "-"]
    assert query("cvr_no(id_text(value))", values) == ["10000009", "10000009", None, None, None, None]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Barn 010101-1234 i pleje", "Barn [CPR] i pleje"),
        ("0101011234", "[CPR]"),
        ("010101 1234,020202-1234;6102201234", "[CPR],[CPR];[CPR]"),
        ("01005-528201003-015195-529", "01005-528201003-015195-529"),
        ("Faktura 20220101123456", "Faktura 20220101123456"),
        ("tlf. 45 12 34 56", "tlf. 45 12 34 56"),
        ("321301-1234", "321301-1234"),
    ],
)
def test_what_looks_like_a_cpr_number_is_masked(query, text, masked):
    assert query("mask_cpr(value)", [text]) == [masked]
    assert query("has_cpr(value)", [text]) == [text != masked]


def test_hints_and_names_meet_in_one_form(query):
    decomposed = unicodedata.normalize("NFD", "ÅSE")
    assert query("hint_text(value)", [decomposed, " Åse  K "]) == ["åse", "åse k"]


formats = [
    Format(decimal=",", thousands="."),
    Format(decimal=",", thousands=None),
    Format(decimal=".", thousands=","),
    Format(decimal=".", thousands=" "),
]


@pytest.mark.parametrize("written", formats, ids=lambda f: f"{f.decimal}{f.thousands}")
@effort(max_examples=20, deadline=None)
@given(st.lists(st.decimals(-(10**15), 10**15, places=2), min_size=1, max_size=30), st.booleans())
def test_amounts_in_the_profiles_marks_are_read_exactly(query, written, values, grouped):
    grouped = grouped and written.thousands is not None
    texts = [
        f"{value:{',' if grouped else ''}.2f}".replace(",", "T")
        .replace(".", written.decimal)
        .replace("T", written.thousands or "")
        for value in values
    ]
    assert query(_number("value", written, 2, "DECIMAL(18,2)"), texts) == values


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "value"),
    [
        (",", ".", "9.410", "9410.00"),
        (",", ".", "9.41", None),
        (",", ".", "1.23.456", None),
        (",", ".", "9,410", None),
        (",", None, "9.410", None),
        (".", None, "9,41", None),
        (".", ",", "9,410", "9410.00"),
        (",", ".", "1.234,50-", "-1234.50"),
        (",", ".", "-1.234,50-", None),
        (",", None, "+5", "5.00"),
        (",", None, "1e3", None),
        (",", None, "٣", None),
        (",", None, ",5", None),
    ],
)
def test_another_locales_amount_is_never_read_as_something_else(query, decimal, thousands, text, value):
    written = Format(decimal=decimal, thousands=thousands)
    expression = f"CAST({_number('value', written, 2, 'DECIMAL(18,2)')} AS VARCHAR)"
    assert query(expression, [text]) == [value]


def test_a_hash_that_holds_ten_plausible_digits_is_no_cpr_number(query):
    hashes = ["a0102034567bcdefa0102034567bcdef", "cpr-a0102034567bcdefa0102034567bcdef", "a0102034567b-17"]
    assert query("has_cpr(value)", hashes) == [True] * 3
    assert query("hide_cpr(value)", hashes) == hashes
    numbers = [
        "0102034567",
        "010203-4567",
        "01.02.03-4567",
        "01-02-03 4567",
        "BOS 0102034567",
        "abc0102034567-17",
    ]
    assert all(hidden.startswith("cpr-") for hidden in query("hide_cpr(value)", numbers))
