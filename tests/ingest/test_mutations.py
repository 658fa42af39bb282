"""Damaged files: refused with one clear line, or loaded so that the lake says what the file says, and nothing between.

Every file type and every kind of damage, against a second reading of the file (`strict_reader`). The short version
takes some kinds for each type, all of them together; `make torture` takes every kind for every type, ROUNDS times.
"""

import gzip
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from orchestration import synth
from orchestration.ingest import Delivery, FileRecord, ingest, load_deliveries
from orchestration.ingest.profiles import SHIPPED
from orchestration.settings import PROJECT_ROOT, Settings

from .mutations import KINDS, PLANTED_CPR, Case, Table
from .strict_reader import LAYOUTS, Layout, Reading, Sound, line_of, read, records, same

ROUNDS: Final = 4
SHORT_SHARE: Final = 4
BATCH: Final = 40
FIRST: Final = date(2022, 7, 1)
LONGEST_LINE: Final = 2_000

KMD: Final = """\
Artskonto;Omkostningssted;PSP-element;Profitcenter;Debet/kredit;Beløb;Tekst;Ydelsesmodtagernr.;Netværk;Referencenøgle
72000000;;XG-0000002668-00020;;Kredit;10;MP Klub;;;
90510000;;;;Debet;10;MP Klub;;;
79000000;;XG-0000002667-00008;;Kredit;23.350;MP Skole;;;
90510000;;;;Debet;23.350;MP Skole;;;
52900000;1234;;;Debet;1.250,75;Ydelse;6412130000;;R1
90510000;;;;Kredit;1.250,75;Ydelse;;;
"""
_PLANTED = re.compile(rf"{PLANTED_CPR[:6]}[ –-]{{0,3}}{PLANTED_CPR[6:]}|Zanziba|Qvistgaardsen", re.IGNORECASE)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Table]]:
    """Sound files by type: made-up ones, and slices of the shared extracts where these are."""
    out = tmp_path_factory.mktemp("synth")
    synth.write(out, children=12, months=1, seed=7)
    shared = PROJECT_ROOT.parent / "shared" / "data" / "landing"
    found: dict[str, list[Table]] = {}
    for layout in LAYOUTS:
        paths = [*out.glob(f"landing/{layout.source}/*/{layout.file}")]
        paths += shared.glob(f"{layout.source}/2022-06-30/{layout.file}*")
        tables = [_table(layout, _plain(path).decode(layout.encoding)) for path in paths]
        found[layout.name] = tables or [_table(layout, KMD)]
    return found


