"""The lake's files on disk: one writer at a time, staged first, moved into place, then recorded.

Belongs here: folders, renames, clean-up. Does not: what is in the files (`load`).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock, Timeout

from orchestration.errors import InputError
from orchestration.ingest.entities import ENTITIES
from orchestration.ingest.registry import (
    STAGING,
    Delivery,
    load_deliveries,
    make_folder,
    record_path,
    sync,
    write_record,
)


@dataclass(frozen=True)
class Lake:
    """The lake at `path` and its quarantine."""

    path: Path
    quarantine: Path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lake for writing.

        Raises:
            InputError: another ingest holds it.
        """
        try:
            with FileLock(make_folder(self.path) / ".lock", timeout=0):
                yield
        except Timeout:
            raise InputError("another ingest is writing to the lake; wait for it and run again") from None

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A private folder (0700) for one delivery's work, gone afterwards."""
        folder = Path(mkdtemp(dir=make_folder(self.path / STAGING)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def sweep(self) -> None:
        """Remove what a crash left: staged files, data files and quarantine lists that no record names."""
        shutil.rmtree(self.path / STAGING, ignore_errors=True)
        records = load_deliveries(self.path)
        named = {file.lake_file for record in records for file in record.files}
        for entity in ENTITIES:
            for path in (self.path / entity).glob("extract_date=*/*.parquet"):
                if str(path.relative_to(self.path)) not in named:
                    path.unlink()
        listed = {(record.source, str(record.extract_date)) for record in records}
        for folder in self.quarantine.glob("*/*"):
            if (folder.parent.name, folder.name) not in listed:
                shutil.rmtree(folder)

    def place(self, staged: Path, relative: Path) -> None:
        """Move a staged data file into the lake, durably."""
        target = self.path / relative
        make_folder(target.parent)
        _move(staged, target)

    def place_quarantine(self, source: str, extract_date: date, staged: dict[str, Path]) -> None:
        """Replace the delivery's quarantine lists by these (file name → staged list)."""
        folder = self.quarantine / source / str(extract_date)
        shutil.rmtree(folder, ignore_errors=True)
        for name, path in staged.items():
            make_folder(folder)
            _move(path, folder / f"{name}.parquet")

    def record(self, delivery: Delivery) -> None:
        """Write the record: from here on the delivery is there (or refused). A load ends an older refusal."""
        write_record(self.path, delivery)
        if delivery.status == "loaded":
            self.forget_refusal(delivery.source, delivery.extract_date)

    def forget_refusal(self, source: str, extract_date: date) -> None:
        """The delivery is in order (again)."""
        record_path(self.path, source, extract_date, "refused").unlink(missing_ok=True)


def _move(staged: Path, target: Path) -> None:
    staged.chmod(0o640)
    sync(staged)
    staged.replace(target)
    sync(target.parent)
