"""`make bench`: the whole of Kobling beside the same marts by hand, in one run, each in a fresh process.

    python -m benchmarks.bench [--postings 100000 1000000] [--contenders floor pandas kobling next-day postgres demo]
        [--repetitions 3] [--compare benchmarks/ratios.json] [--store benchmarks/ratios.json]

Prints every measurement as it comes and the tables at the end, and keeps both in the folder of BENCH_HOME:
`bench.json` after each measurement, `bench.md` at the end (`--name` gives them another name, `--append` goes on with
what they have). docs/benchmarks.md says what is compared and how to read it.
"""

import argparse
import ast
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import report
from benchmarks.measure import Measured, measure
from benchmarks.report import Row

CONTENDERS = ("floor", "pandas", "kobling", "next-day", "postgres", "demo")
LARGE = 10_000_000
"""From here on pandas is left out unless it is asked for: it needs more memory than such a machine has."""

CHILDREN_PER_POSTING = 0.0355
MONTHS = 30
DEMO = {"children": 60, "months": 4, "seed": 1}
"""As `make demo`."""

_STEPS = "seconds by step: "


class Bench:
    """One run: where things are, and what was measured until now."""

    def __init__(self, home: Path, name: str, memory_limit: int, *, append: bool = False) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.name = name
        self.memory_limit = memory_limit
        self.facts = report.facts()
        earlier = home / f"{name}.json"
        self.rows: list[Row] = json.loads(earlier.read_text())["measurements"] if append else []

    def run(
        self, contender: str, postings: int, command: list[str], home: Path, landing: Path | None = None
    ) -> Measured:
        """Measures a command that has `home` as its KOBLING_HOME; what it prints is kept beside it."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("KOBLING_")}
        env |= {"KOBLING_HOME": str(home), "KOBLING_PSEUDONYM_KEY": "synthetic-key-of-the-benchmark"}
        if landing:
            env["KOBLING_LANDING"] = str(landing)
        log = self.log(contender, postings)
        measured = measure(command, log, self.memory_limit, env)
        self.add(contender, postings, "whole", measured)
        if measured.status == "failed":
            say(f"{log}: {' '.join(log.read_text(errors='replace').split())[-300:]}")
        return measured

    def log(self, contender: str, postings: int) -> Path:
        """What the last process of this name printed."""
        return self.home / f"{contender.replace(' ', '-')}-{postings}.log"

    def add(self, contender: str, postings: int, phase: str, measured: Measured) -> None:
        """Keeps and says one measurement."""
        self.rows.append({"contender": contender, "postings": postings, "phase": phase, **asdict(measured)})
        (self.home / f"{self.name}.json").write_text(
            json.dumps({**self.facts, "measurements": self.rows}, indent=1), encoding="utf-8"
        )
        if phase == "whole":
            say(
                f"{postings:>10} {contender:18} {measured.wall:9.1f} s {measured.cpu:9.1f} s CPU "
                f"{measured.peak_mb:7} MB  {measured.status}"
            )

    def phases(self, contender: str, postings: int, home: Path, whole: Measured) -> None:
        """Keeps the seconds of each step of the home's last run; what no step takes is start and end."""
        if whole.status != "ok":
            return
        logs = sorted((home / "logs").glob("run-*.log"), key=lambda path: path.stat().st_mtime_ns)
        events = (json.loads(line)["event"] for line in logs[-1].read_text(encoding="utf-8").splitlines())
        [text] = [event.removeprefix(_STEPS) for event in events if event.startswith(_STEPS)]
        steps = ast.literal_eval(text)
        for step, seconds in {"start and end": whole.wall - sum(steps.values()), **steps}.items():
            self.add(contender, postings, step, Measured(round(seconds, 2), 0, 0, "ok"))


def say(line: str) -> None:
    """At once, also into a file."""
    print(line, flush=True)


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def kobling(*arguments: object) -> list[str]:
    """The command `kobling` of this environment."""
    return [str(Path(sys.executable).with_name("kobling")), *map(str, arguments)]


def synthetic(bench: Bench, name: str, postings: int, **arguments: int) -> Path:
    """The folder of the synthetic deliveries of this size, made once."""
    folder = bench.home / name
    options = [text for option, value in arguments.items() for text in (f"--{option}", str(value))]
    _once(bench, "synth", postings, kobling("synth", "--out", folder, *options), folder)
    # as large as the ledger, and nobody reads it here
    shutil.rmtree(folder / "truth", ignore_errors=True)
    return folder


def _once(bench: Bench, contender: str, postings: int, command: list[str], folder: Path) -> None:
    """Runs what writes a folder, unless it did so before and ended well."""
    made = folder.with_name(f"{folder.name}.made")
    if made.exists():
        return
    fresh(folder)
    if bench.run(contender, postings, command, folder).status != "ok":
        raise SystemExit(f"{contender} failed")
    made.touch()


