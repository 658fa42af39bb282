"""`kobling forget`: a child is taken out of everything that is in the house.

Belongs here: the order over lake, logs, Dagster's storage and builds. Does not: the rows
(orchestration/ingest/forgotten), or publications (the next one removes those that hold the child, publish/store).
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import InputError, KoblingError
from orchestration.ingest.forgotten import (
    LIST,
    ForgottenList,
    LakeFile,
    forgetting,
    hash_of,
    new_salt,
    read_list,
)
from orchestration.ingest.keys import key_fingerprint, require_key_of_lake
from orchestration.ingest.lake import Lake
from orchestration.ingest.load import Database
from orchestration.ingest.registry import Delivery, load_deliveries, make_folder, sync
from orchestration.privacy import audit
from orchestration.privacy.recovery import FORGETTING, RECORDS, TRAIL, finish
from orchestration.settings import Settings

_AGAIN = re.compile(r"__forgotten\d+$")


@dataclass(frozen=True)
class Forgotten:
    """What was done, in counts."""

    children: int
    cases: int
    deliveries: int
    files: int
    rows: int
    logs: int


def forget(settings: Settings, cases: Sequence[str]) -> Forgotten:
    """Takes the children of these cases out of the lake, for good.

    The build and the observations are removed; publications go with the next one. The caller holds `KOBLING_HOME` for
    writing.

    Args:
        settings: with the lake's key.
        cases: case ids as the case system writes them; all cases of the children.

    Raises:
        InputError: a case is not in the lake, is forgotten already, or is not the only one of its child.
        ConfigurationError: not the lake's key.
        KoblingError: a folder cannot be written.
    """
    finish(settings)
    key = require_key_of_lake(settings)
    lake = Lake(settings.lake_path, settings.quarantine_path)
    try:
        with lake.lock():
            lake.sweep()
            with lake.staging() as work, closing(Database(key, work)) as database:
                done = _prepare(settings, lake, database, key_fingerprint(key), cases, work)
            finish(settings)
            return done
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise KoblingError(
        f"forgetting stopped ({reason}): see to disk space and permissions, then give the command again"
    )


def forget_in(
    lake: Lake,
    database: Database,
    fingerprint: str,
    cases: Iterable[str],
    work: Path,
    build: Path,
) -> tuple[ForgottenList, list[Delivery], Forgotten, list[str]]:
    """Writes the lake's files anew without the children, beside the old ones.

    Args:
        build: the newest warehouse file, where there is one.

    Returns:
        The new list, the records that name the new files, what was done, and the values that were replaced.

    Raises:
        InputError: the children have other cases too.
    """
    asked = set(cases)
    gaps, matches = _said(build, asked)
    known = read_list(lake.path) or ForgottenList(key_fingerprint=fingerprint)
    loaded = [record for record in load_deliveries(lake.path) if record.status == "loaded"]
    files = [
        LakeFile(file.entity, lake.path / file.lake_file)
        for record in loaded
        for file in record.files
        if file.lake_file
    ]
    records, rows, count = [], 0, 0
    with forgetting(database, files, new_salt(), cases=asked, gaps=gaps, matches=matches) as children:
        found = children.found()
        others = [case for case in found.cases if case not in asked]
        if others:
            raise InputError(
                f"the same child has more cases: {', '.join(others)}; if all are this child's, name them together: "
                f"kobling forget {' '.join(sorted(asked | set(others)))}"
            )
        for record in loaded:
            changed = []
            for file in record.files:
                if file.lake_file is None:
                    changed.append(file)
                    continue
                target = work / "file.parquet"
                lines = children.rewrite(LakeFile(file.entity, lake.path / file.lake_file), target)
                if lines:
                    old = Path(file.lake_file)
                    stem = _AGAIN.sub("", old.stem)
                    name = old.with_name(f"{stem}__forgotten{record.forgotten + 1}.parquet")
                    lake.place(target, name)
                    file = file.model_copy(update={"lake_file": str(name)})
                    rows, count = rows + lines, count + 1
                changed.append(file)
            if changed != record.files:
                records.append(
                    record.model_copy(update={"files": changed, "forgotten": record.forgotten + 1})
                )
    hashes = sorted({*known.hashes, *found.hashes})
    done = Forgotten(found.children, len(found.cases), len(records), count, rows, 0)
    return ForgottenList(key_fingerprint=fingerprint, hashes=hashes), records, done, found.values


def _prepare(
    settings: Settings, lake: Lake, database: Database, fingerprint: str, cases: Sequence[str], work: Path
) -> Forgotten:
    """All up to the moment from which there is no way back."""
    known = read_list(lake.path)
    hashes = {case: hash_of(database, "case", case) for case in cases}
    _refuse_unknown(lake, cases, {case for case in cases if known and hashes[case] in known.hashes})
    new, records, done, values = forget_in(lake, database, fingerprint, cases, work, settings.warehouse_path)
    # before: what is not decided yet may be done again
    logs = _clean_logs(settings, values)
    _clean_runs(settings, values)
    done = Forgotten(done.children, done.cases, done.deliveries, done.files, done.rows, logs)
    journal = work / "journal"
    make_folder(journal / RECORDS)
    for number, record in enumerate(records):
        _write(journal / RECORDS / f"{number:05}.json", record.model_dump_json())
    _write(journal / LIST, new.model_dump_json())
    line = audit.entry(
        "forget",
        key_fingerprint=fingerprint,
        subjects=sorted(hashes.values()),
        children=done.children,
        cases=done.cases,
        deliveries=done.deliveries,
        files=done.files,
        rows=done.rows,
        logs=done.logs,
    )
    _write(journal / TRAIL, json.dumps(line))
    for folder in (journal / RECORDS, journal):
        sync(folder)
    journal.rename(lake.path / FORGETTING)
    sync(lake.path)
    return done


def _refuse_unknown(lake: Lake, cases: Sequence[str], forgotten: set[str]) -> None:
    files = [
        str(lake.path / file.lake_file)
        for record in load_deliveries(lake.path)
        for file in record.files
        if record.status == "loaded" and file.entity == "case_history" and file.lake_file
    ]
    there = set()
    if files:
        query = "SELECT DISTINCT case_id FROM read_parquet(?) WHERE case_id IN (SELECT unnest(?))"
        there = {row[0] for row in duckdb.execute(query, [files, list(cases)]).fetchall()}
    for case in cases:
        if case in there:
            continue
        if case in forgotten:
            raise InputError(f"the child of case {case} is forgotten already; nothing was changed")
        raise InputError(
            f"there is no case {case} in the lake; give the id that the case system's list of cases has "
            "in its column id (worklists show it as the case)"
        )


def _said(build: Path, cases: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """What the newest build knows and the lake does not: the cases' gaps, and which posting pays for which course.

    Stewards may have written about the child under a gap; a posting's hint may be another child's too.
    """
    if not build.is_file():
        return [], []
    try:
        with duckdb.connect(str(build), read_only=True) as connection:
            gaps = connection.execute(
                "SELECT gap_id FROM steward.steward_registration_gap"
                " WHERE list_has_any(string_split(case_id, ', '), ?)",
                [list(cases)],
            ).fetchall()
            matches = connection.execute(
                "SELECT DISTINCT posting_id, course_id FROM marts.fct_posting_match WHERE course_id IS NOT NULL"
            ).fetchall()
    except duckdb.Error:  # half built, or too new
        return [], []
    return [gap for (gap,) in gaps], matches


def _clean_logs(settings: Settings, values: Sequence[str]) -> int:
    """Removes logs that show a value of the child; how many."""
    sought = [value.encode() for value in values]
    removed = 0
    for path in settings.logs_path.rglob("*"):
        if path.is_file() and any(value in path.read_bytes() for value in sought):
            path.unlink()
            removed += 1
    return removed


def _clean_runs(settings: Settings, values: Sequence[str]) -> None:
    """Removes runs from Dagster's storage whose events show a value of the child; none should."""
    if settings.municipality:
        _clean_own_runs(settings, values)
        return
    log = settings.dagster_path / "event_log.db"
    if not log.is_file() or not any(
        value.encode() in path.read_bytes()
        for path in settings.dagster_path.rglob("*.db*")
        for value in values
    ):
        return
    from orchestration.instance import open_instance

    with closing(sqlite3.connect(log)) as connection:
        runs = {
            run
            for value in values
            for (run,) in connection.execute(
                "SELECT DISTINCT run_id FROM event_logs WHERE instr(event, ?)", [value]
            )
        }
    with open_instance(settings) as instance:
        for run in runs:
            instance.delete_run(run)
    with closing(sqlite3.connect(log, isolation_level=None)) as connection:
        # what is deleted stays in the file's free pages otherwise
        connection.execute("VACUUM")


def _clean_own_runs(settings: Settings, values: Sequence[str]) -> None:
    """The same in storage that others share: what happens to stand in a run of theirs is not this child's."""
    import dagster as dg

    from orchestration.instance import municipality_tag, open_instance

    with open_instance(settings) as instance:
        for run in instance.get_runs(dg.RunsFilter(tags=municipality_tag(settings.municipality))):
            told = [dg.serialize_value(entry) for entry in instance.all_logs(run.run_id)]
            if any(value in text for value in values for text in told):
                instance.delete_run(run.run_id)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    sync(path)
