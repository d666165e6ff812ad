"""The bytes of CSV and JSON files -> tables of rows that know where they stand."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from reconciler.estate.json_text import DECODER, LENIENT, JsonText
from reconciler.model.findings import Finding, Severity

RULE = "import"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account", "name", "time_zone", "status", "environments", "labels"),
    "packs": (
        "pack", "name", "description", "attachment", "components", "installation", "user", "email",
    ),
    "components": ("component", "version", "type", "shareable", "content", "notes", "contains"),
    "releases": ("pack", "version", "components", "date", "notes"),
    "groups": ("group", "accounts", "packs", "install"),
    "attachments": (
        "account", "pack", "release", "instance", "environments", "extensions", "origin",
        "account_name", "account_time_zone", "pack_name",
    ),
}  # fmt: skip
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account",),
    "packs": ("pack",),
    "components": ("component", "version"),
    "releases": ("pack", "version", "components"),
    "groups": ("group", "packs"),
    "attachments": ("account", "pack", "release"),
}
_DELIMITERS = (",", ";", "\t")
_OTHER = re.compile(r"[^a-z0-9]+")
_LINE_ENDS = re.compile("\r\n|\r|\n")
MAX_COMPLAINTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a table stands: its file, and for each row its line; `text` to find columns in."""

    file: str
    delimiter: str | None = None
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: `values` by column, empty ones left out; texts in CSV, anything in JSON."""

    values: Mapping[str, Any]
    place: Place
    line: int
    column: int = 1


@dataclass(slots=True, kw_only=True)
class Tables:
    """All rows by table, and what is wrong with them; of that only the first hundred."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    time_zone: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def complain(self, row: Row, column: str, message: str, hint: str | None = None) -> None:
        """An error at the column of a row."""
        self._add(replace(self.place(row, column), message=message, hint=hint))

    def complain_of_file(
        self, file: str, line: int, message: str, hint: str | None = None, column: int = 1
    ) -> None:
        """An error at a place that is no row."""
        self._add(_error(file, line, column, message, hint))

    def place(self, row: Row, column: str) -> Finding:
        """A finding without words at the column of a row."""
        return _error(row.place.file, row.line, _column(row, column))

    def _add(self, found: Finding) -> None:
        if len(self.findings) < MAX_COMPLAINTS:
            self.findings.append(found)


def _error(
    path: str, line: int, column: int, message: str = "", hint: str | None = None
) -> Finding:
    return Finding(
        path=path,
        line=line,
        column=column,
        rule=RULE,
        severity=Severity.ERROR,
        message=message,
        hint=hint,
    )


def read_tables(files: Iterable[tuple[str, bytes]]) -> Tables:
    """The tables in files given by name; what can't be read is a finding.

    A .json file holds tables by name, or one list; any other name says which table it holds, and
    one that says nothing holds attachments.
    """
    tables = Tables()
    for name, content in files:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            hint = "save it as UTF-8; spreadsheets call it CSV UTF-8."
            tables.complain_of_file(name, 1, "the file is not UTF-8.", hint)
            continue
        if text.lstrip()[:1] in ("{", "["):
            _read_json(tables, name, text)
        elif text.strip():
            _read_csv(tables, name, text)
        else:
            hint = "a table without rows has a header all the same."
            tables.complain_of_file(name, 1, "the file is empty.", hint)
    return tables


def _table_name(file: str) -> str:
    stem = file.replace("\\", "/").rpartition("/")[2].partition(".")[0].casefold()
    return stem if stem in COLUMNS else "attachments"


def _read_csv(tables: Tables, file: str, text: str) -> None:
    lines = tuple(_LINE_ENDS.split(text))
    header = next(line for line in lines if line.strip())
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table, before = _table_name(file), 0
    columns: tuple[str, ...] | None = None
    place = Place(file=file)
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = tuple(
                    _OTHER.sub("_", cell.strip().casefold()).strip("_")
                    if not cell.strip().startswith("#")
                    else "#"
                    for cell in cells
                )
                place = Place(file=file, delimiter=delimiter, lines=lines, columns=columns)
                if not _known_columns(tables, place, table, line):
                    return
                continue
            if any(cell.strip() for cell in cells[len(columns) :]):
                message = f"the row has {len(cells)} fields, the header {len(columns)}."
                hint = "quote fields that hold the delimiter."
                tables.complain_of_file(file, line, message, hint)
                continue
            values = {
                column: cell.strip()
                for column, cell in zip(columns, cells, strict=False)
                if cell.strip() and column != "#"
            }
            row = Row(values=values, place=place, line=line)
            if "" in values:
                hint = "name it in the header; what begins with # is passed over."
                tables.complain(row, "", "the field stands in a column without a name.", hint)
                continue
            tables.rows[table].append(row)
    except csv.Error as error:
        tables.complain_of_file(file, before + 1, f"the file is no CSV: {error}.")


