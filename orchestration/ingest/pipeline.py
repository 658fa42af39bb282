"""Ingest: what is new in landing becomes part of the lake, or is refused and said so.

Belongs here: the order of things over all deliveries. Does not: how a file is read (`decode`, `load`), or
Dagster.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.errors import KoblingError
from orchestration.ingest.decode import StagedFile, file_hash, stage
from orchestration.ingest.errors import FileRefused, StillCopying
from orchestration.ingest.forgotten import LakeFile, forgetting, new_salt, read_list, write_list
from orchestration.ingest.keys import key_fingerprint, require_key_of_lake
from orchestration.ingest.lake import Lake
from orchestration.ingest.landing import (
    LandedDelivery,
    LandedFile,
    fits,
    folder_stats,
    match_files,
    scan,
    shown,
    still_copied,
)
from orchestration.ingest.load import Database, LoadedFile, TooManyBadRows, load_file
from orchestration.ingest.profiles import Profile, load_profiles
from orchestration.ingest.registry import Delivery, FileRecord, load_deliveries
from orchestration.ingest.workbook import stage_workbook
from orchestration.privacy import audit
from orchestration.retention import months_before
from orchestration.settings import Settings

logger = logging.getLogger(__name__)

READERS = 2


@dataclass(frozen=True)
class SkippedDelivery:
    """A delivery left for the next run, and why."""

    source: str
    extract_date: date
    reason: str


@dataclass
class IngestResult:
    """What one ingest did: newly loaded, refused now, left for later, and lines for the user."""

    loaded: list[Delivery] = field(default_factory=list)
    refused: list[Delivery] = field(default_factory=list)
    skipped: list[SkippedDelivery] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def tell(self, message: str, level: int = logging.INFO) -> None:
        """Keep a line for the user, and log it."""
        self.messages.append(message)
        logger.log(level, message)


def ingest(settings: Settings) -> IngestResult:
    """Load every new delivery in landing into the lake; what is loaded already stays as it is.

    Raises:
        ConfigurationError: no key, another key than the lake's, or a wrong profile.
        InputError: another ingest is running.
        KoblingError: a folder cannot be read or written, or disk or memory does not suffice.
    """
    key = require_key_of_lake(settings)
    profiles = load_profiles(settings.profiles_path)
    lake = Lake(settings.lake_path, settings.quarantine_path)
    try:
        with lake.lock():
            return run_ingest(lake, key, profiles, settings)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise KoblingError(
        f"ingest stopped ({reason}): see to disk space and the folders' permissions, then run again"
    )


def run_ingest(
    lake: Lake, key: bytes, profiles: dict[str, list[Profile]], settings: Settings
) -> IngestResult:
    """Ingest into a lake that is held already; deliveries past their retention period go."""
    run = _Ingest(lake, key, profiles)
    result = run.run(settings.landing_path)
    retired = run.retire(settings.keep_deliveries_months)
    if retired:
        audit.append(settings, "retention", deliveries=len(retired), before=str(max(retired)))
    return result


@contextmanager
def _readers() -> Iterator[ThreadPoolExecutor]:
    """Reads two files at a time: DuckDB reads one in its order with a single thread, and decoding is Python's.

    What ends the delivery ends what has not begun.
    """
    with ThreadPoolExecutor(READERS) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _stage(file: LandedFile, target: Path) -> StagedFile:
    """The file as text, whatever it was.

    Raises:
        FileRefused: it cannot be trusted.
    """
    file_format, max_bytes = file.profile.format_of(file.file), file.profile.limits.max_bytes
    if file.file.workbook:
        return stage_workbook(file.path, target, file.file, file_format, max_bytes)
    return stage(file.path, target, file_format, max_bytes)


class _Ingest:
    """One run over the landing folder, holding the lake."""

    def __init__(self, lake: Lake, key: bytes, profiles: dict[str, list[Profile]]) -> None:
        self.lake = lake
        self.key = key
        self.fingerprint = key_fingerprint(key)
        self.profiles = profiles
        records = load_deliveries(lake.path)
        self.loaded = {
            (record.source, record.extract_date): record for record in records if record.status == "loaded"
        }
        self.retired = {
            (record.source, record.extract_date) for record in records if record.status == "retired"
        }
        self.forgotten = read_list(lake.path)
        self.salt = new_salt()
        self.result = IngestResult()

    def run(self, landing: Path) -> IngestResult:
        """Sweep, then take the deliveries by date."""
        self.lake.sweep()
        deliveries, notices = scan(landing, self.profiles)
        for notice in notices:
            self.result.tell(notice)
        deliveries = [found for found in deliveries if (found.source, found.extract_date) not in self.retired]
        self._forget_gone(deliveries)
        new = [found for found in deliveries if (found.source, found.extract_date) not in self.loaded]
        settle = {
            source: max(profile.limits.settle_seconds for profile in members)
            for source, members in self.profiles.items()
        }
        copied = still_copied(new, settle)
        with self.lake.staging() as spill, closing(Database(self.key, spill)) as database:
            for delivery in deliveries:
                try:
                    if delivery in copied:
                        raise StillCopying
                    self._take(database, delivery)
                except StillCopying:
                    self._skip(delivery)
        return self.result

    def _forget_gone(self, deliveries: list[LandedDelivery]) -> None:
        """A refused delivery that was taken away is no problem any more."""
        present = {(delivery.source, delivery.extract_date) for delivery in deliveries}
        for record in load_deliveries(self.lake.path):
            if record.status == "refused" and (record.source, record.extract_date) not in present:
                self.lake.forget_refusal(record.source, record.extract_date)

    def retire(self, months: int | None) -> list[date]:
        """Empties deliveries that are more than so many months older than the newest; each source's newest stays.

        Returns:
            Their dates.
        """
        if months is None or not self.loaded:
            return []
        first = months_before(max(extract_date for _, extract_date in self.loaded), months)
        newest = dict(sorted(self.loaded))
        old = [
            record
            for (source, day), record in sorted(self.loaded.items())
            if day < first and day < newest[source]
        ]
        for record in old:
            files = [file.model_copy(update={"lake_file": None}) for file in record.files]
            self.lake.record(record.model_copy(update={"status": "retired", "files": files}))
            del self.loaded[record.source, record.extract_date]
            self.result.tell(f"{record.source} {record.extract_date}: past its retention period, emptied")
        if old:
            self.lake.sweep()
        return [record.extract_date for record in old]

    def _skip(self, delivery: LandedDelivery) -> None:
        reason = "still being copied, or open in a program; the next run takes it"
        self.result.skipped.append(SkippedDelivery(delivery.source, delivery.extract_date, reason))
        self.result.tell(f"{delivery}: {reason}", logging.WARNING)

    def _take(self, database: Database, delivery: LandedDelivery) -> None:
        """Load a new delivery, or see that a loaded one is what it was."""
        record = self.loaded.get((delivery.source, delivery.extract_date))
        try:
            if record:
                self._compare(delivery, record)
            else:
                self._load(database, delivery)
        except FileRefused as error:
            self._refuse(delivery, str(error))

    def _compare(self, delivery: LandedDelivery, record: Delivery) -> None:
        """Nothing to do when a loaded delivery has the same files.

        Raises:
            FileRefused: its content changed; the loaded one stays.
        """
        known = {file.name: file.file_hash for file in record.files}
        profiles = self.profiles[delivery.source]
        names = [
            name
            for name in delivery.files
            if name in known or (fits(name, profiles) and shown(name) not in record.ignored)
        ]
        different = sorted(set(known) ^ set(names))
        if not different:
            different = [name for name in names if file_hash(delivery.folder / name) != known[name]]
        if different:
            raise FileRefused(
                f"loaded already, with other content ({', '.join(map(shown, different))}); "
                "a corrected delivery belongs under a new date"
            )
        self.lake.forget_refusal(delivery.source, delivery.extract_date)

    def _load(self, database: Database, delivery: LandedDelivery) -> None:
        """Read all files into staging, then move them into place and write the record.

        Raises:
            FileRefused: a file is; nothing of the delivery is loaded then.
            StillCopying: the folder changed meanwhile.
        """
        files, ignored = match_files(delivery, self.profiles[delivery.source])
        warnings = [f"{shown(name)}: fits no pattern, not read" for name in ignored]
        with self.lake.staging() as staging, _readers() as pool:
            readings = [
                pool.submit(self._read, database, file, staging / str(number))
                for number, file in enumerate(files)
            ]
            quarantine: dict[str, Path] = {}
            refusals, read = [], []
            contents: dict[tuple[object, ...], str] = {}
            for file, reading in zip(files, readings, strict=True):
                try:
                    digest, size, loaded = reading.result()
                except FileRefused as error:
                    refusals.append(f"{file.path.name}: {error}")
                    if isinstance(error, TooManyBadRows):
                        quarantine[file.path.name] = error.quarantine
                    continue
                # a copy under another name; files whose names tell a year or a month are none
                alike = (id(file.file), *sorted(file.parts.items()), digest)
                name = contents.setdefault(alike, file.path.name)
                if name != file.path.name:
                    ignored.append(file.path.name)
                    warnings.append(f"{file.path.name}: the same content as {name}, not read")
                    continue
                if loaded.quarantine:
                    quarantine[file.path.name] = loaded.quarantine
                read.append((file, digest, size, loaded))
            if folder_stats(delivery.folder) != delivery.files:
                raise StillCopying
            self.lake.place_quarantine(delivery.source, delivery.extract_date, quarantine)
            if refusals:
                more = f"; and {len(refusals) - 3} more files" if len(refusals) > 3 else ""
                raise FileRefused("; ".join(refusals[:3]) + more)
            rewritten = self._forget(database, [(file, loaded) for file, _, _, loaded in read])
            records = [self._place(delivery, *parts) for parts in read]
        ignored = [shown(name) for name in ignored]
        snapshots = [record for record in records if record.mode == "snapshot"]
        if snapshots and all(record.is_unchanged for record in snapshots):
            warnings.append("all snapshot files are as in the delivery before: an old copy under a new date?")
        record = self._record(delivery, "loaded", None, records, ignored, warnings)
        if rewritten:
            record = record.model_copy(update={"forgotten": 1})
        self.lake.record(record)
        self.loaded[delivery.source, delivery.extract_date] = record
        self.result.loaded.append(record)
        rows = sum(file.rows for file in records)
        self.result.tell(f"{delivery}: loaded, {len(records)} files, {rows} rows")
        for warning in [*warnings, *(f"{file.name}: {text}" for file in records for text in file.warnings)]:
            self.result.tell(f"{delivery}: {warning}", logging.WARNING)

    def _forget(self, database: Database, read: list[tuple[LandedFile, LoadedFile]]) -> int:
        """Takes the rows of children who were forgotten from them, before anybody sees the delivery.

        Returns:
            How many rows.
        """
        if self.forgotten is None:
            return 0
        files = [LakeFile(file.file.entity, loaded.data) for file, loaded in read]
        rows = 0
        with forgetting(
            database, files, self.salt, known=self.forgotten.hashes, keep_hints=False
        ) as children:
            hashes = sorted({*self.forgotten.hashes, *children.found().hashes})
            if hashes != self.forgotten.hashes:
                # a new case or number of such a child: the ledger may name it later
                self.forgotten = self.forgotten.model_copy(update={"hashes": hashes})
                write_list(self.lake.path, self.forgotten)
            for file in files:
                target = file.path.with_name("forgotten.parquet")
                changed = children.rewrite(file, target)
                if changed:
                    target.replace(file.path)
                rows += changed
        return rows

    def _read(self, database: Database, file: LandedFile, work: Path) -> tuple[str, int, LoadedFile]:
        """Decode and type one file; its hash, size and rows. The readable copy is gone afterwards."""
        text = work / "text.csv"
        work.mkdir()
        try:
            staged = _stage(file, text)
            return staged.file_hash, staged.bytes, load_file(database, file, staged, work)
        except FileNotFoundError:
            raise StillCopying from None
        except PermissionError:
            raise FileRefused("not readable: no permission") from None
        finally:
            text.unlink(missing_ok=True)

    def _place(
        self, delivery: LandedDelivery, file: LandedFile, digest: str, size: int, loaded: LoadedFile
    ) -> FileRecord:
        """Move a file's rows into the lake and say what they are."""
        stem = file.path.name.removesuffix(".gz").removesuffix(".csv")
        partition = f"extract_date={delivery.extract_date}"
        relative = Path(file.file.entity, partition, f"{delivery.source}__{stem}__{digest[:12]}.parquet")
        self.lake.place(loaded.data, relative)
        return FileRecord(
            name=file.path.name,
            entity=file.file.entity,
            mode=file.file.mode,
            file_hash=digest,
            bytes=size,
            rows=loaded.rows,
            accepted=loaded.accepted,
            quarantined=loaded.quarantined,
            amount_total_dkk=loaded.amount_total_dkk,
            balance_total_dkk=loaded.balance_total_dkk,
            lake_file=str(relative),
            is_unchanged=self._previous(delivery).get(file.path.name) == digest,
            warnings=loaded.warnings,
        )

    def _previous(self, delivery: LandedDelivery) -> dict[str, str]:
        """Hashes by name of the source's loaded delivery before this one."""
        earlier = [
            extract_date
            for source, extract_date in self.loaded
            if source == delivery.source and extract_date < delivery.extract_date
        ]
        if not earlier:
            return {}
        return {file.name: file.file_hash for file in self.loaded[delivery.source, max(earlier)].files}

    def _refuse(self, delivery: LandedDelivery, reason: str) -> None:
        record = self._record(delivery, "refused", reason, [], [], [])
        self.lake.record(record)
        self.result.refused.append(record)
        self.result.tell(f"{delivery}: refused: {reason}", logging.WARNING)

    def _record(
        self,
        delivery: LandedDelivery,
        status: str,
        reason: str | None,
        files: list[FileRecord],
        ignored: list[str],
        warnings: list[str],
    ) -> Delivery:
        profiles = self.profiles[delivery.source]
        return Delivery.model_validate(
            {
                "source": delivery.source,
                "extract_date": delivery.extract_date,
                "profile": "+".join(profile.name for profile in profiles),
                "profile_hash": "+".join(profile.digest for profile in profiles),
                "status": status,
                "reason": reason,
                "loaded_at": datetime.now(UTC),
                "key_fingerprint": self.fingerprint,
                "files": files,
                "ignored": ignored,
                "warnings": warnings,
            }
        )
