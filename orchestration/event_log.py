"""Dagster's event log on SQLite with one engine for the life of the process.

Belongs here: the storage class that `dagster.yaml` names. Does not: anything else about the instance.

Dagster makes an engine and opens a connection for every event, several times. A run has some hundred events; with
the engine, its compiled statements and its connections kept, an event costs half.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class EventLog(ConsolidatedSqliteEventLogStorage):
    """One database for the events of all runs, through a pool of connections."""

    @cached_property
    def _engine(self) -> db.Engine:
        engine = db.create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        # with Dagster's write-ahead log a kill loses nothing; to wait for the disk at each event saves only the last
        # ones from a power cut
        db.event.listen(engine, "connect", lambda opened, _: opened.execute("pragma synchronous = normal"))
        return engine

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._engine.begin() as connection:
            yield connection

    @cached_property
    def _tables(self) -> set[str]:
        return set(db.inspect(self._engine).get_table_names())

    def has_table(self, table_name: str) -> bool:
        """Whether the table is there; asked before many events, and tables do not come and go."""
        return table_name in self._tables

    @cached_property
    def _has_index_columns(self) -> bool:
        return self.has_asset_key_index_cols()

    def _has_asset_key_index_cols_on_connection(self, conn: db.Connection) -> bool:  # noqa: ARG002
        """Asked at each event of an asset, and answered by reading the schema."""
        return self._has_index_columns

    def dispose(self) -> None:
        """Closes the connections."""
        self._engine.dispose()
        super().dispose()  # type: ignore[no-untyped-call]
