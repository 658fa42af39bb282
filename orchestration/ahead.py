"""Imports that a run needs later, made while it waits for DuckDB to read files.

Belongs here: which modules take seconds to import, and doing it in a thread. Does not: importing at the right place,
which who uses them still does.
"""

from contextlib import suppress
from importlib import import_module
from threading import Thread

# Not in the thread: half imported it already answers what Dagster's own queries ask of values, and fails.
import sqlalchemy.orm  # noqa: F401

MODULES = (
    "expectations.lake",
    "expectations.marts",
    "orchestration.validation.dialect",
    "orchestration.publish.publication",
)


def import_ahead() -> None:
    """Begins to import them, and returns at once."""
    Thread(target=_import, name="import-ahead", daemon=True).start()


def _import() -> None:
    for name in MODULES:
        # what cannot be imported is told where it is used
        with suppress(ImportError):
            import_module(name)
