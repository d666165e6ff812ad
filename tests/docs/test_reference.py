"""The reference says what the code says, and names nothing that is not there."""

from pathlib import Path

import click
import pytest

from handbook.commands import commands as page_of_commands
from handbook.pages import PAGES
from handbook.schemas import fields
from reconciler.cli.application import commands

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_what_the_code_gives(path: str) -> None:
    written = (TOP / path).read_text(encoding="utf-8")
    assert written == PAGES[path](TOP), f"{path} is out of date: make golden"


def test_every_option_of_every_command_is_in_the_reference() -> None:
    page = page_of_commands(TOP)
    for path, command in _leaves(commands, ""):
        section = page.partition(f"# {path}\n")[2].partition("\n## ")[0]
        names = [name for param in command.params for name in param.opts if name[0] == "-"]
        assert [name for name in names if f"`{name}`" not in section] == [], path


def _leaves(group: click.Group, above: str) -> list[tuple[str, click.Command]]:
    context, found = click.Context(group), list[tuple[str, click.Command]]()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = f"{above} {name}".strip()
        found += _leaves(command, path) if isinstance(command, click.Group) else [(path, command)]
    return found


def test_a_field_is_told_with_all_that_its_schema_says() -> None:
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"$ref": "#/$defs/name", "description": "Its name."},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
            "parts": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {"size": {"type": "integer", "minimum": 0, "default": 7}},
                },
            },
            "when": {"oneOf": [{"const": "now"}, {"properties": {"date": {"type": "string"}}}]},
        },
        "$defs": {"name": {"type": "string", "maxLength": 63}},
    }
    told = [(f.path, f.type, f.required, f.default, f.description) for f in fields(schema)]
    assert told == [
        ("name", "string, at most 63 characters", True, "", "Its name."),
        ("tags", "list of string, 1 to 3 items", False, "", ""),
        ("parts", "mapping to mapping", False, "", ""),
        ("parts.NAME.size", "integer, at least 0", False, "`7`", ""),
        ("when", "`now` or any value", False, "", ""),
        ("when.date", "string", False, "", ""),
    ]


def test_no_page_of_fields_has_a_field_twice() -> None:
    for path in ("docs/reference/manifests.md", "docs/reference/json.md"):
        for section in PAGES[path](TOP).split("\n## ")[1:]:
            rows = [line.split(" | ")[0] for line in section.splitlines() if line[:3] == "| `"]
            assert len(rows) == len(set(rows)), section.partition("\n")[0]
