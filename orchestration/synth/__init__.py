"""Synthetic deliveries in the real formats, with the planted truth beside them.

Belongs here: `write`, which is what `kobling synth` calls: deliveries for the demo, for tests and for
benchmarks. How it is done, in the order of the work:

- `calendar`: which deliveries there are, and which ledger files each of them holds;
- `model`: the made-up municipality as tables: population, courses, cases, payments, ledger (`sql/*.sql`, all
  set-based, every chance a hash of the seed and the row's own key);
- `defects`: what is planted in the case system (`sql/defects/*.sql`, one kind a file) and how often;
- `writers`: the tables as files, to the byte as the case system and the ledger write them.

Does not belong here: anything that reads a delivery. No code of the product reads the truth.

Nothing is about a real person: CPR numbers are replacement numbers (day of birth plus 60), company numbers
lie in 90 000 000-99 999 999 with valid check digits, names are drawn from lists, and shares and prices
(`tables/*.csv`) come from the aggregates of the project's own made-up sample.
"""

import json
import tempfile
from pathlib import Path

from orchestration.errors import InputError
from orchestration.synth import calendar, model, writers

__all__ = ["write"]

MARK = "synth.json"
"""In `truth/`: the arguments of the call that wrote the folder."""


def write(
    out: Path,
    children: int,
    months: int,
    seed: int,
    deliveries: int | None = None,
    is_packed: bool = False,
) -> None:
    """Write deliveries under `out/landing/` and what was planted in them under `out/truth/`.

    One folder a source (bos, ledger) and month end, for the last `months` month ends up to 2022-06-30; what planners
    decide (plan) with the last, and the assumptions of its year's budget with that year's first. The same arguments
    give the same bytes (with the same version of DuckDB, whose hash function makes the draws), and the files carry
    the time of their delivery, not of the clock. Memory is bounded (`model.MEMORY`): a large municipality takes disk.

    Args:
        out: Folder to write in, made if it is not there. What this function wrote there with the same
            arguments is written again, the same.
        children: Number of children: some two courses, 40 rows of payments and 13 postings a year each. Over 30 months
            35 500 give a million postings, 355 000 ten: with one delivery 20 GB unless packed.
        months: Number of deliveries of each source.
        seed: Any integer; another one gives another municipality.
        deliveries: Only so many of them, the last ones; the first of these brings the ledger of the months before.
        is_packed: The case system's reports as `.csv.gz`, as its server sends them: a fifth of the size.

    Raises:
        InputError: a number is not positive, more are to be delivered than there are months, `out` cannot be made, or
            it holds other deliveries or another truth.
    """
    if children < 1 or months < 1:
        raise InputError("synth: children and months must be at least 1; give larger numbers")
    if deliveries is not None and not 1 <= deliveries <= months:
        raise InputError(
            f"synth: {deliveries} deliveries of {months} months; give a number from 1 to {months}"
        )
    arguments = {"children": children, "months": months, "seed": seed}
    if deliveries is not None:
        arguments["deliveries"] = deliveries
    if is_packed:
        arguments["is_packed"] = True
    _refuse_other_files(out, arguments)
    schedule = calendar.schedule(months, deliveries)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"synth: {out} cannot be made ({error.strerror}); give another --out") from error
    # On the disk of the result: what does not fit in memory spills there, and files need only be renamed.
    with tempfile.TemporaryDirectory(prefix=".synth-", dir=out) as folder:
        scratch = Path(folder)
        with model.build(scratch, schedule, children, seed) as connection:
            writers.write_deliveries(connection, schedule, scratch / "landing", is_packed)
            writers.write_truth(connection, schedule, scratch / "truth")
        # The mark first: a run that is cut short can be repeated.
        out.joinpath("truth").mkdir(exist_ok=True)
        (out / "truth" / MARK).write_text(json.dumps(arguments) + "\n", encoding="utf-8")
        for file in [*scratch.glob("truth/*"), *scratch.glob("landing/*/*/*")]:
            target = out / file.relative_to(scratch)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)


def _refuse_other_files(out: Path, arguments: dict[str, int]) -> None:
    mark = out / "truth" / MARK
    if mark.is_file() and json.loads(mark.read_text(encoding="utf-8")) == arguments:
        return
    for folder in (out / "landing", out / "truth"):
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"synth: {folder} holds other files already; give an empty folder as --out")
