"""Random made-up municipalities that the gate must let through, each with the publication of one of its dates."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from orchestration import synth
from orchestration.execution import Outcome, run_job
from orchestration.settings import load_settings

KEY = "a synthetic key for made-up children only"
# A year and a month of deliveries crosses the turn of the year, and takes minutes; most populations are cheaper.
MONTHS = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 13]
SEED = 6


@dataclass(frozen=True)
class Population:
    """The arguments of `kobling synth`, and which of its deliveries, counted from the newest, is published."""

    children: int
    months: int
    seed: int
    back: int

    def __str__(self) -> str:
        return f"{self.children} children, {self.months} months, seed {self.seed}, {self.back} back"


def populations(number: int) -> Iterator[Population]:
    """The same ones each time; a few deliveries back, the ones since then wait in landing."""
    draw = random.Random(SEED)
    for seed in range(1001, 1001 + number):
        months = draw.choice(MONTHS)
        yield Population(draw.randint(12, 60), months, seed, draw.choice([0, 0, draw.randrange(months)]))


def publish(population: Population, home: Path) -> Outcome:
    """Writes the deliveries and runs the main job in this process, which has dbt's parsed project from the first."""
    synth.write(home, population.children, population.months, population.seed)
    dates = sorted(date.fromisoformat(folder.name) for folder in (home / "landing" / "bos").iterdir())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KOBLING_HOME", str(home))
        patched.setenv("KOBLING_LANDING", str(home / "landing"))
        patched.setenv("KOBLING_PSEUDONYM_KEY", KEY)
        return run_job(load_settings(), dates[-1 - population.back] if population.back else None)
