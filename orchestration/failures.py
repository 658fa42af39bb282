"""What goes wrong in a step, told once: a clear line to Dagster and the command line, a traceback to the log.

Belongs here: the way from an exception to a `Failure`, and back from a finished run to its line and exit status.
Does not: the errors themselves (errors). No message of a library is passed on as it is: it can quote a value.
"""

import errno
import os
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
import duckdb

from orchestration.errors import KoblingError, Unavailable

EXIT_STATUS = "exit_status"
# Nothing of a traceback's text but names: quoted parts and long numbers may be somebody's.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d{4,}")


@dataclass(frozen=True)
class Told:
    """A run's failure for the command line."""

    line: str
    exit_status: int
    is_expected: bool
    """The line says what to do; otherwise the log does."""


@contextmanager
def told(log: dg.DagsterLogManager) -> Iterator[None]:
    """Turns an exception of a step into a `Failure` that says whether another try can help.

    Raises:
        dagster.Failure: always instead of another exception.
    """
    try:
        yield
    except KoblingError as error:
        raise dg.Failure(
            str(error),
            metadata={EXIT_STATUS: error.exit_status},
            allow_retries=isinstance(error, Unavailable),
        ) from None
    except (OSError, duckdb.IOException) as error:
        # a full disk, a network drive that is away: the next try may find it mended
        log.error(without_values(error))
        line = system_line(error) or f"{type(error).__name__}; see the log"
        raise dg.Failure(line, metadata={EXIT_STATUS: 2}) from None
    except dg.Failure:
        raise
    except Exception as error:
        log.error(without_values(error))
        raise dg.Failure(f"unexpected {type(error).__name__}", allow_retries=False) from None


def without_values(error: BaseException) -> str:
    """A traceback with the error's kind, and its message without anything that may be a value of a row."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{type(error).__name__}: {_VALUES.sub('…', str(error))}"


def first_failure(result: dg.ExecuteInProcessResult) -> Told | None:
    """Why a run failed; `None` where it did not."""
    return None if result.success else failure_of(result.all_events)


def failure_of(events: Iterable[dg.DagsterEvent]) -> Told:
    """Why a failed run failed.

    Args:
        events: of the run, in order; those that say that a step began or failed are enough.
    """
    begun = None
    for event in events:
        if event.event_type == dg.DagsterEventType.STEP_START:
            begun = event.step_key
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data.user_failure_data
            if data is None:
                return Told(f"step {event.step_key} failed", 2, is_expected=False)
            status = data.metadata.get(EXIT_STATUS)
            if status is None:
                return Told(f"{data.description} in step {event.step_key}", 2, is_expected=False)
            return Told(str(data.description), int(str(status.value)), is_expected=True)
    return Told(f"the run ended in step {begun}" if begun else "the run did not start", 2, is_expected=False)


def system_line(error: BaseException) -> str | None:
    """What the operating system said of a file, and how to mend it; `None` where it is not to blame.

    DuckDB and SQLite tell it in words of their own, of which only the known ones are passed on.
    """
    for found in _causes(error):
        by_system = found if isinstance(found, OSError) and found.errno is not None else None
        code = by_system.errno if by_system else _code_in(found)
        file = by_system.filename if by_system else None
        if code is not None:
            mend = _MENDS.get(code, "see to the disk and the folder")
            return f"{os.strerror(code)}{f': {file}' if file else ''}; {mend}, then run again"
    return None


_MENDS = {
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space",
    errno.EFBIG: "free disk space",
    errno.EIO: "free disk space or see to the disk",
    errno.EACCES: "give this user the right to write there",
    errno.EPERM: "give this user the right to write there",
    errno.EROFS: "mount it for writing",
}
# SQLite's words; the second also where there is no room for its log
_SQLITE = {"database or disk is full": errno.ENOSPC, "disk I/O error": errno.EIO}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _code_in(error: BaseException) -> int | None:
    words = _SQLITE | {os.strerror(code): code for code in _MENDS}
    return next((code for text, code in words.items() if text in str(error)), None)
