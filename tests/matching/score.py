"""How good the matching is, measured on the shared extracts: `python -m tests.matching.score WAREHOUSE [SHARED]`.

WAREHOUSE is a publication's kobling.duckdb or a build; SHARED the shared extracts' data folder. What is counted stands
in score.sql.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import PROJECT_ROOT

TABLES = ("score", "precision_by_method", "misses_by_defect", "doubles")


def score(database: Path, shared_data: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the views that score.sql makes of a built database and the truth."""
    connection = duckdb.connect()
    connection.execute(f"attach '{database}' as built (read_only)")
    for name in ("truth", "landing"):
        connection.execute(f"set variable {name} = '{shared_data / name}'")
    connection.execute(Path(__file__).with_name("score.sql").read_text(encoding="utf-8"))
    return connection


def first_row(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, Any]:
    """The first row of a view by column."""
    cursor = connection.execute(f"from {view}")
    names = [column[0] for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def report(connection: duckdb.DuckDBPyConnection) -> str:
    """The views as tables to read."""
    lines = []
    for view in TABLES:
        cursor = connection.execute(f"from {view}")
        rows = [tuple(column[0] for column in cursor.description or ()), *cursor.fetchall()]
        texts = [["" if value is None else str(value) for value in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines += ["", view]
        lines += [
            "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in texts
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    shared = Path(sys.argv[2]) if len(sys.argv) > 2 else PROJECT_ROOT.parent / "shared" / "data"
    print(report(score(Path(sys.argv[1]), shared)))
