"""The server's routes -> the page of the API."""

from pathlib import Path
from typing import Any

from handbook.markdown import code, page, prose, table
from handbook.schemas import fields
from reconciler.web.api import ROUTES
from reconciler.web.openapi import document

_INTRODUCTION = """\
Every route of `reconciler serve`, as a server describes them itself at `/api/v1/openapi.json`.
How to ask, what lists and entity tags are, and what refusals mean is told on the page
[The HTTP API](../http-api.md).

These fields stay. Others may be added, so a program leaves alone what it does not know."""
_PARAMETERS = ("parameter", "in", "meaning")
_FIELDS = ("field", "type", "meaning")


def api(top: Path) -> str:
    """The whole page, in the order of paths; `top` is not needed, but for all pages alike."""
    del top
    made = document(ROUTES)
    schemas = made["components"]["schemas"]
    sections = [
        _section(method, path, operation, schemas)
        for path, methods in sorted(made["paths"].items())
        for method, operation in methods.items()
    ]
    return page("API", _INTRODUCTION, *sections)


def _section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    parts = [
        f"## {operation['operationId']}",
        f"`{method.upper()} {path}`",
        f"{prose(operation['summary'])} {operation['description']}",
    ]
    if operation["parameters"]:
        rows = [
            (code(one["name"]), one["in"], prose(one["description"]))
            for one in operation["parameters"]
        ]
        parts.append(table(_PARAMETERS, rows))
    for words, content in (
        ("The body:", operation.get("requestBody", {}).get("content", {})),
        ("The answer:", _answer(operation)),
    ):
        found = next((media["schema"]["$ref"] for media in content.values() if media), None)
        if found is not None:
            parts += [words, _fields(schemas[found.rpartition("/")[2]])]
    return "\n\n".join(parts)


def _answer(operation: dict[str, Any]) -> dict[str, Any]:
    good = min(status for status in operation["responses"] if status.startswith("2"))
    found: dict[str, Any] = operation["responses"][good].get("content", {})
    return found


def _fields(schema: dict[str, Any]) -> str:
    rows = [(code(field.path), field.type, prose(field.description)) for field in fields(schema)]
    return table(_FIELDS, rows)