def _known_columns(tables: Tables, place: Place, table: str, line: int) -> bool:
    """Whether the header says what the table needs, and nothing that nobody reads."""
    before = len(tables.findings)
    known = COLUMNS[table]
    header = Row(values={}, place=place, line=line)
    for column in dict.fromkeys(place.columns):
        if column in ("#", ""):  # spreadsheets leave columns without a name behind the last
            continue
        if column not in known:
            message = f'{table} has no column "{column}".'
            tables.complain(header, column, message, _nearest(column, table))
        elif place.columns.count(column) > 1:
            tables.complain(header, column, f'the column "{column}" stands there twice.')
    for column in REQUIRED[table]:
        if column not in place.columns and len(tables.findings) == before:
            hint = f"{table} needs {', '.join(REQUIRED[table])}."
            tables.complain(header, "", f'the column "{column}" is missing.', hint)
    return len(tables.findings) == before


def _read_json(tables: Tables, file: str, text: str) -> None:
    if text.lstrip().startswith("{") and _is_json_lines(text):
        for number, told in enumerate(text.split("\n"), 1):
            if told.strip():
                _add_json(tables, _table_name(file), Place(file=file), told, number)
        return
    try:
        for table, value, line, column in _told(text, _table_name(file)):
            if table == "publisher" and isinstance(value, dict):
                zone = value.get("time_zone")
                tables.time_zone = zone if isinstance(zone, str) else None
            elif table not in COLUMNS:
                hint = f"the tables are {', '.join(COLUMNS)}, each a list."
                tables.complain_of_file(file, line, f'there is no table "{table}".', hint)
            else:
                _add_row(tables, table, value, Place(file=file), line, column)
    except RecursionError:
        tables.complain_of_file(file, 1, "the file is nested too deeply.")
    except json.JSONDecodeError as error:
        said = f"{error.msg}."
        tables.complain_of_file(file, error.lineno, "the file is no JSON.", said, error.colno)


def _is_json_lines(text: str) -> bool:
    """Whether the first line is an object of its own."""
    first, _, rest = text.strip().partition("\n")
    try:
        return isinstance(LENIENT.decode(first), dict) and bool(rest)
    except (ValueError, RecursionError):
        return False


def _told(text: str, table: str) -> Iterator[tuple[str, Any, int, int]]:
    """Table, row, and its line and column; what is no list of rows comes as a whole."""
    reader = JsonText(text)
    if reader.next() == "[":
        for value in reader.items():
            yield table, value, *reader.place
        reader.end()
        return
    found: dict[str, Any] | None = {} if LENIENT.decode(text).keys() & _KNOWN else None
    if found is None:
        yield table, reader.value(), 1, 1
        return
    for key in reader.names():
        if reader.next() == "[" and key in COLUMNS:
            for value in reader.items():
                yield key, value, *reader.place
        else:
            yield key if key not in COLUMNS else f"{key}, which is no list", reader.value(), 1, 1
    reader.end()


def _add_json(tables: Tables, table: str, place: Place, text: str, line: int) -> None:
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        said = f"{error.msg}." if isinstance(error, json.JSONDecodeError) else None
        tables.complain_of_file(place.file, line, "the line is no JSON object.", said)
        return
    _add_row(tables, table, value, place, line, 1)


def _add_row(tables: Tables, table: str, values: Any, place: Place, line: int, column: int) -> None:
    if not isinstance(values, dict):
        tables.complain_of_file(place.file, line, "a row is an object.", column=column)
        return
    kept = {key: value for key, value in values.items() if value not in (None, "", [], {})}
    row = Row(values=kept, place=place, line=line, column=column)
    for key in values:
        if key not in COLUMNS[table] and not key.startswith("#"):
            tables.complain(row, key, f'{table} has no field "{key}".', _nearest(key, table))
            return
    tables.rows[table].append(row)


def _nearest(name: str, table: str) -> str:
    near = get_close_matches(name, COLUMNS[table], n=1)
    told = f"did you mean {near[0]}?" if near else f"it has {', '.join(COLUMNS[table])}."
    return f"{told} What begins with # is passed over."


_KNOWN = {*COLUMNS, "publisher"}


def _column(row: Row, column: str) -> int:
    """The column, from 1, in which the field begins on its line; else the row's."""
    place = row.place
    if place.delimiter is None or column not in place.columns or row.line > len(place.lines):
        return row.column
    text, wanted, quoted = place.lines[row.line - 1], place.columns.index(column), False
    starts = [0]
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == place.delimiter and not quoted:
            starts.append(at + 1)
    return starts[wanted] + 1 if wanted < len(starts) else row.column
