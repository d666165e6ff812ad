"""The schemas of the manifests -> the page of kinds and their fields."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from handbook.markdown import block, code, page, prose, table
from handbook.schemas import Schema, fields
from reconciler.model.declarations import Kind

_HEAD = ("field", "type", "required", "default", "meaning")
# A manifest of example-repo/ for each kind, shown below its fields.
_EXAMPLES = {
    Kind.PUBLISHER: "publisher.yaml",
    Kind.PACKAGED_COMPONENT: "components/stock-sync/2.1/component.yaml",
    Kind.PUBLISHED_PROCESS: "components/dunning/revision-15.yaml",
    Kind.INTEGRATION_PACK: "packs/order-to-cash.yaml",
    Kind.MANAGED_ACCOUNT: "accounts/globex.yaml",
    Kind.ACCOUNT_GROUP: "groups/partners.yaml",
    Kind.PROCESS_TEMPLATE: "library/csv-to-orders.yaml",
    Kind.RELEASE: "releases/stock-levels/2.1.0.yaml",
    Kind.ATTACHMENT: "attachments/globex/stock-levels.yaml",
}
_MODELINE = re.compile(r"^# yaml-language-server:.*\n", re.MULTILINE)
_INTRODUCTION = """\
Every manifest begins with `apiVersion: reconciler/v1` and its `kind`; the other fields follow
here, kind by kind. A field that is not in these tables is a finding
([`schema`](../rules.md#schema)), and so is one that is missing where *required* says yes;
inside a mapping or an item that may be left out, yes means: if that is there. `[]` stands for
each item of a list, and NAME for a key of your choice. Quote versions: YAML takes a bare `1.10`
for a number.

A kind with the suffix `List` holds many documents of that kind under `items`, each with its
`metadata` and `spec`, and has neither of its own.

What must be true between manifests is told by the [rules](rules.md). For an editor that
completes and checks while you type, `reconciler schema KIND` prints the schemas that these
tables are made of."""


def manifests(top: Path) -> str:
    """The whole page, kinds in the order of the model; `top` holds schemas/."""
    schemas = {schema["title"]: schema for schema in _schemas(top / "schemas")}
    sections = (f"{_section(schemas[kind.value])}\n\n{_example(top, kind)}" for kind in Kind)
    return page("Manifests", _INTRODUCTION, *sections)


def _schemas(folder: Path) -> Iterator[Schema]:
    for path in folder.glob("*.schema.json"):
        yield json.loads(path.read_text(encoding="utf-8"))


def _section(schema: Schema) -> str:
    rows = [
        (
            code(field.path),
            field.type,
            "yes" if field.required else "",
            field.default,
            prose(field.description),
        )
        for field in fields(schema, skip=frozenset({"apiVersion", "kind"}))
    ]
    return f"## {schema['title']}\n\n{prose(schema['description'])}\n\n{table(_HEAD, rows)}"


def _example(top: Path, kind: Kind) -> str:
    path = f"example-repo/{_EXAMPLES[kind]}"
    text = _MODELINE.sub("", (top / path).read_text(encoding="utf-8"))
    return f"Such as [{path}](../../{path}):\n\n{block(text, 'yaml')}"
