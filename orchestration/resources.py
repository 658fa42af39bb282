"""What a run holds from its first to its last step: the settings, and the right to write.

Belongs here: Dagster resources and the lock they take. Does not: what is done with them (assets).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from orchestration import permissions
from orchestration.errors import InputError
from orchestration.instance import municipality_tag, process_tag
from orchestration.logs import logging_to, run_log
from orchestration.municipality import asset_key
from orchestration.privacy.recovery import finish
from orchestration.settings import Settings, load_settings

LOCK = ".kobling.lock"
WAIT_SECONDS = 3600.0


@contextmanager
def only_writer(settings: Settings, wait_seconds: float) -> Iterator[None]:
    """Holds `KOBLING_HOME` for writing; says on stderr that it waits where another process holds it.

    The process that holds it may enter again. The operating system lets go of the lock when a process dies.

    Raises:
        InputError: the other run did not end in time.
    """
    permissions.restrict()
    settings.home_path.mkdir(parents=True, exist_ok=True)
    # of the process, not of a thread: Dagster may tear a resource down in another one
    lock = FileLock(settings.home_path / LOCK, mode=0o640, thread_local=False, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("kobling: waiting for another run", file=sys.stderr, flush=True)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise InputError(
                f"another run has held {settings.home_path} for more than {wait_seconds:.0f} seconds; "
                "wait for it, or end it, and run again"
            ) from None
    try:
        permissions.close(settings)
        yield
    finally:
        lock.release()


class Run(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The run's settings, read from the environment when it starts, and the lock on `KOBLING_HOME` till it ends.

    The pseudonym key is in the settings and nowhere in Dagster's configuration, storage or pages.
    """

    wait_seconds: float = WAIT_SECONDS
    _settings: Settings = PrivateAttr()

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self._settings

    def asset_key(self, key: dg.AssetKey) -> dg.AssetKey:
        """The key under which a step says what it made; where municipalities share an instance, it has their name."""
        return asset_key(self._settings.municipality, key)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Run"]:
        """Takes the lock for the whole run: one process executes all steps."""
        settings = load_settings()
        if context.instance and context.run:
            # of Dagster's own runs too: nobody else would notice that their process is gone
            context.instance.add_run_tags(
                context.run.run_id, {**process_tag(), **municipality_tag(settings.municipality)}
            )
        self._settings = settings
        run_id = context.run.run_id if context.run else "unknown"
        with (
            only_writer(self._settings, self.wait_seconds),
            logging_to(run_log(self._settings.logs_path, run_id), run_id, kept=self._settings.keep_logs),
        ):
            finish(self._settings)
            yield self
