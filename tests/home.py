"""A home in which the main job has run on the shared extracts, for the tests that look at what it published."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# A later date comes first, as when somebody looks back.
AS_OF = ["2022-06-30", "2021-12-31", "2022-03-31"]
KEY = "synthetic key of the end-to-end test"


@dataclass(frozen=True)
class Home:
    """A home with the publications of AS_OF, and what the command printed."""

    path: Path
    printed: dict[str, subprocess.CompletedProcess[str]]

    def publication(self, as_of: str) -> Path:
        return Path(self.printed[as_of].stdout.splitlines()[0])

    def query(self, as_of: str, sql: str) -> list[tuple[Any, ...]]:
        return query(self.publication(as_of) / "kobling.duckdb", sql)

    def query_steward(self, as_of: str, sql: str) -> list[tuple[Any, ...]]:
        return query(self.publication(as_of) / "steward" / "steward.duckdb", sql)


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def kobling(home: Path, landing: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "KOBLING_HOME": str(home),
        "KOBLING_LANDING": str(landing),
        "KOBLING_PSEUDONYM_KEY": KEY,
    }
    program = Path(sys.executable).with_name("kobling")
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
