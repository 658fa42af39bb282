"""Time and memory of ingesting one big file of postings.

    /usr/bin/time -v python benchmarks/ingest_postings.py [ROWS]

Writes ROWS (default 1,000,000) synthetic postings in the ledger's format to a temporary home, ingests them,
and prints seconds, rows and the process's peak memory. The persons' numbers in it are made up by arithmetic.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration.ingest import ingest
from orchestration.settings import Settings

_ROWS = """
    SELECT printf('%010d', 5100000000 + i) AS posting_id, '2022' AS fiscal_year, '001' AS period,
        printf('%02d.01.2022', 1 + i % 31) AS posted_on,
        '01005-' || (528201000 + i % 40) || '-015' || (185 + i % 30) || '-529' AS account_string,
        'BOS' || printf('%07d', 300 + i % 40) AS account_alias, '529' AS art,
        printf('%d,%02d', 10 + i % 90000, i % 100) AS amount,
        CASE i % 20 WHEN 0 THEN 'K' ELSE 'D' END AS debit_credit,
        CASE i % 2 WHEN 0 THEN CAST(90000000 + i % 5000 AS VARCHAR) END AS supplier_cvr,
        CASE i % 2 WHEN 0 THEN 'Opholdsstedet Nummer ' || i % 5000 || ' ApS' END AS supplier_name,
        CASE i % 2 WHEN 1 THEN printf('%02d%02d%02d%04d', 1 + i % 28, 1 + i % 12, i % 20, 4000 + i % 6000) END
            AS recipient_cpr,
        CASE i % 2 WHEN 1 THEN i % 9000 END AS payment_reference,
        CASE i % 2 WHEN 0 THEN i END AS invoice_no,
        CASE i % 6
            WHEN 0 THEN 'Faktura vedr. MCA december 2021'
            WHEN 2 THEN 'JANUAR 2022 SAGSNR 27.12.08-G01-' || i % 90 || '-22'
            WHEN 4 THEN 'Kontaktperson Olivia P. uge 39-22'
            ELSE 'Fra Ballerup Kommune ref: ' || i % 9000
        END AS text,
        printf('2022-01-%02d 07:28:38', 1 + i % 31) AS created_at
    FROM range({rows}) AS numbers (i)
"""


def main() -> None:
    """Generate, ingest, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        delivery = home / "landing" / "ledger" / "2022-01-31"
        delivery.mkdir(parents=True)
        file = delivery / "postings_2022-01.csv"
        duckdb.execute(f"COPY ({_ROWS.format(rows=rows)}) TO '{file}' (FORMAT csv, DELIMITER ';')")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        start = time.perf_counter()
        result = ingest(Settings(home=home, pseudonym_key="synthetic-key-of-the-benchmark"))
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        accepted = sum(part.accepted for record in result.loaded for part in record.files)
        print(f"{accepted} rows, {file.stat().st_size / 1e6:.0f} MB of CSV: {seconds:.1f} s")
        print(f"peak memory {peak} MB (after generating: {before} MB)")


if __name__ == "__main__":
    main()