def _plain(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _table(layout: Layout, text: str) -> Table:
    """The file's header and at most 50 of its rows, from all over it."""
    header, *rows = [record.fields or [] for record in records(text.replace("\r\n", "\n"), layout.delimiter)]
    chosen = sorted(random.Random(0).sample(range(len(rows)), min(50, len(rows))))
    return Table(layout, header, [rows[at] for at in chosen], {})


@pytest.fixture
def lenient(settings: Settings, tmp_path: Path) -> Settings:
    """The shipped profiles, but a delivery of the case system may be one file."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    for profile in SHIPPED.glob("*.yml"):
        (folder / profile.name).write_text(profile.read_text().replace("    required: true\n", ""))
    return settings.model_copy(update={"profiles": folder})


@pytest.mark.torture
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_damaged_file_is_refused_or_means_what_it_says(
    lenient: Settings,
    samples: dict[str, list[Table]],
    layout: Layout,
    torture: bool,
    record_property: Callable[[str, object], None],
) -> None:
    cases = [
        (Case(layout, kind, number), samples[layout.name][number % len(samples[layout.name])])
        for number in range(ROUNDS if torture else 1)
        for at, kind in enumerate(KINDS)
        if torture or kind == "none" or (at + LAYOUTS.index(layout)) % SHORT_SHARE == 0
    ]
    outcomes = Counter[tuple[str, str]]()
    problems: list[str] = []
    for start in range(0, len(cases), BATCH):
        home = lenient.model_copy(update={"home": lenient.home_path / str(start)})
        problems += _try(home, cases[start : start + BATCH], outcomes)
    for outcome in ("refused", "rows", "loaded"):
        record_property(outcome, sum(count for (_, found), count in outcomes.items() if found == outcome))
    record_property(
        "kinds", {kind: {o: n for (k, o), n in outcomes.items() if k == kind} for kind, _ in outcomes}
    )
    assert not problems, f"{len(problems)} of {len(cases)} cases:\n" + "\n".join(problems[:20])
    assert outcomes["none", "loaded"] == sum(case.kind == "none" for case, _ in cases)


def _try(
    settings: Settings, cases: list[tuple[Case, Table]], outcomes: Counter[tuple[str, str]]
) -> list[str]:
    """One ingest of a delivery a case; what is wrong with what came of them."""
    files: dict[date, tuple[Case, Table, bytes]] = {}
    for number, (case, sound) in enumerate(cases):
        day = FIRST + timedelta(days=number)
        path = settings.landing_path / case.layout.source / str(day) / case.file_name
        path.parent.mkdir(parents=True)
        data = case.damage(sound)
        path.write_bytes(data)
        files[day] = case, sound, data
    try:
        result = ingest(settings)
    except Exception as error:
        if len(cases) == 1:
            return [f"{cases[0][0]}: ended the run with {type(error).__name__}"]
        alone = [
            settings.model_copy(update={"home": settings.home_path / str(number)})
            for number in range(len(cases))
        ]
        return [
            problem
            for home, case in zip(alone, cases, strict=True)
            for problem in _try(home, [case], outcomes)
        ]
    deliveries = {delivery.extract_date: delivery for delivery in load_deliveries(settings.lake_path)}
    problems = [
        f"{case}: {problem}"
        for day, (case, sound, data) in files.items()
        for problem in _problems(settings, case, sound, data, deliveries.get(day), outcomes)
    ]
    problems += [f"{line[:80]!r}…: not one line" for line in result.messages if not _is_clear(line)]
    return problems + _leftovers(settings, deliveries.values()) + _leaks(settings, files, result.messages)


def _is_clear(line: str) -> bool:
    return line.isprintable() and len(line) <= LONGEST_LINE and "Traceback" not in line


def _problems(
    settings: Settings,
    case: Case,
    sound: Table,
    data: bytes,
    delivery: Delivery | None,
    outcomes: Counter[tuple[str, str]],
) -> list[str]:
    """What became of a case, against what its file says."""
    said = _reading(case, sound, data)
    if delivery is None:
        return ["neither loaded nor refused"]
    if delivery.status == "refused":
        outcomes[case.kind, "refused"] += 1
        reason = delivery.reason or ""
        problems = [] if case.file_name in reason else ["the refusal does not name the file"]
        if not (said.refused or said.may_refuse):
            problems.append(f"refused without a cause: {reason[:300]}")
        return problems
    (file,) = delivery.files
    outcomes[case.kind, "rows" if file.quarantined else "loaded"] += 1
    if said.refused:
        return [f"loaded, although {said.refused}"]
    return _compare(settings, case.layout, file, said, delivery.extract_date)


def _reading(case: Case, sound: Table, data: bytes) -> Reading:
    """What the file says; a gzip file that Python's own module cannot open, or of 100 MB, says nothing."""
    if case.file_name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error):
            return Reading(refused="no sound gzip file")
        if len(data) > 100_000_000:
            return Reading(refused="a bomb")
    return read(case.layout, data, Sound(tuple(sound.header), frozenset(map(line_of, sound.rows))))


