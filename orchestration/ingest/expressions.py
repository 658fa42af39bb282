"""The SQL that turns a file's text columns into an entity's typed columns.

Belongs here: one expression per canonical field and kind, the reasons for which a row is refused, and the
reading of free texts. Does not: running it (`load`), or the macros that it calls (`identifiers.sql`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestration.ingest.entities import MONEY, Field, Kind
from orchestration.ingest.profiles import FileProfile, Format, Source, TextRules, pattern_groups
from orchestration.ingest.workbook import PLACE_COLUMNS, listed

_ISO_TIME: Final = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-](0[0-9]|1[0-4]):?[0-9]{2})"
)
_NORMALISED: Final = {
    Kind.PARTY: "id_text",
    Kind.PERSON: "id_text",
    Kind.PERSON_BORN: "id_text",
    Kind.RELATIVE: "id_text",
    Kind.PERSON_NAME: "name_words",
}


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: the condition, the source column, and the reason in words without values."""

    condition: str
    column: str
    reason: str


@dataclass
class Steps:
    """Expressions by name, in three steps that each read the one before.

    `raw`: the fields' texts out of the columns c0, c1 …; identifiers and names already in their normal form.
    `plain`: the typed plain columns, and helpers (`born_…`, `cvr_…`, `…_hit`). `derived`: the columns made of
    several values.
    """

    raw: dict[str, str] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """What the steps make."""
        return [*self.raw, *self.plain, *self.derived]


@dataclass
class Lookup(Steps):
    """What follows from one text of a person or company, which stands in many rows and is dear to hash.

    `source`: the text out of the columns; the steps read it as `text`. No text, no values.
    """

    source: str = ""


@dataclass
class FileSql(Steps):
    """The expressions of one file; its steps may read those of `lookups` (by field).

    `masked`: conditions, one a column where something like a CPR number was taken out. `line_breaks`: counts of
    line breaks inside quoted fields. `place`: where in a workbook a row stands.
    """

    lookups: dict[str, Lookup] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    masked: dict[str, str] = field(default_factory=dict)
    line_breaks: list[str] = field(default_factory=list)
    place: dict[str, str] = field(default_factory=dict)


