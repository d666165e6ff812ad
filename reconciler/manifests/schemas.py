"""The JSON Schemas of the kinds: their texts as shipped, and the one for editors made from them."""

import hashlib
import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.errors import UsageError
from reconciler.model.declarations import Kind

API_VERSION = "reconciler/v1"
LIST_SUFFIX = "List"
_SUFFIX = ".schema.json"
_PACKAGE = Path(__file__).resolve().parent.parent

FILE_BY_KIND: Mapping[Kind, str] = {
    Kind.PUBLISHER: "publisher",
    Kind.PACKAGED_COMPONENT: "packaged-component",
    Kind.PUBLISHED_PROCESS: "published-process",
    Kind.INTEGRATION_PACK: "integration-pack",
    Kind.MANAGED_ACCOUNT: "managed-account",
    Kind.ACCOUNT_GROUP: "account-group",
    Kind.PROCESS_TEMPLATE: "process-template",
    Kind.RELEASE: "release",
    Kind.ATTACHMENT: "attachment",
}


def schema_names() -> tuple[str, ...]:
    """The kinds that have a schema, as schema_text() takes them."""
    return tuple(str(kind) for kind in FILE_BY_KIND)


def schema_text(kind: str | None = None) -> str:
    """The JSON Schema of a kind as it is shipped; None: the one for all kinds, for editors.

    The kind may be written in any case. Raises UsageError for a kind that does not exist.
    """
    if kind is None:
        return _text("manifest")
    found = {str(known).casefold(): known for known in FILE_BY_KIND}.get(kind.casefold())
    if found is None:
        raise UsageError(f"there is no kind {kind!r}.", nearest_kind(kind))
    return _text(FILE_BY_KIND[found])


def schema_file(kind: Kind) -> str:
    """The name of the file that holds the schema of a kind."""
    return f"{FILE_BY_KIND[kind]}{_SUFFIX}"


def schema_files() -> Mapping[str, str]:
    """Name -> text of every schema as a file, the one for all kinds included."""
    return {f"{file}{_SUFFIX}": _text(file) for file in (*FILE_BY_KIND.values(), "manifest")}


def nearest_kind(kind: str) -> str:
    """The hint for a kind that does not exist: the nearest one, or all of them."""
    names = [name + suffix for name in schema_names() for suffix in ("", LIST_SUFFIX)]
    by_lower = {name.casefold(): name for name in names}
    near = get_close_matches(kind[:100].casefold(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"did you mean {by_lower[near[0]]}?"
    return f"the kinds are {', '.join(schema_names())}, and each with {LIST_SUFFIX} behind it."


def schema_document(name: str) -> str:
    """The text of any schema that is shipped: its path below schemas/ without the suffix."""
    return _text(name)


@cache
def _text(file: str) -> str:
    """Installed, the schemas lie inside the package; in a checkout, beside it."""
    installed = _PACKAGE / "schemas"
    folder = installed if installed.is_dir() else _PACKAGE.parent / "schemas"
    return (folder / f"{file}{_SUFFIX}").read_text(encoding="utf-8")


@cache
def schema(kind: Kind) -> Mapping[str, Any]:
    """The schema of a whole document of the kind."""
    loaded: Mapping[str, Any] = json.loads(_text(FILE_BY_KIND[kind]))
    return loaded


@cache
def item_schema(kind: Kind) -> Mapping[str, Any]:
    """The schema of one item of the kind's List: a document without apiVersion and kind."""
    return {key: value for key, value in _as_item(schema(kind)).items() if key != "$id"}


@cache
def digest() -> str:
    """A digest over all schemas; it changes when what is valid may have changed."""
    texts = "\0".join(_text(file) for file in FILE_BY_KIND.values())
    return hashlib.sha256(texts.encode()).hexdigest()


def _as_item(document: Mapping[str, Any]) -> dict[str, Any]:
    envelope = ("apiVersion", "kind")
    return {
        **document,
        "properties": {k: v for k, v in document["properties"].items() if k not in envelope},
        "required": [name for name in document["required"] if name not in envelope],
    }


def bundle_text() -> str:
    """What manifest.schema.json holds: every kind and its List, referring to no other file."""
    shared: dict[str, Any] = {}
    whole: dict[str, Any] = {}
    for kind in FILE_BY_KIND:
        own = dict(schema(kind))
        shared.update(own.pop("$defs"))
        for key in ("$schema", "$id"):
            own.pop(key)
        whole[kind] = own
        whole[kind + LIST_SUFFIX] = _list_schema(kind, own)
    kinds = list(whole)
    bundle = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": str(schema(Kind.PUBLISHER)["$id"]).replace("publisher", "manifest"),
        "title": "Manifest",
        "description": "Any manifest of the integration pack reconciler; the kind says which.",
        "type": "object",
        "properties": {
            "apiVersion": {
                "description": "The version of this format; always reconciler/v1.",
                "const": API_VERSION,
            },
            "kind": {"description": "What the document declares.", "enum": kinds},
        },
        "required": ["apiVersion", "kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
            for kind in kinds
        ],
        "$defs": {**whole, **shared},
    }
    return json.dumps(bundle, indent=2, ensure_ascii=False) + "\n"


def _list_schema(kind: Kind, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": kind + LIST_SUFFIX,
        "description": f"Many documents of kind {kind} in one, each without apiVersion and kind.",
        "type": "object",
        "properties": {
            "apiVersion": document["properties"]["apiVersion"],
            "kind": {"description": "What the items declare.", "const": kind + LIST_SUFFIX},
            "items": {
                "description": "The documents, each with metadata and spec.",
                "type": "array",
                "items": _as_item(document),
            },
        },
        "required": ["apiVersion", "kind", "items"],
        "additionalProperties": False,
    }
