"""A PostgreSQL server of the tests' own, on loopback, started and stopped by them."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "kobling"


def binaries() -> Path | None:
    """Where `initdb` and `pg_ctl` are: on the path, or where Debian keeps the newest."""
    found = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    paths = ([Path(found).resolve()] if found else []) + debian[-1:]
    return paths[0].parent if paths else None


@contextmanager
def running() -> Iterator[str]:
    """The server's connection string; it refuses to run as root, and then runs as Debian's `postgres`."""
    programs = binaries()
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else None
    # pytest's own folders are closed to others
    with tempfile.TemporaryDirectory(prefix="kobling-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        with _running(Path(folder) / "data", programs, user) as dsn:
            yield dsn


@contextmanager
def _running(data: Path, programs: Path, user: str | None) -> Iterator[str]:
    port = _free_port()

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=data.parent,
        )
        assert done.returncode == 0, done.stderr

    run("initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start")
    try:
        yield f"host=127.0.0.1 port={port} user={USER} dbname=postgres"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