def _compare(settings: Settings, layout: Layout, file: FileRecord, said: Reading, day: date) -> list[str]:
    """Rows, values and sums of a loaded file."""
    if file.rows != said.count or file.accepted + file.quarantined != file.rows:
        return [
            f"{said.count} rows in the file: {file.rows} = {file.accepted} accepted + {file.quarantined} quarantined"
        ]
    if said.has_unknown and not any("unknown columns" in warning for warning in file.warnings):
        return ["a column was left out and nobody was told"]
    columns = ["row_no", *layout.cells]
    kinds = {target: kind for target, _, kind, _ in layout.parts}
    path = str(settings.lake_path / str(file.lake_file))
    kept = {
        row[0]: dict(zip(columns, row, strict=True))
        for row in duckdb.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [path]).fetchall()
    }
    lists = settings.quarantine_path / layout.source / str(day) / f"{file.name}.parquet"
    listed = set[int]()
    if lists.exists():
        lines = duckdb.execute("SELECT line_no FROM read_parquet(?)", [str(lists)]).fetchall()
        listed = {line - 1 for (line,) in lines}
    problems = []
    if len(kept) != file.accepted or len(listed) != file.quarantined or listed & kept.keys():
        problems.append("lake, quarantine and record do not tie")
    problems += [f"row {number} is lost" for number in sorted(said.good - kept.keys())[:3]]
    problems += [f"row {number} is bad and was taken" for number in sorted(said.bad & kept.keys())[:3]]
    for number, row in kept.items():
        values = said.rows.get(number)
        wrong = [name for name, kind in kinds.items() if values and not same(kind, values[name], row[name])]
        if wrong or (values is None and number not in said.bad):
            problems.append(f"row {number}: {', '.join(wrong) or 'not readable'} is not what the file says")
    if layout.total and not layout.sums_to_zero:
        total = sum(said.rows[number][layout.total] for number in kept if number in said.rows)
        if total != file.amount_total_dkk:
            problems.append(f"the sum is {file.amount_total_dkk}, the file's own {total}")
    return problems[:4]


def _leftovers(settings: Settings, deliveries: Iterable[Delivery]) -> list[str]:
    """Nothing is in the lake that no record names, and nothing is missing."""
    named = {file.lake_file for delivery in deliveries for file in delivery.files}
    there = {str(path.relative_to(settings.lake_path)) for path in settings.lake_path.rglob("*.parquet")}
    staged = [*(settings.lake_path / ".staging").glob("*")]
    return (
        [f"half loaded: {len(there ^ named)} files, {len(staged)} staged"] if there ^ named or staged else []
    )


def _leaks(
    settings: Settings, files: dict[date, tuple[Case, Table, bytes]], messages: list[str]
) -> list[str]:
    """Planted numbers and names in what ingest says and keeps; the children's names and numbers in what it says."""
    problems = []
    personal = {"cpr_number", "name", "mother_cpr", "father_cpr", "recipient_cpr"}
    told = "\n".join([*messages, *(path.read_text() for path in settings.lake_path.rglob("*.json"))])
    for case, sound, _ in files.values():
        places = [at for at, name in enumerate(sound.header) if name in personal]
        values = {row[at] for row in sound.rows for at in places if len(row[at]) > 5}
        if any(value in told for value in values):
            problems.append(f"{case}: a personal value was told")
    if found := _PLANTED.search(told):
        problems.append(f"planted and told: {found.start()}")
    for day, (case, _, _) in files.items():
        for path in [*settings.lake_path.rglob(f"*/extract_date={day}/*.parquet")]:
            if _PLANTED_NUMBER.search(_texts(path)):
                problems.append(f"{case}: a planted CPR number is in the lake")
    return problems


_PLANTED_NUMBER = re.compile(_PLANTED.pattern.split("|")[0])


def _texts(path: Path) -> str:
    described = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
    names = [name for name, type_, *_ in described if type_ == "VARCHAR" and name != "file_hash"]
    rows: list[tuple[Any, ...]] = duckdb.execute(
        f"SELECT {', '.join(names)} FROM read_parquet('{path}')"
    ).fetchall()
    return "\n".join(str(value) for row in rows for value in row)
