"""Source profiles: what a source's files look like and what their columns mean, as YAML.

Belongs here: the model of a profile, its validation against the canonical entities, and loading the shipped
and the municipality's own ones. Does not: reading a delivery (`decode`, `load`).
"""

import re
from functools import cache
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import duckdb
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from orchestration.errors import ConfigurationError
from orchestration.ingest.entities import ENTITIES, NEVER_KEPT_KINDS, PERSONAL_KINDS, Entity, Kind

SHIPPED = Path(__file__).parent / "profiles"

Mode = Literal["snapshot", "period", "append"]
NamePart = Literal["year", "month", "date", "delivery_date"]

_PLACEHOLDERS = {
    "{year}": r"(?P<year>[0-9]{4})",
    "{month}": r"(?P<month>0[1-9]|1[0-2])",
    "{date}": r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})",
    "*": r".*",
}
_OPTION_KINDS = {
    "codes": (Kind.CODE,),
    "format": (Kind.DATE, Kind.TIMESTAMP),
    "matches": (Kind.BOOLEAN,),
    "sign": (Kind.MONEY,),
}
_EXAMPLES = {"{year}": "2022", "{month}": "01", "{date}": "2022-01-31", "*": "x"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """An empty database to try patterns and formats on."""
    return duckdb.connect()


def _works(query: str, *values: str) -> bool:
    """Whether DuckDB runs the query and it gives something."""
    try:
        row = _duckdb().cursor().execute(query, values).fetchone()
    except duckdb.Error:
        return False
    return row is not None and row[0] is not None


def _time_format(value: str) -> str:
    """A format of strptime that reads what it writes."""
    example = "TIMESTAMP '2022-01-31 10:20:30'"
    if value != "iso8601" and not _works(f"SELECT try_strptime(strftime({example}, $1), $1)", value):
        raise ValueError(f"{value!r} is not a format of strptime")
    return value


@cache
def pattern_groups(pattern: str) -> dict[str, int]:
    """Named groups of an RE2 pattern with their numbers, and `""` with the number of groups.

    Raises:
        ValueError: DuckDB's RE2 does not accept the pattern.
    """
    if not _works("SELECT regexp_matches('', $1)", pattern):
        raise ValueError(f"{pattern!r} is not a regular expression of RE2")
    try:
        compiled = re.compile(re.sub(r"\\[pP](\{\w+\}|\w)", "x", pattern))  # Python knows no \\p{L}
    except re.error as error:
        raise ValueError(f"{pattern!r}: {error}") from None
    return {**compiled.groupindex, "": compiled.groups}


TimeFormat = Annotated[str, AfterValidator(_time_format)]


class Format(_Strict):
    """How the source writes text, numbers, dates and times."""

    encoding: Literal["utf-8", "utf-8-sig", "windows-1252", "latin-1"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None
    date: TimeFormat = "%Y-%m-%d"
    timestamp: TimeFormat = "iso8601"
    timezone: str = "UTC"
    true_values: list[str] = ["True"]
    false_values: list[str] = ["False"]
    last_line_ends: bool = True

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone")
        return value

    @model_validator(mode="after")
    def _distinct_marks(self) -> "Format":
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same mark")
        return self


class Limits(_Strict):
    """When a file is not trusted any more, and when a folder counts as still being copied."""

    bad_rows_share: float = Field(default=0.05, ge=0, le=1)
    settle_seconds: float = Field(default=5, ge=0)
    max_bytes: int = Field(default=20_000_000_000, gt=0)


class Sign(_Strict):
    """A column whose code says whether the amount counts (debit) or counts against (credit)."""

    column: str
    debit: list[str]
    credit: list[str]


class Source(_Strict):
    """Where a canonical field comes from: a column, the first filled of several, a constant or a name part.

    A string in the YAML is short for `{column: …}`.
    """

    column: str | None = None
    first_of: list[str] | None = None
    constant: str | None = None
    name_part: NamePart | None = None
    extract: str | None = None
    matches: str | None = None
    codes: dict[str, str] | None = None
    when_filled: dict[str, str] = {}
    nulls: list[str] = []
    format: TimeFormat | None = None
    sign: Sign | None = None
    optional: bool = False
    mend: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        origins = [self.column, self.first_of, self.constant, self.name_part]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("say one of column, first_of, constant and name_part")
        if self.extract is not None and pattern_groups(self.extract)[""] != 1:
            raise ValueError("extract needs one group: what is kept")
        if self.matches is not None:
            pattern_groups(self.matches)
        return self

    @property
    def column_names(self) -> list[str]:
        """The source columns that the value itself is read from."""
        return [self.column] if self.column is not None else self.first_of or []


ColumnSource = Annotated[
    Source, BeforeValidator(lambda value: {"column": value} if isinstance(value, str) else value)
]


class TextRules(_Strict):
    """Patterns (RE2) that find references, months and hints at a person in a free text; the first hit counts.

    A text of `cut_at` characters gets `…` at its end before it is matched, so that a pattern can ask whether
    what it found may go on after the cut.
    """

    column: str
    cut_at: int | None = Field(default=None, gt=0)
    month_reference: str
    course_id: list[str] = []
    appropriation_id: list[str] = []
    service_month: list[str] = []
    part: list[str] = []
    child_count: list[str] = []
    reversal: list[str] = []
    initials: list[str] = []
    first_name: list[str] = []
    first_name_initial: list[str] = []
    birth: list[str] = []

    @model_validator(mode="after")
    def _groups(self) -> "TextRules":
        for name in type(self).model_fields:
            patterns = getattr(self, name)
            for pattern in patterns if isinstance(patterns, list) else []:
                groups = pattern_groups(pattern)
                if name == "service_month" and "month" not in groups:
                    raise ValueError(f"service_month: {pattern!r} has no group (?P<month>…)")
                if name == "part" and not {"no", "count"} <= groups.keys():
                    raise ValueError(f"part: {pattern!r} needs the groups (?P<no>…) and (?P<count>…)")
                if name not in ("service_month", "part", "reversal") and groups[""] != 1:
                    raise ValueError(f"{name}: {pattern!r} needs one group: the value")
        return self


class Checks(_Strict):
    """Controls over a whole file (`sums_to_zero`) and its name (`same_as_name`: field → name part)."""

    sums_to_zero: bool = False
    same_as_name: dict[str, NamePart] = {}


class WorkbookRules(_Strict):
    """How rows are found in an Excel workbook whose sheets also hold titles, explanations and empty answers.

    `header`: the first row of a sheet that has all these texts is its headings; a sheet without one is not read.
    `filled`: a row that has none of these is no row. `once`: columns whose value may stand once for the whole
    workbook, right of their name on a sheet without headings.
    """

    header: list[str] = Field(min_length=1)
    filled: list[str] = Field(min_length=1)
    once: list[str] = []


class FileProfile(_Strict):
    """The files of one pattern: which entity they hold, and how their columns feed it."""

    entity: str
    pattern: str
    required: bool = False
    mode: Mode
    key: list[str] | Literal["hash_and_row"]
    columns: dict[str, ColumnSource]
    personal: list[str] = []
    ignored: list[str] = []
    multiline: list[str] = []
    text: TextRules | None = None
    checks: Checks = Checks()
    allow_empty: bool = False
    format: Format | None = None
    bad_rows_share: float | None = Field(default=None, ge=0, le=1)
    workbook: WorkbookRules | None = None

    @field_validator("entity")
    @classmethod
    def _known_entity(cls, value: str) -> str:
        if value not in ENTITIES:
            raise ValueError(f"{value!r} is not one of {', '.join(ENTITIES)}")
        return value

    @model_validator(mode="after")
    def _fits_entity(self) -> "FileProfile":
        for name, source in self.columns.items():
            self._check_column(name, source)
        unmapped = [
            field.name
            for field in self.target.fields.values()
            if field.required
            and field.name not in self.columns
            and not (self.key == "hash_and_row" and field.name == self.target.id_column)
        ]
        if unmapped:
            raise ValueError(f"columns: {self.entity} needs {', '.join(unmapped)}")
        if self.key != "hash_and_row" and (not self.key or not set(self.key) <= self.columns.keys()):
            raise ValueError("key: name mapped columns of the entity, or hash_and_row")
        if self.text:
            self._check_text(self.text)
        for name, part in self.checks.same_as_name.items():
            if name not in self.columns or part not in self.parts:
                raise ValueError(f"checks.same_as_name: {name}: not mapped, or {part} is not in the pattern")
        if self.checks.sums_to_zero and not self.target.total:
            raise ValueError(f"checks.sums_to_zero: {self.entity} has no amount")
        for name in (
            [*self.workbook.header, *self.workbook.filled, *self.workbook.once] if self.workbook else []
        ):
            if name not in self.source_columns:
                raise ValueError(f"workbook: {name} is not one of the mapped columns")
        return self

    def _check_column(self, name: str, source: Source) -> None:
        """One mapped field against the entity, the personal columns and the pattern."""
        field = self.target.fields.get(name)
        if field is None or field.kind is Kind.TEXT:
            raise ValueError(f"columns.{name}: {self.entity} has no such field to map")
        personal = set(source.column_names) & set(self.personal)
        if personal and field.kind not in PERSONAL_KINDS:
            raise ValueError(f"columns.{name}: {personal.pop()} is personal and {name} would keep it")
        if field.kind in NEVER_KEPT_KINDS and not set(source.column_names) <= set(self.personal):
            raise ValueError(f"columns.{name}: list its column under personal")
        if source.name_part is not None and source.name_part not in self.parts:
            raise ValueError(f"columns.{name}: the pattern does not give a {source.name_part}")
        for option, kinds in _OPTION_KINDS.items():
            if getattr(source, option) is not None and field.kind not in kinds:
                raise ValueError(f"columns.{name}: {option} is not for a {field.kind.value}")
        values = {source.constant} if source.constant is not None else set((source.codes or {}).values())
        if field.codes and not values <= set(field.codes):
            raise ValueError(f"columns.{name}: the codes of {name} are {', '.join(field.codes)}")

    def _check_text(self, text: TextRules) -> None:
        if "text" not in self.target.fields:
            raise ValueError(f"text: {self.entity} has no text")
        if text.column not in self.personal:
            raise ValueError("text: list its column under personal")
        reference = self.target.fields.get(text.month_reference)
        if not reference or reference.kind is not Kind.DATE or reference.name not in self.columns:
            raise ValueError(f"text.month_reference: {text.month_reference} is not a mapped date")

    @property
    def target(self) -> Entity:
        """The canonical entity."""
        return ENTITIES[self.entity]

    @property
    def required_columns(self) -> list[str]:
        """Source columns that the header must have, in the profile's order, each once."""
        names: list[str] = []
        for source in self.columns.values():
            if not source.optional:
                names += source.column_names
                names += [source.sign.column] if source.sign else []
        names += [self.text.column] if self.text else []
        return list(dict.fromkeys(names))

    @property
    def source_columns(self) -> list[str]:
        """All source columns that are read, in the profile's order, each once."""
        names = [
            name for source in self.columns.values() for name in (*source.column_names, *source.when_filled)
        ]
        return list(dict.fromkeys([*names, *self.required_columns]))

    @property
    def known_columns(self) -> set[str]:
        """Source columns that need no warning: mapped, personal or ignored on purpose."""
        return {*self.source_columns, *self.personal, *self.ignored, *self.multiline}

    @property
    def parts(self) -> set[str]:
        """What the name and folder of a file tell: a `{date}` also gives year and month."""
        named = set(re.findall(r"\{(year|month|date)\}", self.pattern))
        return {*named, "delivery_date"} | ({"year", "month"} if "date" in named else set())

    def name_parts(self, file_name: str) -> dict[str, str] | None:
        """The parts that the name gives (`year`, `month`, `date`), or None when the name does not fit.

        A trailing `.gz` is not part of the name.
        """
        pieces = re.split(r"(\{year\}|\{month\}|\{date\}|\*)", self.pattern)
        regex = "".join(_PLACEHOLDERS.get(piece, re.escape(piece)) for piece in pieces)
        match = re.fullmatch(regex, file_name.removesuffix(".gz"))
        if match is None:
            return None
        parts = match.groupdict()
        if "date" in parts:
            parts |= {"year": parts["date"][:4], "month": parts["date"][5:7]}
        return parts

    @property
    def example_name(self) -> str:
        """A file name that the pattern fits."""
        name = self.pattern
        for placeholder, example in _EXAMPLES.items():
            name = name.replace(placeholder, example)
        return name


class Profile(_Strict):
    """One source's profile. `source` is the folder under landing; `digest` the hash of the YAML file."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    source: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    description: str
    format: Format = Format()
    limits: Limits = Limits()
    files: list[FileProfile] = Field(min_length=1)
    _digest: str = PrivateAttr(default="")

    @property
    def digest(self) -> str:
        """SHA-256 of the profile's file, first 12 hex digits."""
        return self._digest

    def format_of(self, file: FileProfile) -> Format:
        """The file's own format, else the profile's."""
        return file.format or self.format

    def bad_rows_share(self, file: FileProfile) -> float:
        """The file's own limit, else the profile's."""
        return self.limits.bad_rows_share if file.bad_rows_share is None else file.bad_rows_share


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the second would silently win."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise yaml.YAMLError(f"{twice[0]} is given twice (block at line {node.start_mark.line + 1})")
        return node


def load_profiles(own: Path | None) -> dict[str, list[Profile]]:
    """The profiles in force, by source folder: the shipped ones and those in the folder `own`.

    An own profile replaces the shipped one of the same name.

    Raises:
        ConfigurationError: a profile is wrong, or two profiles claim the same files; the text names the file,
            the key and the reason.
    """
    if own is not None and not own.is_dir():
        raise ConfigurationError("KOBLING_PROFILES is not a folder; correct it or unset it")
    profiles: dict[str, Profile] = {}
    for folder in [SHIPPED, own] if own else [SHIPPED]:
        here: dict[str, Profile] = {}
        for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
            profile = read_profile(path)
            if profile.name in here:
                raise ConfigurationError(f"{path.name}: name: another profile is called {profile.name}")
            here[profile.name] = profile
        profiles |= here
    by_source: dict[str, list[Profile]] = {}
    for profile in profiles.values():
        by_source.setdefault(profile.source, []).append(profile)
    for source, members in by_source.items():
        files = [(profile, file) for profile in members for file in profile.files]
        for (profile, file), (other, claimed) in permutations(files, 2):
            if claimed.name_parts(file.example_name) is not None:
                raise ConfigurationError(
                    f"profiles {profile.name} and {other.name}: both take {file.example_name} "
                    f"in the source folder {source}; make their patterns distinct"
                )
    return by_source


def read_profile(path: Path) -> Profile:
    """One profile from its YAML file.

    Raises:
        ConfigurationError: with the file's name, the key and the reason in one line.
    """
    content = path.read_bytes()
    try:
        document = yaml.load(content, _UniqueKeyLoader)  # noqa: S506 - a SafeLoader
        profile = Profile.model_validate(document)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: {getattr(error, 'problem', '')}" if mark else str(error)
        reason = f"not YAML: {where}"
    except ValidationError as error:
        first = error.errors(include_context=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        reason = f"{key}: {first['msg'].removeprefix('Value error, ')}"
    else:
        profile._digest = sha256(content).hexdigest()[:12]
        return profile
    raise ConfigurationError(f"profile {path.name}: {reason}")
