"""Planting defects in the case system: candidates by a query, a few of them by draw, then the change.

Belongs here: the choice. Does not: what a defect is (`sql/defects/`, one kind a file: its first statement
gives the candidates with appropriation_no, activity_key, planted_on, detail and priority, the others change what
`pick` holds) and how often (`tables/planted_share.csv`: the kinds in the order of planting, each with its number
per child).
"""

from pathlib import Path

import duckdb


def plant(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Plant every kind, at least one where there is a candidate and never two in one appropriation.

    Leaves the table `planted` (kind, appropriation_no, activity_key, planted_on, detail).
    """
    connection.execute(
        "create table planted"
        " (kind varchar, appropriation_no bigint, activity_key varchar, planted_on date, detail varchar)"
    )
    connection.execute("create table case_error (case_no bigint, wrong_cpr varchar)")
    kinds = connection.execute("select kind, per_child::double from planted_share order by rowid").fetchall()
    for kind, per_child in kinds:
        candidates, *changes = _statements(folder / f"{kind}.sql")
        connection.execute(
            f"""
            create or replace temp table pick as
            select
                *,
                row_number() over (
                    order by priority, draw($kind, appropriation_no), appropriation_no, activity_key
                ) as pick_no
            from ({candidates})
            where appropriation_no not in (select appropriation_no from planted)
                and planted_on <= last_delivery()
            qualify pick_no <= greatest(1, round(children() * $per_child))
            """,
            {"kind": kind, "per_child": per_child},
        )
        for change in changes:
            connection.execute(change)
        connection.execute(
            "insert into planted select $kind, appropriation_no, activity_key, planted_on, detail from pick",
            {"kind": kind},
        )


def _statements(file: Path) -> list[str]:
    return [part for part in file.read_text(encoding="utf-8").split(";\n") if part.strip()]
