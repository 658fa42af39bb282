"""Where a run writes what it does: one log file a run, and Dagster's events in it.

Belongs here: handlers and formats. Does not: what is worth a line on the terminal (cli).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
EVENTS = "kobling.dagster"
KEPT = 100
"""Logs of so many runs stay."""
PROCESS = "process"
"""Name of the Dagster logger that hands its events to this process's logging."""


@dg.logger({}, description="Hands Dagster's events to the logging of the process.")
def process_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """Python's logger of Dagster's events."""
    return logging.getLogger(EVENTS)


@contextmanager
def logging_to(path: Path, *, verbose: bool = False) -> Iterator[None]:
    """Sends Dagster's events, the libraries' and Python's warnings to a file, and none of it to the terminal.

    Args:
        path: the file; its folder is made.
        verbose: to stderr too.
    """
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    for old in sorted(path.parent.glob("run-*.log"), key=lambda log: log.stat().st_mtime)[:-KEPT]:
        old.unlink()
    handlers: list[logging.Handler] = [logging.FileHandler(path, encoding="utf-8")]
    if verbose:
        handlers.append(logging.StreamHandler())
    path.chmod(0o640)
    root = logging.getLogger()
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(handler)
    logging.getLogger("kobling").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
