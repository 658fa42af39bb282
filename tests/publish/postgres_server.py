"""A PostgreSQL server of one's own, on loopback, started and stopped by the tests and by a benchmark."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "kobling"
START_SECONDS = 180


def binaries() -> Path | None:
    """Where `initdb` and `pg_ctl` are: on the path, or where Debian keeps the newest."""
    found = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    paths = ([Path(found).resolve()] if found else []) + debian[-1:]
    return paths[0].parent if paths else None


@contextmanager
def running(**settings: str) -> Iterator[str]:
    """The server's connection string; it refuses to run as root, and then runs as Debian's `postgres`.

    It is a child of this process, so that what it uses counts as this process's children's.

    Args:
        settings: of its configuration, such as `work_mem`.
    """
    programs = binaries()
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else None
    # pytest's own folders are closed to others
    with tempfile.TemporaryDirectory(prefix="kobling-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        with _running(Path(folder) / "data", programs, user, settings) as dsn:
            yield dsn


@contextmanager
def _running(data: Path, programs: Path, user: str | None, settings: dict[str, str]) -> Iterator[str]:
    port = _free_port()

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [programs / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=data.parent,
        )

    def run(program: str, *arguments: str) -> None:
        process = start(program, *arguments)
        _, errors = process.communicate()
        assert process.returncode == 0, errors

    run("initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
    own = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",
        "logging_collector": "on",
    }
    options = [part for name, value in (own | settings).items() for part in ("-c", f"{name}={value}")]
    server = start("postgres", "-D", str(data), *options)
    try:
        _await(server, [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)])
        yield f"host=127.0.0.1 port={port} user={USER} dbname=postgres"
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _await(server: subprocess.Popen[str], is_ready: list[str | Path]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(is_ready, check=False).returncode:
        assert server.stderr is not None
        assert server.poll() is None, server.stderr.read()
        assert time.monotonic() < deadline, "PostgreSQL does not get ready"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
