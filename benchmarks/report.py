"""What the measurements say: medians, ratios with their targets, growth; as Markdown, and against stored ratios.

Belongs here: arithmetic and text, tested without measuring anything. Does not: running (bench, measure).
"""

import math
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

Row = dict[str, Any]
"""A measurement: contender, postings (0 is the demo), phase, wall, cpu, peak_mb, status."""

MILLION = 1_000_000
BUILD = ("ingest", "control", "observed", "build_models")
"""The steps of a run that ingest and build; the others are gates and publication."""

COMPARED = ("kobling", "kobling next day", "floor", "pandas", "postgres")
EXPONENT = 1.05
DEMO_SECONDS = 25.0
PEAK_GB = {10 * MILLION: 5.0, 50 * MILLION: 8.0}
SHORT = 1.0
"""Seconds below which a phase is not compared between sizes: its growth is noise."""

PACKAGES_SHOWN = 12
PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-postgres", "dagster", "great-expectations", "pandas")


@dataclass(frozen=True)
class Ratio:
    """How many times the one the other takes. `target` is the most that is asked for, at `target_at` postings."""

    name: str
    postings: int
    value: float
    target: float | None = None
    target_at: int | None = None

    @property
    def verdict(self) -> str:
        """`met` or `missed`; empty without a target."""
        if self.target is None:
            return ""
        return "met" if self.value <= self.target else "missed"


