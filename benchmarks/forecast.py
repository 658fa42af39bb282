"""How far the forecasts of past month ends were from what came, over synthetic municipalities of several years.

    python benchmarks/forecast.py [--children 250] [--months 42] [--seeds 1 2 3] [--folder DIR]

For each seed: writes the deliveries of `months` month ends, ingests them, evaluates the forecast's models on each
delivery date with only the deliveries up to it, and builds `mart_forecast_backtest` on the last. Prints error and bias
in per cent by method and months ahead, for years and for months, and the seconds of a date. `--landing DIR` takes the
deliveries of an existing landing folder instead. Nothing reads the planted truth.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration import dbt, warehouse
from orchestration.ingest import ingest
from orchestration.ingest.registry import load_deliveries
from orchestration.settings import Settings
from orchestration.synth import write

OBSERVED = {
    "int_overrun__month": "month_observation",
    "int_overrun__outlook": "outlook_observation",
}
"""The observed models that the forecast itself reads: the others (gap rules) would only take time."""

RESULTS = ("mart_forecast_backtest", "mart_forecast_factor")

SUMMARY = """
    select
        target, method, months_ahead, sum(observations)::int as n,
        round(sum(error_dkk * observations) * 100 / sum(came_dkk), 1) as error_pct,
        round(sum(bias_dkk * observations) * 100 / sum(came_dkk), 1) as bias_pct
    from backtest
    where frame_id is null and method <> 'forecast'
    group by all
"""


def main() -> None:
    """Generate, replay, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=250)
    parser.add_argument("--months", type=int, default=42)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--landing", type=Path)
    parser.add_argument("--folder", type=Path, help="keep homes and results here")
    asked = parser.parse_args()
    duckdb.execute(
        "create table backtest (seed int, target text, method text, months_ahead int, frame_id text, "
        "observations int, came_dkk decimal(18, 2), error_dkk decimal(18, 2), bias_dkk decimal(18, 2))"
    )
    with folder(asked.folder) as work:
        for seed in asked.seeds if asked.landing is None else [0]:
            home = work / f"seed-{seed}"
            if asked.landing is None and not (home / "landing").is_dir():
                write(home, asked.children, asked.months, seed)
            settings = Settings(
                home=home, landing=asked.landing, pseudonym_key="synthetic-key-of-the-benchmark"
            )
            ingest(settings)
            database = replay(settings)
            duckdb.execute(f"attach {warehouse.quoted(database)} as built (read_only)")
            duckdb.execute(
                f"insert into backtest select {seed}, target, method, months_ahead, frame_id, observations, came_dkk, "
                "error_dkk, bias_dkk from built.marts.mart_forecast_backtest; detach built"
            )
        for target in ("year", "month"):
            print(f"\n{target}: error / bias in % of what came")
            duckdb.sql(
                "pivot (select months_ahead, max(n) over (partition by months_ahead) as n, method, "
                f"error_pct || ' / ' || bias_pct as shown from ({SUMMARY}) where target = '{target}') "
                "on method using any_value(shown) order by months_ahead"
            ).show(max_rows=50)


def replay(settings: Settings) -> Path:
    """Evaluates the forecast's models on each delivery date; the warehouse file of the last is left."""
    deliveries = load_deliveries(settings.lake_path)
    dates = warehouse.delivery_dates(deliveries)
    base, database = (settings.home_path / part / dbt.DATABASE for part in ("base", "date"))
    stored = settings.home_path / "stored"
    for path in (base.parent, database.parent, stored):
        path.mkdir(parents=True, exist_ok=True)
    dbt.prepare()
    nodes = {node["name"]: unique_id for unique_id, node in dbt.manifest()["nodes"].items()}
    warehouse.prepare(settings, dates[0], base, deliveries)
    script = dbt.script(
        [nodes[name] for name in (*OBSERVED, *RESULTS)], base, target=settings.target, logs=settings.logs_path
    )
    started = time.monotonic()
    for day in dates:
        warehouse.prepare(settings, day, database, deliveries)
        with duckdb.connect(str(database)) as connection:
            for table in OBSERVED.values():
                for file in sorted(stored.glob(f"{table}-*.parquet")):
                    connection.execute(
                        f"insert into control.{table} by name from read_parquet({warehouse.quoted(file)})"
                    )
        script.run(database)
        with duckdb.connect(str(database), read_only=True) as connection:
            for model, table in OBSERVED.items():
                columns = ", ".join(
                    f"{name}::{type_} as {name}"
                    for name, type_ in warehouse.CONTROL[table].items()
                    if name != "observed_on"
                )
                connection.execute(
                    f"copy (select date '{day}' as observed_on, {columns} from intermediate.{model}) "
                    f"to {warehouse.quoted(stored / f'{table}-{day}.parquet')}"
                )
    print(f"{len(dates)} dates, {(time.monotonic() - started) / len(dates):.1f} s a date")
    return database


@contextmanager
def folder(asked: Path | None) -> Iterator[Path]:
    """The folder to work in: the one asked for, or one that is gone afterwards."""
    if asked:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked.resolve()
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)


if __name__ == "__main__":
    main()
