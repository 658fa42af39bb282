"""The audit trail: who did what kind of thing to the data when, in counts; no value of the data.

Belongs here: appending. Does not: deciding; nothing in here is ever rewritten.
"""

import getpass
import json
import os
from datetime import UTC, datetime
from typing import Any

from orchestration.ingest.registry import make_folder
from orchestration.settings import Settings


def entry(kind: str, **what: Any) -> dict[str, Any]:
    """A line of the trail.

    Args:
        kind: `forget`, `rotate-key` or `retention`.
        what: counts, fingerprints and keyed hashes.
    """
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": _user(), "kind": kind, **what}


def append(settings: Settings, kind: str, **what: Any) -> None:
    """Writes a line, durably."""
    write(settings, entry(kind, **what))


def write(settings: Settings, line: dict[str, Any]) -> None:
    """Writes a line that was made before; one that is there already is not written again."""
    path = settings.audit_path
    make_folder(path.parent)
    text = json.dumps(line, ensure_ascii=False, sort_keys=True)
    if path.is_file() and text in path.read_text(encoding="utf-8").splitlines():
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        # a line that a crash cut off ends here
        torn = path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
        os.write(handle, f"{chr(10) if torn else ''}{text}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's number without a name
        return str(os.getuid())