def literal(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def _in(value: str, options: list[str] | tuple[str, ...]) -> str:
    return f"{value} IN ({', '.join(literal(option) for option in options)})"


def file_sql(
    profile: FileProfile, file_format: Format, header: list[str], parts: Mapping[str, str]
) -> FileSql:
    """All expressions for a file whose header and name parts are known.

    `header`: the column names in the file's order; `parts`: what the name tells (`year`, `date` …).
    """
    sql = FileSql()
    positions = {name: f"c{position}" for position, name in enumerate(header)}
    _add_place(sql, profile, positions)
    for target in profile.target.fields.values():
        source = profile.columns.get(target.name)
        if target.kind is Kind.TEXT and profile.text:
            _add_text(sql, profile.text, positions[profile.text.column])
        elif source is None:
            sql.plain |= {
                column.name: f"CAST({target.default} AS {column.type})" for column in target.columns
            }
        else:
            text = _text(source, positions, parts)
            if target.kind in _NORMALISED:
                lookup = sql.lookups[target.name] = Lookup(source=text)
                lookup.raw[f"raw_{target.name}"] = f"{_NORMALISED[target.kind]}(text)"
            else:
                sql.raw[f"raw_{target.name}"] = text
            if source.sign:
                sql.raw[f"sign_{target.name}"] = _clean(positions[source.sign.column])
            _add_field(sql, profile, target, source, file_format)
    for name in profile.multiline:
        if name in positions:
            column = positions[name]
            sql.line_breaks.append(f"coalesce(length({column}) - length(replace({column}, chr(10), '')), 0)")
    for name, part in profile.checks.same_as_name.items():
        column = ", ".join(profile.columns[name].column_names)
        reason = f"is not the {part} of the file's name"
        sql.problems.append(Problem(f"{name} <> {int(parts[part])}", column, reason))
    _add_rules(sql, profile, parts)
    return sql


def _add_place(sql: FileSql, profile: FileProfile, positions: Mapping[str, str]) -> None:
    """Sheet and row of a workbook's rows, and its formulas as problems: nobody computed them."""
    if not profile.workbook:
        sql.place = {"sheet_name": "CAST(NULL AS VARCHAR)", "sheet_row": "CAST(NULL AS BIGINT)"}
        return
    sheet, row, formulas = (positions[name] for name in PLACE_COLUMNS)
    sql.place = {"sheet_name": sheet, "sheet_row": f"CAST({row} AS BIGINT)", "formulas": formulas}
    sql.problems = [
        Problem(f"contains(formulas, {literal(listed(name))})", name, "er en formel: skriv værdien selv")
        for name in profile.source_columns
    ]


def _add_rules(sql: FileSql, profile: FileProfile, parts: Mapping[str, str]) -> None:
    """What the entity asks of a row as a whole."""
    if profile.target.rules:
        sql.plain["delivered_on"] = f"CAST({literal(parts['delivery_date'])} AS DATE)"
    for rule in profile.target.rules:
        source = profile.columns.get(rule.field)
        column = ", ".join(source.column_names) if source else rule.field
        sql.problems.append(Problem(rule.condition, column or rule.field, rule.reason))


def _clean(column: str) -> str:
    """The cell's text, NULL where it is empty: `load` gives each column trimmed, too."""
    return f"nullif(trimmed_{column}, '')"


def _text(source: Source, positions: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """The field's text: trimmed, empty as NULL, after `nulls` and `extract`."""
    if source.constant is not None:
        return literal(source.constant)
    if source.name_part is not None:
        return literal(parts[source.name_part])
    present = [_clean(positions[name]) for name in source.column_names if name in positions]
    present += [
        f"CASE WHEN {_clean(positions[name])} IS NOT NULL THEN {literal(meant)} END"
        for name, meant in source.when_filled.items()
        if name in positions
    ]
    value = f"coalesce({', '.join(present or ['CAST(NULL AS VARCHAR)'])})"
    if source.nulls:
        value = f"CASE WHEN {_in(value, source.nulls)} THEN NULL ELSE {value} END"
    if source.extract is not None:
        value = f"coalesce(nullif(regexp_extract({value}, {literal(source.extract)}, 1), ''), {value})"
    return value


def _add_field(
    sql: FileSql, profile: FileProfile, target: Field, source: Source, file_format: Format
) -> None:
    """One mapped field: its columns, and what is wrong with a row whose text does not fit."""
    raw = f"raw_{target.name}"
    column = ", ".join(source.column_names) or target.name
    if target.kind in (Kind.LABEL, Kind.REFERENCE, Kind.PARTY_NAME) or _is_free_code(target, source):
        sql.masked[target.name] = f"coalesce({target.name} <> {raw}, false)"
    if target.kind in _DERIVED:
        _DERIVED[target.kind](sql, profile, target, raw)
        return
    value, reason = _typed_value(target, source, file_format, raw)
    if source.sign:
        sign = f"sign_{target.name}"
        credit = _in(sign, source.sign.credit)
        value = f"CASE WHEN {credit} THEN -({value}) ELSE {value} END"
        known = _in(sign, [*source.sign.debit, *source.sign.credit])
        sql.problems.append(Problem(f"NOT coalesce({known}, false)", source.sign.column, "is no known sign"))
    sql.plain[target.name] = value
    if target.required:
        sql.problems.append(Problem(f"{raw} IS NULL", column, source.mend or "is empty"))
    if reason:
        condition = f"{raw} IS NOT NULL AND {target.name} IS NULL"
        sql.problems.append(Problem(condition, column, source.mend or reason))


def _is_free_code(target: Field, source: Source) -> bool:
    """A code of no list: the source may write anything there, in a column that slipped even a CPR number."""
    return target.kind is Kind.CODE and not source.codes and not target.codes


def _typed_value(target: Field, source: Source, file_format: Format, raw: str) -> tuple[str, str]:
    """The expression of a plain field, and the reason when a text does not fit; "" when all do."""
    match target.kind:
        case Kind.INTEGER:
            return f"CASE WHEN regexp_full_match({raw}, '-?[0-9]{{1,9}}') THEN CAST({raw} AS INTEGER) END", (
                "is not a whole number"
            )
        case Kind.MONEY:
            return _number(raw, file_format, 2, MONEY), _number_reason(file_format, 2)
        case Kind.QUANTITY:
            return _number(raw, file_format, 4, "DECIMAL(18,4)"), _number_reason(file_format, 4)
        case Kind.DATE:
            # a name part is always written the ISO way
            written = "%Y-%m-%d" if source.name_part else source.format or file_format.date
            parsed = f"try_strptime({raw}, {literal(written)})"
            return f"CASE WHEN {_in_range(raw, parsed)} THEN CAST({parsed} AS DATE) END", (
                f"is not a date written like {written}"
            )
        case Kind.TIMESTAMP:
            written = source.format or file_format.timestamp
            return _timestamp(raw, written, file_format.timezone), f"is not a time written like {written}"
        case Kind.BOOLEAN if source.matches is not None:
            return f"coalesce(regexp_matches({raw}, {literal(source.matches)}), false)", ""
        case Kind.BOOLEAN:
            true, false = _in(raw, file_format.true_values), _in(raw, file_format.false_values)
            return f"CASE WHEN {true} THEN true WHEN {false} THEN false END", "is neither true nor false"
        case Kind.LABEL:
            return f"mask_cpr({raw})", ""
        case Kind.REFERENCE:
            return f"hide_cpr({raw})", ""
    if source.codes:
        whens = " ".join(f"WHEN {literal(code)} THEN {literal(to)}" for code, to in source.codes.items())
        return f"CASE {raw} {whens} END", "is no known code"
    if target.codes:
        return f"CASE WHEN {_in(raw, target.codes)} THEN {raw} END", "is no known code"
    return f"hide_cpr({raw})", ""


def _number(raw: str, file_format: Format, decimals: int, sql_type: str) -> str:
    """A number in exactly the profile's marks; another locale's number does not fit. SAP's `12,50-` does."""
    point, thousands = _quoted(file_format.decimal), file_format.thousands
    whole = "[0-9]+"
    if thousands:
        whole = f"(?:[0-9]+|[0-9]{{1,3}}(?:{_quoted(thousands)}[0-9]{{3}})+)"
    digits = f"{whole}(?:{point}[0-9]{{1,{decimals}}})?"
    plain = f"replace({raw}, {literal(thousands)}, '')" if thousands else raw
    if file_format.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    signed = f"CASE WHEN {raw} LIKE '%-' THEN '-' || rtrim({plain}, '-') ELSE {plain} END"
    fits = f"regexp_full_match({raw}, {literal(f'(?:[+-]?{digits}|{digits}-)')})"
    return f"CASE WHEN {fits} THEN TRY_CAST({signed} AS {sql_type}) END"


def _quoted(mark: str) -> str:
    return f"[{mark}]"


def _number_reason(file_format: Format, decimals: int) -> str:
    thousands = file_format.thousands or ""
    return f"is not a number written like 1{thousands}234{file_format.decimal}{'56789'[:decimals]}"


def _timestamp(raw: str, written: str, timezone: str) -> str:
    """A time as UTC: ISO 8601 with its own offset, else a local time of the profile's zone."""
    if written == "iso8601":
        parsed = f"timezone('UTC', TRY_CAST({raw} AS TIMESTAMPTZ))"
        utc = f"CASE WHEN regexp_full_match({raw}, '{_ISO_TIME}') THEN {parsed} END"
        return f"CASE WHEN {_in_range(raw, utc)} THEN {utc} END"
    local = f"try_strptime({raw}, {literal(written)})"
    utc = f"timezone('UTC', timezone({literal(timezone)}, {local}))"
    return f"CASE WHEN {_in_range(raw, local)} THEN {utc} END"


def _in_range(raw: str, parsed: str) -> str:
    """Whether it is a day or time that somebody meant; strptime reads `epoch` and `infinity` as a day of 1900."""
    meant = f"WHEN 1900 THEN regexp_matches({raw}, '[0-9]')"
    return f"CASE year({parsed}) {meant} ELSE year({parsed}) BETWEEN 1901 AND 2999 END"


def _add_party(sql: FileSql, profile: FileProfile, target: Field, raw: str) -> None:
    """CVR number, its status, and a pseudonym for what is none. A person's number is never read as a CVR."""
    company, cvr = _may_be_company(profile), f"cvr_{target.name}"
    lookup = sql.lookups[target.name]
    lookup.plain[cvr] = f"cvr_no({raw})"
    lookup.derived[f"status_{target.name}"] = (
        f"CASE WHEN {raw} IS NULL THEN NULL WHEN is_valid_cvr({cvr}) THEN 'valid' ELSE 'invalid' END"
    )
    lookup.derived[f"key_{target.name}"] = f"pseudonym('person', {raw})"
    cvr_column, status, key = (column.name for column in target.columns)
    sql.derived[cvr_column] = f"CASE WHEN {company} THEN {cvr} END"
    sql.derived[status] = f"CASE WHEN {company} THEN status_{target.name} END"
    sql.derived[key] = f"CASE WHEN {cvr} IS NULL OR NOT {company} THEN key_{target.name} END"


def _may_be_company(profile: FileProfile) -> str:
    """Where the entity says what the recipient is, only companies and own units are surely no persons."""
    if "recipient_type" not in profile.target.fields:
        return "true"
    return "coalesce(recipient_type IN ('COMPANY', 'INTERNAL'), false)"


def _add_party_name(sql: FileSql, profile: FileProfile, target: Field, raw: str) -> None:
    """The name of whom is paid, unless the row says or suggests that it is a person."""
    conditions = [_may_be_company(profile)]
    party = next(part.name for part in profile.target.fields.values() if part.kind is Kind.PARTY)
    cvr = "NULL"
    if party in profile.columns:
        conditions.append(f"NOT is_cpr_shaped(raw_{party})")
        cvr = f"cvr_{party}"
    if "person_cpr" in profile.columns:
        conditions.append(f"(raw_person_cpr IS NULL OR {cvr} IS NOT NULL)")
    sql.derived[target.name] = f"CASE WHEN {' AND '.join(conditions)} THEN mask_cpr({raw}) END"


def _add_person(sql: FileSql, _: FileProfile, target: Field, raw: str) -> None:
    """The pseudonym, and as many of status, birth date and birth hint as the field has columns for."""
    born = f"born_{target.name}"
    lookup = sql.lookups[target.name]
    lookup.plain[born] = f"cpr_birth_on({raw})"
    values = (
        f"pseudonym('person', {raw})",
        f"cpr_status({raw}, {born})",
        born,
        f"pseudonym('birth', cpr_birth_text({raw}, {born}))",
    )
    lookup.derived |= {column.name: value for column, value in zip(target.columns, values, strict=False)}


def _add_person_name(sql: FileSql, _: FileProfile, target: Field, raw: str) -> None:
    """Hashes of initials, first name, and first name with last initial; `raw` is a list of words."""
    initials, first_name, first_name_initial = (column.name for column in target.columns)
    derived = sql.lookups[target.name].derived
    derived[initials] = f"pseudonym('initials', array_to_string([word[1] for word in {raw}], ''))"
    derived[first_name] = f"pseudonym('first_name', {raw}[1])"
    derived[first_name_initial] = (
        f"CASE WHEN len({raw}) > 1 THEN pseudonym('first_name_initial', {raw}[1] || ' ' || {raw}[-1][1]) END"
    )


_DERIVED: Final = {
    Kind.PARTY: _add_party,
    Kind.PARTY_NAME: _add_party_name,
    Kind.PERSON: _add_person,
    Kind.PERSON_BORN: _add_person,
    Kind.RELATIVE: _add_person,
    Kind.PERSON_NAME: _add_person_name,
}


def _add_text(sql: FileSql, rules: TextRules, column: str) -> None:
    """What the profile's patterns find in the free text; the text itself is not kept."""
    cut = f"CASE WHEN length({column}) >= {rules.cut_at} THEN {column} || '…' ELSE {_clean(column)} END"
    sql.raw["raw_text"] = cut if rules.cut_at else _clean(column)
    for name in ("course_id", "appropriation_id"):
        found = f"text_{name}"
        sql.plain[found] = _first_hit(getattr(rules, name))
        sql.derived[f"is_{found}_cut"] = f"coalesce(ends_with(raw_text, {found} || '…'), false)"
    sql.plain["month_hit"] = _named_hit(rules.service_month, ("month", "year"))
    sql.derived["service_month"] = (
        f"month_start(month_no(month_hit['month']), month_hit['year'], {rules.month_reference})"
    )
    sql.plain["part_hit"] = _named_hit(rules.part, ("no", "count"))
    sql.derived["part_no"] = "TRY_CAST(part_hit['no'] AS INTEGER)"
    sql.derived["part_count"] = "TRY_CAST(part_hit['count'] AS INTEGER)"
    sql.derived["child_count"] = f"TRY_CAST({_first_hit(rules.child_count)} AS INTEGER)"
    reversal = " OR ".join(f"regexp_matches(raw_text, {literal(pattern)})" for pattern in rules.reversal)
    sql.derived["is_reversal_text"] = f"coalesce({reversal or 'false'}, false)"
    for name in ("initials", "first_name", "first_name_initial", "birth"):
        hit = _first_hit(getattr(rules, name))
        sql.derived[f"hint_{name}_key"] = f"pseudonym({literal(name)}, hint_text({hit}))"


def _first_hit(patterns: list[str]) -> str:
    """What the first pattern that fits has in its group."""
    hits = [f"nullif(regexp_extract(raw_text, {literal(pattern)}, 1), '')" for pattern in patterns]
    return f"coalesce({', '.join(hits)})" if hits else "CAST(NULL AS VARCHAR)"


def _named_hit(patterns: list[str], names: tuple[str, str]) -> str:
    """The named groups of the first pattern that fits, as a struct; a group that the pattern lacks is ''."""
    whens = []
    for pattern in patterns:
        groups = pattern_groups(pattern)
        values = ", ".join(
            f"'{name}': regexp_extract(raw_text, {literal(pattern)}, {groups[name]})"
            if name in groups
            else f"'{name}': ''"
            for name in names
        )
        whens.append(f"WHEN regexp_matches(raw_text, {literal(pattern)}) THEN {{{values}}}")
    empty = ", ".join(f"'{name}': CAST(NULL AS VARCHAR)" for name in names)
    return f"CASE {' '.join(whens)} ELSE {{{empty}}} END" if whens else f"{{{empty}}}"
