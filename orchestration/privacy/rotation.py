"""`kobling rotate-key`: everything in the lake is ingested again from landing, under another key.

Belongs here: the new lake beside the old one, and whether it is the same. Does not: reading deliveries
(orchestration/ingest), or the switch (recovery).
"""

import hmac
import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb

from orchestration.errors import ConfigurationError, InputError, KoblingError
from orchestration.ingest.forgotten import ForgottenList, hash_of, read_list, write_list
from orchestration.ingest.keys import is_key_of, key_fingerprint
from orchestration.ingest.lake import Lake
from orchestration.ingest.landing import LandedDelivery, scan
from orchestration.ingest.load import Database
from orchestration.ingest.pipeline import IngestResult, run_ingest
from orchestration.ingest.profiles import load_profiles
from orchestration.ingest.registry import Delivery, load_deliveries, make_folder, sync
from orchestration.privacy import audit
from orchestration.privacy.forgetting import forget_in
from orchestration.privacy.recovery import TRAIL, finish, unfinished
from orchestration.settings import Settings


@dataclass(frozen=True)
class Rotated:
    """What was done."""

    deliveries: int
    """Under the new key."""
    left_out: list[str]
    """Deliveries that landing has no more."""
    forgotten: int
    """Children who were forgotten before, and stay so."""


def rotate(settings: Settings, *, without_missing: bool = False) -> Rotated | None:
    """Makes the lake anew under the key of the environment. The caller holds `KOBLING_HOME` for writing.

    The old lake stays as it is until the new one is whole; then one rename decides, and the old one goes.

    Args:
        settings: with the new key; the old one as `previous_pseudonym_key` where somebody was forgotten.
        without_missing: leave out deliveries that landing has no more.

    Returns:
        What was done; `None` where the lake is of this key already.

    Raises:
        InputError: landing lacks deliveries, or has others in their place.
        ConfigurationError: no key, or the old one is needed and not there.
        KoblingError: a folder cannot be read or written.
    """
    key = settings.require_key()
    finish(settings)
    records = load_deliveries(settings.lake_path)
    if is_key_of(records, key):
        return None
    missing = _missing(settings, records)
    if missing and not without_missing:
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise InputError(
            f"landing has no more what {len(missing)} deliveries of the lake were read from: "
            f"{'; '.join(missing[:10])}{more}. Put the files back, or leave these deliveries out for good: "
            "kobling rotate-key --without-missing"
        )
    forgotten = read_list(settings.lake_path)
    previous = _previous_key(settings, forgotten)
    beside = unfinished(settings)
    lake = Lake(make_folder(beside) / settings.lake_path.name, beside / settings.quarantine_path.name)
    try:
        with lake.lock():
            result = _ingest_again(settings, lake, key, records)
            again = _forget_again(settings, lake, key, previous, forgotten) if forgotten else 0
            count = _refuse_difference(records, lake, missing, result)
            for name in (lake.path, lake.quarantine):
                make_folder(name)
            line = audit.entry(
                "rotate-key",
                key_fingerprint=key_fingerprint(key),
                deliveries=count,
                left_out=len(missing),
                children=again,
            )
            (beside / TRAIL).write_text(json.dumps(line), encoding="utf-8")
            sync(beside / TRAIL)
            sync(beside)
        beside.rename(settings.rotating_path)
        sync(settings.home_path)
        finish(settings)
        return Rotated(count, missing, again)
    except KoblingError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        reason = error.strerror or type(error).__name__
    raise KoblingError(
        f"rotating stopped ({reason}), the lake is as it was: see to disk space and permissions, "
        "then give the command again"
    )


def _missing(settings: Settings, records: Sequence[Delivery]) -> list[str]:
    """Deliveries of the lake whose files are not all in landing."""
    found, _ = scan(settings.landing_path, {record.source for record in records})
    there: dict[object, LandedDelivery] = {(landed.source, landed.extract_date): landed for landed in found}
    missing = []
    for record in records:
        if record.status != "loaded":
            continue
        landed = there.get((record.source, record.extract_date))
        if landed is None or any(file.name not in landed.files for file in record.files):
            missing.append(f"{record.source} {record.extract_date}")
    return missing


def _previous_key(settings: Settings, forgotten: ForgottenList | None) -> bytes:
    """The old key, by which forgotten children are recognised; empty where nobody is.

    Raises:
        ConfigurationError: it is not set, or another.
    """
    if forgotten is None:
        return b""
    secret = settings.previous_pseudonym_key
    key = secret.get_secret_value().encode() if secret else b""
    if not hmac.compare_digest(key_fingerprint(key), forgotten.key_fingerprint):
        raise ConfigurationError(
            "children were forgotten, and only the old key tells who they are in landing; set "
            "KOBLING_PREVIOUS_PSEUDONYM_KEY to it for this one command"
        )
    return key


def _ingest_again(settings: Settings, lake: Lake, key: bytes, records: Sequence[Delivery]) -> IngestResult:
    """The new lake: what is past its retention period stays so."""
    for record in records:
        if record.status == "retired":
            lake.record(record.model_copy(update={"key_fingerprint": key_fingerprint(key)}))
    return run_ingest(lake, key, load_profiles(settings.profiles_path), settings)


def _forget_again(
    settings: Settings, lake: Lake, key: bytes, previous: bytes, forgotten: ForgottenList
) -> int:
    """Takes the forgotten children out of the new lake; how many are in it."""
    files = [
        str(lake.path / file.lake_file)
        for record in load_deliveries(lake.path)
        for file in record.files
        if record.status == "loaded" and file.entity == "case_history" and file.lake_file
    ]
    cases = []
    with lake.staging() as work:
        if files:
            query = "SELECT DISTINCT case_id FROM read_parquet(?)"
            there = [str(row[0]) for row in duckdb.execute(query, [files]).fetchall()]
            with closing(Database(previous, work)) as database:
                cases = [case for case in there if hash_of(database, "case", case) in set(forgotten.hashes)]
        with closing(Database(key, work)) as database:
            new, changed, done, _ = forget_in(
                lake, database, key_fingerprint(key), cases, work, settings.warehouse_path
            )
        write_list(lake.path, new)
        for record in changed:
            lake.record(record)
    lake.sweep()
    return done.children


def _refuse_difference(
    records: Sequence[Delivery], lake: Lake, missing: Sequence[str], result: IngestResult
) -> int:
    """Holds the new lake against the old one; how many deliveries it has.

    Raises:
        InputError: a delivery is not in it, or was made from other files.
    """
    new = {(record.source, record.extract_date): record for record in load_deliveries(lake.path)}
    reasons = {(record.source, record.extract_date): record.reason for record in result.refused}
    reasons |= {(skipped.source, skipped.extract_date): skipped.reason for skipped in result.skipped}
    for record in records:
        name = f"{record.source} {record.extract_date}"
        if record.status != "loaded" or name in missing:
            continue
        place = (record.source, record.extract_date)
        again = new.get(place)
        if again is None or again.status == "refused":
            raise InputError(
                f"{name} cannot be read again ({reasons.get(place) or 'not found'}); the lake is as it was"
            )
        hashes, hashes_again = (
            {file.name: file.file_hash for file in found.files} for found in (record, again)
        )
        if hashes != hashes_again:
            raise InputError(
                f"{name} has other content in landing than the lake was made of; put the delivered files back. "
                "The lake is as it was"
            )
        if again.forgotten < record.forgotten:
            # publications from before are still known to hold the child
            lake.record(again.model_copy(update={"forgotten": record.forgotten}))
    return sum(record.status == "loaded" for record in new.values())
