"""Nothing of a person comes out of ingest, looked for down to the cell; and the scan sees what it looks for.

People of our own are planted in synthetic deliveries, also where no person belongs (planted.py).
"""

import gzip
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest

from orchestration.ingest import ingest
from tests.trust import planted
from tests.trust.scan import scan, scan_file, scan_text


def test_nothing_of_a_person_comes_out_of_ingest(settings, tmp_path, caplog, record_property):
    caplog.set_level(logging.DEBUG)
    landing = planted.deliver(tmp_path, children=16, months=2, seed=11)
    needles = planted.needles()
    # otherwise nothing found would say nothing
    delivered = {finding.kind for finding in scan(landing, needles).findings}
    assert delivered == {"number", "name", "birth date"}

    result = ingest(settings.model_copy(update={"landing": landing}))
    assert (len(result.loaded), len(result.refused)) == (6, 3)
    report = scan(settings.home_path, needles)
    report.add(scan_text("lines", "\n".join(result.messages), needles))
    report.add(scan_text("log", caplog.text, needles))
    record_property("scanned", str(report))
    print(f"\nprivacy scan of planted deliveries: {report}")
    assert [str(finding) for finding in report.findings] == []


VALUES = {
    "number": planted.CHILD.number,
    "hyphened": planted.STRANGER.hyphened,
    "in blocks": "09 09 03 4569",
    "name": planted.SIBLING.name,
    "one word": "med uffenora igen",
    "birth date": "(280299)",
    "written out": "født 29.2.2000",
    "escaped": "Thorvaldine \\u00c6blek\\u00e6rsen",
    "quoted": "Yggdrasilia%20%C3%98lleg%C3%A5rdsen",
    "page": "<b>Zanziba</b> &nbsp;Xenophonia",
}


def _formats(folder: Path, text: str) -> Iterator[Path]:
    """Files of all formats with one text in them."""
    escaped = text.replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 1 as id, '{escaped}' as said) to '{folder}/a.parquet' (format parquet)"
        )
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.execute(f"create schema s; create table s.t as select 1 as id, '{escaped}' as said")
    with closing(sqlite3.connect(folder / "a.db")) as storage, storage:
        storage.execute("create table t (id, said)")
        storage.execute("insert into t values (1, ?)", [text])
    with ZipFile(folder / "a.xlsx", "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<si><t>{text}</t></si>")
    (folder / "a.html.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "a.log").write_text(text, encoding="utf-8")
    yield from sorted(folder.iterdir())


@pytest.mark.parametrize("text", VALUES.values(), ids=VALUES)
def test_the_scan_sees_a_value_in_every_format(tmp_path, text):
    for path in _formats(tmp_path, text):
        assert scan_file(path, planted.needles()).findings, path.name
    (tmp_path / "more").mkdir()
    for path in _formats(tmp_path / "more", "Ophold for 5100026009, 240507,50 kr. 01-02-2022"):
        assert not scan_file(path, planted.needles()).findings, path.name


def test_the_scan_sees_numbers_and_dates_of_other_types(tmp_path):
    file, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 909034569::bigint as id) to '{file}' (format parquet)")
        connection.execute(f"copy (select date '1999-02-28' as child_birth_on) to '{other}' (format parquet)")
    assert [finding.kind for finding in scan_file(file, planted.needles()).findings] == ["number"]
    assert scan_file(other, planted.needles(), "lake/b.parquet").findings == []
    published = scan_file(other, planted.needles(), "published/b.parquet").findings
    assert [finding.kind for finding in published] == ["birth date"]
    named = tmp_path / f"{planted.STRANGER.hyphened}.txt"
    named.touch()
    assert [
        finding.where for finding in scan(tmp_path, planted.needles()).findings if finding.where == "name"
    ]
