"""Where a run writes what it does: one log file a run, a JSON object a line, with Dagster's events in it.

Belongs here: handlers and formats. Does not: what is worth a line on the terminal (cli).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import structlog
from structlog.typing import EventDict, WrappedLogger

from orchestration.failures import without_values
from orchestration.municipality import is_asset

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
EVENTS = "kobling.dagster"
KEPT = 100
"""Logs of so many runs stay where the settings say nothing else."""
PROCESS = "process"
"""Name of the Dagster logger that hands its events to this process's logging."""
PUBLICATION = dg.AssetKey("publication")
_BELOW_INFO = {
    dg.DagsterEventType.RUN_START,
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.RUN_SUCCESS,
}
"""Events that Dagster takes for debugging and a log without them does not tell what was done; the publication's too."""


@dg.logger({}, description="Hands Dagster's events to the logging of the process.")
def process_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """Python's logger of Dagster's events."""
    return logging.getLogger(EVENTS)


def run_log(folder: Path, run_id: str) -> Path:
    """The log file of a run."""
    return folder / f"run-{run_id}.log"


@contextmanager
def logging_to(
    path: Path, run_id: str | None = None, *, verbose: bool = False, kept: int = KEPT
) -> Iterator[None]:
    """Sends Dagster's events, the libraries' and Python's warnings to a file, and none of it to the terminal.

    A file that this process writes to already gets no line twice.

    Args:
        path: the file; its folder is made.
        run_id: stands in every line.
        verbose: to stderr too, for people.
        kept: logs of so many runs stay, this one's among them.
    """
    root = logging.getLogger()
    if any(isinstance(handler, _JsonLines) and handler.path == path for handler in root.handlers):
        yield
        return
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    logs = sorted(path.parent.glob("run-*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for old in logs[kept - 1 :]:
        old.unlink(missing_ok=True)
    handlers: list[logging.Handler] = [_JsonLines(path, run_id)]
    if verbose:
        handlers.append(logging.StreamHandler())
        handlers[-1].setFormatter(logging.Formatter(FORMAT))
    path.chmod(0o640)
    for handler in handlers:
        root.addHandler(handler)
    logging.getLogger("kobling").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger(EVENTS).setLevel(logging.DEBUG)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


class _JsonLines(logging.FileHandler):
    """A JSON object a line: timestamp, level, logger, event, run_id, step, publication_id once it is known."""

    def __init__(self, path: Path, run_id: str | None) -> None:
        super().__init__(path, encoding="utf-8")
        self.path = path
        self._known = {"run_id": run_id} if run_id else {}
        self.addFilter(_is_told)
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    _traceback,
                    self._dagster,
                ],
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
                ],
            )
        )

    def _dagster(self, _: WrappedLogger, __: str, line: EventDict) -> EventDict:
        """What Dagster knows of a line, as fields instead of one long text."""
        meta = getattr(line["_record"], "dagster_meta", None)
        if meta:
            line["event"] = meta["orig_message"]
            line.update({"step": meta["step_key"]} if meta["step_key"] else {})
            if event := meta["dagster_event"]:
                line.update(self._event(event))
        line.update(self._known)
        return line

    def _event(self, event: dg.DagsterEvent) -> dict[str, str]:
        if _is_publication(event):
            self._known["publication_id"] = str(event.materialization.metadata["id"].value)
        fields = {"kind": event.event_type.name}
        data = event.event_specific_data
        if user := getattr(data, "user_failure_data", None):
            fields["error"] = user.description
        elif error := getattr(data, "error", None):
            fields["error"] = error.to_string()
        return fields


def _is_publication(event: dg.DagsterEvent) -> bool:
    return event.is_step_materialization and is_asset(event.asset_key, PUBLICATION)


def _is_told(record: logging.LogRecord) -> bool:
    """Everything from INFO on, and the steps."""
    event = getattr(record, "dagster_meta", {}).get("dagster_event")
    return record.levelno >= logging.INFO or (
        event is not None and (event.event_type in _BELOW_INFO or _is_publication(event))
    )


def _traceback(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """The traceback of a logged exception, without anything that may be a value of a row."""
    found = line.pop("exc_info", None) or line["_record"].exc_info
    if found and found[1]:
        line["traceback"] = without_values(found[1])
    return line
