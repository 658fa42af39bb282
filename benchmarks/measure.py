"""What one fresh process takes: wall and CPU seconds, peak memory; the kernel counts, with the processes below it."""

import os
import re
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_OUT_OF_MEMORY = re.compile(rb"MemoryError|Out of ?Memory|bad_alloc|Cannot allocate memory", re.IGNORECASE)


@dataclass(frozen=True)
class Measured:
    """One run of one command. `peak_mb` is the largest of its processes; `cpu` counts all of them."""

    wall: float
    cpu: float
    peak_mb: int
    status: str
    """`ok`, `out of memory` or `failed`."""


def measure(command: Sequence[str | Path], log: Path, memory_limit: int, env: Mapping[str, str]) -> Measured:
    """Runs it and waits.

    Args:
        command: a program with its arguments.
        log: takes what it prints.
        memory_limit: bytes of memory of its own that a process may have; the next one is refused.
        env: its environment variables.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory_limit, memory_limit))
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        wall=round(wall, 2),
        cpu=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=usage.ru_maxrss // 1024,
        status=_status(process.returncode, log),
    )


def _status(exit_status: int, log: Path) -> str:
    if exit_status == 0:
        return "ok"
    # the kernel kills, or an allocation is refused
    is_memory = exit_status == -9 or _OUT_OF_MEMORY.search(log.read_bytes())
    return "out of memory" if is_memory else "failed"
