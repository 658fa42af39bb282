"""The floor: floor.sql on a landing folder's newest files, with two threads and Kobling's memory limit.

python -m benchmarks.floor LANDING OUT
"""

import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.deliveries import CORRECTIONS, MARTS, newest
from orchestration.settings import MEMORY_LIMIT

THREADS = 2


def make(landing: Path, out: Path) -> None:
    """Writes the three marts as CSV files."""
    files = newest(landing)
    variables = {
        "as_of": files.as_of,
        "granted": str(files.granted),
        "expected": str(files.expected),
        "postings": [str(path) for path in files.postings],
        "budgets": [str(path) for path in files.budgets],
        "corrections": str(CORRECTIONS),
    }
    with (
        tempfile.TemporaryDirectory(dir=out) as spill,
        duckdb.connect(
            config={"threads": THREADS, "memory_limit": MEMORY_LIMIT, "temp_directory": spill}
        ) as connection,
    ):
        for name, value in variables.items():
            connection.execute(f"set variable {name} = ?", [value])
        connection.execute(Path(__file__).with_name("floor.sql").read_text(encoding="utf-8"))
        for mart in MARTS:
            connection.execute(f"copy {mart} to '{out / mart}.csv'")


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
