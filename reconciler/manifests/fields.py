"""The JSON Schema of a kind -> the order in which its fields are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reconciler.manifests import schemas
from reconciler.manifests.nodes import Collection, Entry
from reconciler.model.declarations import Kind


@dataclass(slots=True)
class Shape:
    """The fields of a mapping in order, what is below them, and what is below other keys or items.

    A mapping whose keys are names of the publisher's has no order but its own.
    """

    fields: dict[str, "Shape"] = field(default_factory=dict)
    others: "Shape | None" = None
    items: "Shape | None" = None
    ranks: dict[str, int] = field(default_factory=dict)


@cache
def shape(kind: str) -> Shape:
    """The shape of a document of this kind, or of a List of one; empty for an unknown kind."""
    single = kind.removesuffix(schemas.LIST_SUFFIX)
    known = {str(each): each for each in schemas.FILE_BY_KIND}.get(single)
    if known is None:
        return Shape()
    if single == kind:
        return _of(schemas.schema(known), schemas.schema(known)["$defs"])
    return _list(known)


def _list(kind: Kind) -> Shape:
    schema = schemas.item_schema(kind)
    found = Shape({"apiVersion": Shape(), "kind": Shape()})
    found.fields["items"] = Shape(items=_of(schema, schema["$defs"]))
    found.ranks = {name: rank for rank, name in enumerate(found.fields)}
    return found


def _of(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Shape:
    found = Shape()
    if "$ref" in schema:
        _merge(found, _of(definitions[schema["$ref"].rpartition("/")[2]], definitions))
    for way in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(way, ()):
            _merge(found, _of(branch, definitions))
    _merge(found, _own(schema, definitions))
    found.ranks = {name: rank for rank, name in enumerate(found.fields)}
    return found


def _own(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Shape:
    found = Shape()
    for name, below in schema.get("properties", {}).items():
        found.fields[name] = _of(below, definitions)
    if isinstance(schema.get("additionalProperties"), dict):
        found.others = _of(schema["additionalProperties"], definitions)
    if isinstance(schema.get("items"), dict):
        found.items = _of(schema["items"], definitions)
    return found


def _merge(shape: Shape, more: Shape) -> None:
    shape.fields = {**more.fields, **shape.fields} if more.fields else shape.fields
    shape.others = more.others or shape.others
    shape.items = more.items or shape.items


def put_in_order(collection: Collection, shape: Shape) -> None:
    """Sorts the entries of a mapping, and what is below; unknown fields come last, as they were."""
    ranks = shape.ranks
    if ranks and collection.is_mapping:
        last = len(ranks)

        def rank(entry: Entry) -> int:
            return ranks.get(entry.key or "", last)

        collection.entries.sort(key=rank)
    for entry in collection.entries:
        if isinstance(entry.value, Collection):
            below = shape.items if entry.key is None else shape.fields.get(entry.key, shape.others)
            if below is not None:
                put_in_order(entry.value, below)