def fresh(path: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def hand_made(bench: Bench, contender: str, postings: int, data: Path) -> None:
    """The three marts by floor, pandas or dbt on PostgreSQL; the floor's are kept, the others held against them."""
    script = "floor" if contender == "floor" else f"floor_{contender}"
    out = fresh(data / contender)
    measured = bench.run(contender, postings, module(script, data / "landing", out), data)
    if measured.status == "ok" and contender != "floor" and (data / "floor").is_dir():
        bench.run(f"{contender} = floor", postings, module("results", data / "floor", out), data)


def whole_kobling(bench: Bench, postings: int, data: Path, *, next_day: bool) -> None:
    """`kobling run` in a fresh home, and again with the next day's delivery."""
    landings = {"kobling": data / "landing"}
    if next_day:
        landings["kobling next day"] = data / "next"
        _once(
            bench,
            "synth next day",
            postings,
            module("deliveries", data / "landing", data / "next"),
            data / "next",
        )
    home = fresh(data / "home")
    for contender, landing in landings.items():
        measured = bench.run(contender, postings, kobling("run"), home, landing)
        bench.phases(contender, postings, home, measured)
        if measured.status != "ok":
            break
    shutil.rmtree(home)


def demo(bench: Bench, data: Path) -> None:
    """The fixed cost: `kobling run` on the demo's deliveries, and what of its start are imports and definitions."""
    home = fresh(data / "home")
    measured = bench.run("demo", 0, kobling("run"), home, data / "landing")
    bench.phases("demo", 0, home, measured)
    imports = "from orchestration.execution import build_definitions"
    for contender, code in (("imports", imports), ("definitions", f"{imports}; build_definitions()")):
        bench.run(contender, 0, [sys.executable, "-c", code], home)
    shutil.rmtree(home)


def demo_imports(bench: Bench, data: Path) -> None:
    """What each package costs to import in that run, wherever it is imported: Python's own account of it, once."""
    home = fresh(data / "home")
    measured = bench.run(
        "demo -X importtime", 0, [sys.executable, "-X", "importtime", *kobling("run")], home, data / "landing"
    )
    if measured.status == "ok":
        log = bench.log("demo -X importtime", 0).read_text(encoding="utf-8", errors="replace")
        for package, seconds in report.import_seconds(log).items():
            bench.add("demo -X importtime", 0, package, Measured(round(seconds, 2), 0, 0, "ok"))
    shutil.rmtree(home)


def chosen(asked: list[str] | None, postings: int) -> Iterator[str]:
    """The contenders of this size."""
    from tests.publish.postgres_server import binaries

    for contender in asked or CONTENDERS:
        if contender == "demo":
            continue
        if contender == "pandas" and postings >= LARGE and not asked:
            say(f"{postings:>10} pandas left out: ask for it with --contenders")
        elif contender == "postgres" and binaries() is None:
            say("no PostgreSQL on this machine (apt-get install postgresql): left out")
        else:
            yield contender


def size(bench: Bench, postings: int, contenders: list[str], repetitions: int) -> None:
    """All contenders at one size; they take turns, so that a slow hour is everybody's."""
    children = round(postings * CHILDREN_PER_POSTING)
    data = synthetic(bench, str(postings), postings, children=children, months=MONTHS, deliveries=1, seed=1)
    for _ in range(repetitions):
        for contender in contenders:
            # what does not fit into memory does not fit the next time either
            if any(report.of(bench.rows, contender, postings, status="out of memory")):
                continue
            if contender == "kobling":
                whole_kobling(bench, postings, data, next_day="next-day" in contenders)
            elif contender != "next-day":
                hand_made(bench, contender, postings, data)


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--name", default="bench", help="of the files with the results")
    parser.add_argument("--append", action="store_true", help="add to what the files of this name have")
    parser.add_argument("--memory-limit-gb", type=float, default=20)
    parser.add_argument("--compare", type=Path, help="fail where a ratio is worse than in this file")
    parser.add_argument("--tolerance", type=float, default=25, help="per cent that a ratio may be worse")
    parser.add_argument("--store", type=Path, help="write the ratios to this file")
    return parser.parse_args()


def main() -> int:
    """Measure, print, compare; 1 if something failed, differs or got worse."""
    asked = arguments()
    home = Path(os.environ.get("BENCH_HOME") or Path(__file__).with_name(".cache")).resolve()
    bench = Bench(home, asked.name, int(asked.memory_limit_gb * 2**30), append=asked.append)
    for line in report.heading(bench.facts):
        say(line)
    # a checkout that was never parsed would have its first run do it
    bench.run("parse", 0, [sys.executable, "-m", "orchestration.dbt"], home)
    if "demo" in (asked.contenders or CONTENDERS):
        data = synthetic(bench, "demo", 0, **DEMO)
        for _ in range(asked.repetitions):
            demo(bench, data)
        demo_imports(bench, data)
    for postings in sorted(asked.postings):
        if contenders := list(chosen(asked.contenders, postings)):
            size(bench, postings, contenders, asked.repetitions)

    tables = "\n".join([*report.heading(bench.facts), "", *report.tables(bench.rows)])
    (home / f"{asked.name}.md").write_text(tables + "\n", encoding="utf-8")
    say(f"\n{tables}\n\n{home / asked.name}.json has every measurement")
    ratios = report.ratios(bench.rows)
    if asked.store:
        asked.store.write_text(json.dumps(report.stored(ratios), indent=2) + "\n", encoding="utf-8")
    worse = (
        report.worse(ratios, json.loads(asked.compare.read_text()), asked.tolerance) if asked.compare else []
    )
    for line in worse:
        say(line)
    return 1 if worse or any(row["status"] == "failed" for row in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
