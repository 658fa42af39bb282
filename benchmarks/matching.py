"""Time and memory of the matching on many postings.

    python benchmarks/matching.py WAREHOUSE [POSTINGS ...]

Copies a build (`warehouse/kobling.duckdb` of a home in which `kobling run` has run) as often as the number of postings
asks for (default 100,000, 300,000 and 1,000,000): each copy has its own children, payees, suppliers, courses and
appropriations, so that what grows is the municipality and not what one supplier sends in a month. Then the SQL that dbt
compiles of the matching models builds them on it. Printed are the seconds of work by model (of all threads: that stays
the same on a busy machine), the exponent by which they grow from the last but one size to the last (1 is linear), and
the process's peak memory.
"""

import argparse
import math
import resource
import tempfile
import time
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from orchestration import dbt

SIZES = (100_000, 300_000, 1_000_000)

# What the matching reads, and the keys that a copy has for itself. An id that ends at the text's cut is a prefix.
READ = {
    "intermediate.int_ledger__posting": {
        **dict.fromkeys(
            (
                "posting_id",
                "supplier_cvr",
                "supplier_match_name",
                "provider_id",
                "person_key",
                "payment_reference",
                "hint_initials_key",
                "hint_first_name_key",
                "hint_first_name_initial_key",
                "hint_birth_key",
            ),
            "{column} || suffix",
        ),
        "text_course_id": "case when is_text_course_id_cut then {column} else {column} || suffix end",
        "text_appropriation_id": "case when is_text_appropriation_id_cut then {column} else {column} || suffix end",
    },
    "intermediate.int_bos__course": dict.fromkeys(
        (
            "course_id",
            "appropriation_id",
            "supplier_cvr",
            "supplier_match_name",
            "provider_id",
            "recipient_key",
            "child_key",
            "child_initials_key",
            "child_first_name_key",
            "child_first_name_initial_key",
            "child_birth_key",
        ),
        "{column} || suffix",
    ),
    "intermediate.int_bos__course_payment": {
        "course_id": "{column} || suffix",
        "course_payment_id": "course_id || suffix || '/' || strftime(planned_on, '%Y-%m-%d')",
    },
}
ONCE = ("marts.dim_account", "intermediate.int_gap__ledger_cover")

MODELS = (
    "path:models/intermediate/matching",
    "fct_posting_match",
    "fct_course_payment",
    "mart_match_explain",
)


def enlarge(warehouse: Path, database: Path, postings: int) -> int:
    """Writes a database with as many copies of the build as make that many postings; returns how many it has."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{warehouse}' as build (read_only)")
        for schema in ("lake", "control", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        [(there,)] = connection.execute(
            "select count(*) from build.intermediate.int_ledger__posting"
        ).fetchall()
        copies = max(1, round(postings / there))
        for table, keys in READ.items():
            replaced = ", ".join(f"{sql.format(column=column)} as {column}" for column, sql in keys.items())
            connection.execute(
                f"create table {table} as select * exclude (suffix) replace ({replaced}) from build.{table} "
                "cross join (select case when copy > 0 then '~' || copy else '' end as suffix "
                f"from range({copies}) as copies (copy))"
            )
        for table in ONCE:
            connection.execute(f"create table {table} as from build.{table}")
        connection.execute("create table staging.stg_control__run as from build.control.run")
        connection.execute(
            "create table staging.stg_plan__steward_decision (posting_id varchar, decision varchar, "
            "course_payment_id varchar, decided_by varchar, decided_on date, extract_date date, row_no bigint)"
        )
        return there * copies


def compiled(folder: Path) -> list[tuple[str, str]]:
    """Table and query of the models, in the order in which they build on each other."""
    results = dbt.run(
        dbt.arguments("compile", target="duckdb", logs=folder, artifacts=folder, select=MODELS),
        folder / "kobling.duckdb",
    )
    dbt.refuse_broken(results)
    manifest = dbt.manifest()
    queries = {result.unique_id: result.sql for result in results if result.kind == "model"}
    order = TopologicalSorter({node: queries.keys() & set(manifest["parent_map"][node]) for node in queries})
    return [
        (f"{manifest['nodes'][node]['schema']}.{manifest['nodes'][node]['name']}", queries[node])
        for node in order.static_order()
    ]


def build(database: Path, models: list[tuple[str, str]]) -> dict[str, float]:
    """Seconds of work by model."""
    seconds = {}
    with duckdb.connect(str(database)) as connection:
        for table, query in models:
            start = time.process_time()
            connection.execute(f"create table {table} as {query}")
            seconds[table.split(".")[1]] = time.process_time() - start
    return seconds


def main() -> None:
    """Enlarge, build, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("postings", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    dbt.prepare()
    runs: list[tuple[int, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        models = compiled(Path(folder))
    for size in options.postings:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "kobling.duckdb"
            postings = enlarge(options.warehouse.resolve(), database, size)
            start = time.perf_counter()
            runs.append((postings, build(database, models)))
            elapsed = time.perf_counter() - start
        work = sum(runs[-1][1].values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{postings:>9} postings: {work:7.1f} s of work in {elapsed:.1f} s, peak memory {peak} MB",
            flush=True,
        )
    print(
        f"\n{'seconds of work by model':44}"
        + "".join(f"{postings:>11}" for postings, _ in runs)
        + "   exponent"
    )
    for model in runs[0][1]:
        seconds = [by_model[model] for _, by_model in runs]
        growth = ""
        if len(runs) > 1 and min(seconds[-2:]) > 0:
            growth = f"{math.log(seconds[-1] / seconds[-2]) / math.log(runs[-1][0] / runs[-2][0]):11.2f}"
        print(f"{model:44}" + "".join(f"{second:11.1f}" for second in seconds) + growth)


if __name__ == "__main__":
    main()
