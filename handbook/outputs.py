"""The schemas of what commands print -> the page of JSON fields."""

import json
from pathlib import Path

from handbook.markdown import code, page, prose, table
from handbook.schemas import fields

_HEAD = ("field", "type", "meaning")
_INTRODUCTION = """\
The fields of `--format json`, command by command, as their JSON Schemas have them; the schemas
lie in `schemas/output/`, for programs that check what they read. A field whose type is a list
of types with `null` may be null. How a script uses them, with an example of each, is told on
the page [JSON](../json.md).

These fields stay. Others may be added, so a program leaves alone what it does not know."""


def outputs(top: Path) -> str:
    """The whole page, commands in the order of the alphabet; `top` holds schemas/."""
    return page("JSON fields", _INTRODUCTION, *map(_section, sorted(_paths(top))))


def _paths(top: Path) -> list[Path]:
    return list((top / "schemas" / "output").glob("*.schema.json"))


def _section(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    rows = [(code(field.path), field.type, prose(field.description)) for field in fields(schema)]
    command = path.name.removesuffix(".schema.json")
    return f"## {command}\n\n{schema['description']}\n\n{table(_HEAD, rows)}"
