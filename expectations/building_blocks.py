"""The expectations that suites are made of: each with its severity, what it protects, and a Danish sentence.

Belongs here: thin factories over Great Expectations' own classes, and the one class of ours that only counts.
Does not: a table or column name of Kobling.

Severity: `critical` holds the publication back (wrong totals, broken keys or references, personal data),
`warning` publishes with a flag (implausible, but the source's own).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from great_expectations import ExpectationSuite
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import sentences

Severity = Literal["critical", "warning"]
Expectations = Sequence[Expectation | Sequence[Expectation]]
"""Expectations of one table; lists among them are laid flat by `suite`."""

# A Danish personal number as text: day and month that exist, six and four digits, no digit on either side.
_CPR_DATE = r"(^|[^0-9])(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}"
CPR_HYPHENATED = _CPR_DATE + r"[- ][0-9]{4}($|[^0-9])"
CPR_ANY = _CPR_DATE + r"[- ]?[0-9]{4}($|[^0-9])"

# Columns that hold a structured code or a foreign number: ten digits in a row are no sign of a person there.
# Account strings hold groups of digits with hyphens between, so that even the hyphenated form says nothing.
_CODES = ("account_id", "source_account", "source_account_string", "file_hash", "profile")
_NUMBER_SUFFIXES = ("_id", "_no", "_reference")


class ExpectNoRows(UnexpectedRowsExpectation):
    """`UnexpectedRowsExpectation` that counts only: the offending rows never reach Python, nor a result."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"unexpected_count": count}}


def _meta(
    name: str, columns: Iterable[str], why: str, harms: Iterable[str], sql: str | None = None
) -> dict[str, Any]:
    return {"name": name, "columns": list(columns), "why": why, "harms": list(harms), "sql": sql}


def not_null(
    columns: Iterable[str], *, why: str, harms: Iterable[str], severity: Severity = "critical"
) -> list[Expectation]:
    """Each of the columns is filled in every row.

    Counted by SQL: `ExpectColumnValuesToNotBeNull` says the same and costs Great Expectations five times as
    long, which tells with a hundred columns.
    """
    return [
        no_rows(
            "not_null",
            f"select 1 from batch where {column} is null",
            columns=[column],
            da=sentences.filled([column]),
            why=why,
            harms=harms,
            severity=severity,
        )
        for column in columns
    ]


def unique(
    columns: Sequence[str], *, why: str, harms: Iterable[str], severity: Severity = "critical"
) -> Expectation:
    """No two rows are alike in the columns together; two empty values count as alike."""
    keys = ", ".join(columns)
    return no_rows(
        "unique",
        f"select 1 from batch group by {keys} having count(*) > 1",
        columns=columns,
        da=sentences.different(columns),
        why=why,
        harms=harms,
        severity=severity,
    )


def in_set(
    column: str, values: Sequence[str], *, why: str, harms: Iterable[str], severity: Severity = "critical"
) -> Expectation:
    """The column holds one of the values, or nothing."""
    return ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        severity=FailureSeverity(severity),
        description=sentences.one_of(column, values),
        meta=_meta("in_set", [column], why, harms),
    )


def between(
    column: str,
    low: float | None,
    high: float | None,
    *,
    why: str,
    harms: Iterable[str],
    severity: Severity = "critical",
) -> Expectation:
    """The column lies between the bounds, both counted, or is empty; `None` is no bound."""
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=low,
        max_value=high,
        severity=FailureSeverity(severity),
        description=sentences.within(column, low, high),
        meta=_meta("between", [column], why, harms),
    )


def no_rows(
    name: str,
    sql: str,
    *,
    da: str,
    why: str,
    harms: Iterable[str],
    columns: Iterable[str] = (),
    severity: Severity = "critical",
) -> Expectation:
    """A query that must find nothing; it reads the suite's table as `batch`, others by their full name."""
    escaped = sql.replace("{", "{{").replace("}", "}}")
    return ExpectNoRows(
        unexpected_rows_query=f"with batch as (select * from {{batch}}) {escaped}",
        severity=FailureSeverity(severity),
        description=da,
        meta=_meta(name, columns, why, harms, " ".join(sql.split())),
    )


def references(
    column: str,
    table: str,
    *,
    why: str,
    harms: Iterable[str],
    severity: Severity = "critical",
    key: str | None = None,
) -> Expectation:
    """Every value of the column is one of the other table's: of the column `key`, else of that of the same name."""
    # qualified: a column that the other table has not would be read as the batch's own, and every value found
    known = f"known.{key or column}"
    return no_rows(
        f"references_{table.split('.')[-1]}",
        f"""
        select 1 from batch
        where batch.{column} is not null
            and batch.{column} not in (select {known} from {table} as known where {known} is not null)
        """,
        columns=[column],
        da=sentences.known(column, table.split(".")[-1]),
        why=why,
        harms=harms,
        severity=severity,
    )


def no_personal_numbers(columns: Mapping[str, str], *, harms: Iterable[str]) -> list[Expectation]:
    """No text column holds what looks like a CPR number; `*_key` columns hold pseudonyms, or nothing.

    Args:
        columns: all columns of the table with their DuckDB types, so that a new one is covered at once.
        harms: what a failure would harm.
    """
    keys = [name for name, type_ in columns.items() if type_ == "VARCHAR" and name.endswith("_key")]
    text = [
        name
        for name, type_ in columns.items()
        if type_ == "VARCHAR" and name not in _CODES and name not in keys
    ]
    numbers = [name for name in text if name.endswith(_NUMBER_SUFFIXES)]
    free = [name for name in text if name not in numbers]
    why = "Personnumre må aldrig forlade indlæsningen"
    expectations = []
    for name, pattern, kept, da in (
        ("no_cpr_in_text", CPR_ANY, free, "Ingen tekst ligner et personnummer"),
        ("no_cpr_in_numbers", CPR_HYPHENATED, numbers, "Intet nummer er skrevet som et personnummer"),
    ):
        if kept:
            # one pattern match a row: the columns are joined by a mark that is not a digit
            text_of_row = f"concat_ws(' | ', {', '.join(kept)})"
            expectations.append(
                no_rows(
                    name,
                    f"select 1 from batch where regexp_matches({text_of_row}, '{pattern}')",
                    columns=kept,
                    da=da,
                    why=why,
                    harms=harms,
                )
            )
    if keys:
        shapes = " or ".join(f"not regexp_full_match({key}, '[0-9a-f]{{32}}')" for key in keys)
        expectations.append(
            no_rows(
                "pseudonyms_are_pseudonyms",
                f"select 1 from batch where {shapes}",
                columns=keys,
                da="Pseudonymer har et pseudonyms form (32 hexadecimale tegn)",
                why="Et pseudonym med en anden form er måske slet ikke et",
                harms=harms,
            )
        )
    return expectations


def suite(table: str, expectations: Expectations) -> ExpectationSuite:
    """A suite of one table, named `schema.table`; lists among the expectations are laid flat."""
    flat: list[Expectation] = []
    for item in expectations:
        flat.extend(item if isinstance(item, Sequence) else [item])
    return ExpectationSuite(name=table, expectations=flat)