def facts() -> dict[str, Any]:
    """The machine, the versions, the commit, and how busy the machine was before."""
    cpu = next(
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "machine": {
            "cpu": cpu,
            "cores": os.cpu_count(),
            "memory_gb": round(memory / 2**30, 1),
            "system": platform.platform(),
            "load_before": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "kobling": commit,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
    }


def heading(known: dict[str, Any]) -> list[str]:
    """The facts, two lines."""
    machine, versions = known["machine"], known["versions"]
    return [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"load before {machine['load_before']}",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]


def of(
    rows: Iterable[Row], contender: str, postings: int, phase: str = "whole", status: str = "ok"
) -> Iterator[Row]:
    """The repetitions of one measurement."""
    wanted = (contender, postings, phase, status)
    return (row for row in rows if (row["contender"], row["postings"], row["phase"], row["status"]) == wanted)


def middle(
    rows: Sequence[Row], contender: str, postings: int, phase: str = "whole", column: str = "wall"
) -> float | None:
    """The median of the repetitions; None where nothing ended well."""
    values = [row[column] for row in of(rows, contender, postings, phase)]
    return median(values) if values else None


def build_seconds(rows: Sequence[Row], postings: int) -> float | None:
    """Ingest and dbt build of the whole run: the sum of their medians."""
    seconds = [middle(rows, "kobling", postings, phase) for phase in BUILD]
    return sum(second for second in seconds if second is not None) if seconds[0] is not None else None


def sizes(rows: Iterable[Row]) -> list[int]:
    """The numbers of postings that something was measured at, rising."""
    return sorted({row["postings"] for row in rows} - {0})


def ratios(rows: Sequence[Row]) -> list[Ratio]:
    """Every ratio whose both sides were measured."""
    found = []
    for postings in sizes(rows):
        floor, whole = middle(rows, "floor", postings), middle(rows, "kobling", postings)
        pandas, postgres = middle(rows, "pandas", postings), middle(rows, "postgres", postings)
        next_day, build = middle(rows, "kobling next day", postings), build_seconds(rows, postings)
        sides = (
            ("ingest + dbt build / floor", build, floor, 1.5, 10 * MILLION),
            ("whole run / floor", whole, floor, 2.0, 10 * MILLION),
            ("whole run / pandas", whole, pandas, 1.0, MILLION),
            ("whole run / dbt on PostgreSQL", whole, postgres, None, None),
            ("next day / whole run", next_day, whole, 0.25, None),
            ("pandas / floor", pandas, floor, None, None),
            ("dbt on PostgreSQL / floor", postgres, floor, None, None),
        )
        found += [
            Ratio(name, postings, round(above / below, 3), target, at)
            for name, above, below, target, at in sides
            if above is not None and below
        ]
    return found


def stored(found: Iterable[Ratio]) -> dict[str, dict[str, float]]:
    """The ratios of Kobling, by size and name: what a later run is held against."""
    kept: dict[str, dict[str, float]] = {}
    for ratio in found:
        if ratio.target is not None:
            kept.setdefault(str(ratio.postings), {})[ratio.name] = ratio.value
    return kept


def worse(found: Iterable[Ratio], before: dict[str, dict[str, float]], tolerance_pct: float) -> list[str]:
    """A line for each ratio that is more than the tolerance above what it was, or that was not measured before."""
    lines = []
    for size, kept in stored(found).items():
        for name, value in kept.items():
            was = before.get(size, {}).get(name)
            if was is None:
                lines.append(f"{size} postings, {name}: {value}; nothing is stored to compare with")
            elif value > was * (1 + tolerance_pct / 100):
                lines.append(
                    f"{size} postings, {name}: {value}, was {was}: more than {tolerance_pct:g} % worse"
                )
    return lines


def growth(seconds: dict[int, float | None]) -> float | None:
    """The exponent by which seconds grow with postings: the slope through their logarithms; 1 is linear."""
    points = [
        (math.log(size), math.log(value)) for size, value in seconds.items() if value and value >= SHORT
    ]
    if len(points) < 2:
        return None
    return linear_regression(*zip(*points, strict=True)).slope


def import_seconds(log: str) -> dict[str, float]:
    """Seconds by package of what `python -X importtime` wrote: the dearest first, and all others together."""
    seconds: dict[str, float] = {}
    for own, module in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", log, re.MULTILINE):
        package = module.split(".")[0]
        seconds[package] = seconds.get(package, 0) + int(own) / 1e6
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return dict(ordered[:PACKAGES_SHOWN]) | {"others": sum(second for _, second in ordered[PACKAGES_SHOWN:])}


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """Everything that was measured, as Markdown."""
    yield from _measurements(rows)
    yield from _phases(rows)
    yield from _ratios(rows)
    yield from _demo(rows)


def _measurements(rows: Sequence[Row]) -> Iterator[str]:
    yield from _head("postings", "what", "wall s", "min–max", "CPU s", "peak MB", "× floor", "n", "status")
    seen = dict.fromkeys((row["postings"], row["contender"]) for row in rows if row["phase"] == "whole")
    for postings, contender in sorted(seen, key=lambda key: key[0]):
        runs = [
            row
            for row in rows
            if (row["postings"], row["contender"], row["phase"]) == (postings, contender, "whole")
        ]
        walls = [row["wall"] for row in runs]
        floor = middle(rows, "floor", postings)
        yield _line(
            f"{postings:,}" if postings else "demo",
            contender,
            _number(median(walls)),
            f"{min(walls):.1f}–{max(walls):.1f}",
            _number(median(row["cpu"] for row in runs)),
            f"{max(row['peak_mb'] for row in runs):,}",
            _number(median(walls) / floor, 2) if floor and contender in COMPARED else "",
            str(len(runs)),
            " ".join(sorted({row["status"] for row in runs})),
        )


def _phases(rows: Sequence[Row]) -> Iterator[str]:
    measured = sizes(rows)
    for contender in COMPARED:
        phases = dict.fromkeys(
            row["phase"] for row in rows if row["contender"] == contender and row["postings"]
        )
        if not phases:
            continue
        yield ""
        yield from _head(f"{contender}: seconds", *(f"{size:,}" for size in measured), "exponent", "≤ 1.05")
        for phase in phases:
            seconds = {size: middle(rows, contender, size, phase) for size in measured}
            slope = growth(seconds)
            yield _line(
                phase,
                *(_number(second) for second in seconds.values()),
                _number(slope, 2),
                "" if slope is None else "met" if slope <= EXPONENT else "missed",
            )


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    yield ""
    yield from _head("ratio of medians", "postings", "value", "target", "")
    for ratio in ratios(rows):
        at = f" at {ratio.target_at:,}" if ratio.target_at else ""
        target = f"≤ {ratio.target:g}{at}" if ratio.target is not None else ""
        yield _line(ratio.name, f"{ratio.postings:,}", f"{ratio.value:.2f}", target, ratio.verdict)
    for size in sizes(rows):
        peaks = [row["peak_mb"] for row in of(rows, "kobling", size)]
        if peaks:
            peak = Ratio("peak memory, GB", size, max(peaks) / 1024, PEAK_GB.get(size))
            target = f"≤ {peak.target:g}" if peak.target else ""
            yield _line(peak.name, f"{size:,}", f"{peak.value:.2f}", target, peak.verdict)


def _demo(rows: Sequence[Row]) -> Iterator[str]:
    whole = middle(rows, "demo", 0)
    if whole is None:
        return
    imports, definitions = (middle(rows, contender, 0) or 0.0 for contender in ("imports", "definitions"))
    steps = {
        phase: middle(rows, "demo", 0, phase) or 0.0
        for phase in dict.fromkeys(row["phase"] for row in rows if row["contender"] == "demo")
        if phase not in {"whole", "start and end"}
    }
    parts = {
        "imports (Python, Dagster, dbt)": imports,
        "definitions (manifest, assets)": definitions - imports,
        **{f"step {step}": seconds for step, seconds in steps.items()},
    }
    parts["Dagster's own, between and after the steps"] = whole - sum(parts.values())
    verdict = "met" if whole <= DEMO_SECONDS else "missed"
    yield ""
    yield from _head("kobling run on the demo", "seconds", f"≤ {DEMO_SECONDS:g}")
    for part, seconds in parts.items():
        yield _line(part, _number(seconds), "")
    yield _line("whole", _number(whole), verdict)
    packages = {row["phase"]: row["wall"] for row in rows if row["contender"] == "demo -X importtime"}
    if packages.pop("whole", None) is not None:
        yield ""
        yield from _head("of these, imports", "seconds")
        for package, seconds in packages.items():
            yield _line(package, _number(seconds, 2))
        yield _line("all", _number(sum(packages.values()), 2))


def _head(*cells: str) -> Iterator[str]:
    yield _line(*cells)
    yield _line(*("---" for _ in cells))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
