"""What a check says in plain Danish: the same words for Great Expectations and for dbt's tests.

Belongs here: sentences of the kinds of check that have many instances, and what each kind protects. Does not: a
check with a sentence of its own. Imports nothing, so that a page can be written without the tools.
"""

from collections.abc import Sequence

# What a dbt test of the kind protects; an expectation says it for itself.
WHY = {
    "not_null": "En række uden værdi ville mangle i alt, hvad der bygger på den",
    "never_null": "En række uden værdi ville mangle i alt, hvad der bygger på den",
    "unique": "Den samme række to gange ville tælle dobbelt",
    "unique_combination": "Den samme række to gange ville tælle dobbelt",
    "accepted_values": "En ukendt værdi ville falde uden for beregningerne",
    "relationships": "En henvisning til noget, der ikke findes, ville tabe rækken på vejen",
    "unit_test": "Regnestykket skal give det rigtige, også ved grænsedatoer og tomme felter",
    "singular": "Tallene skal stemme fra led til led",
}

# Lists of codes can be long; the reader needs to know what kind of codes they are.
_MOST_VALUES = 12


def filled(columns: Sequence[str]) -> str:
    """No empty value."""
    if len(columns) == 1:
        return f"Kolonnen {columns[0]} er udfyldt i alle rækker"
    return f"Kolonnerne {listed(columns)} er udfyldt i alle rækker"


def different(columns: Sequence[str]) -> str:
    """No two rows alike in the columns together."""
    if len(columns) == 1:
        return f"Ingen to rækker har samme {columns[0]}"
    return f"Ingen to rækker har samme {listed(columns)} på én gang"


def one_of(column: str, values: Sequence[str]) -> str:
    """Only known values."""
    shown = list(values[:_MOST_VALUES])
    more = f" og {len(values) - _MOST_VALUES} andre" if len(values) > _MOST_VALUES else ""
    return f"Kolonnen {column} rummer kun {listed(shown, 'eller') if not more else ', '.join(shown) + more}"


def within(column: str, low: float | None, high: float | None) -> str:
    """Between bounds, both counted."""
    bounds = {
        (True, True): f"ligger mellem {low} og {high}",
        (True, False): f"er mindst {low}",
        (False, True): f"er højst {high}",
    }
    return f"Kolonnen {column} {bounds[low is not None, high is not None]}"


def known(column: str, table: str) -> str:
    """Every value is another table's."""
    return f"Hver værdi i kolonnen {column} findes i tabellen {table}"


def examples(number: int) -> str:
    """Unit tests of a model."""
    return f"Beregningen giver det forventede i {'et eksempel' if number == 1 else f'{number} eksempler'}"


def listed(names: Sequence[str], last: str = "og") -> str:
    """`a, b og c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
