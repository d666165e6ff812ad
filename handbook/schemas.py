"""A JSON Schema -> its fields, one row each, with whatever limits them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handbook.markdown import code

Schema = Mapping[str, Any]

_LENGTHS = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
    ("minProperties", "maxProperties", "entries"),
    ("minimum", "maximum", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`path`: dots between names, [] for an item, NAME for a key that is data.

    `type` and `default` are Markdown; the default is empty where there is none.
    """

    path: str
    type: str
    required: bool
    default: str
    description: str


def fields(schema: Schema, skip: frozenset[str] = frozenset()) -> list[Field]:
    """The fields at any depth, in the order of the schema, without those at the top in `skip`."""
    properties = {k: v for k, v in schema.get("properties", {}).items() if k not in skip}
    return list(_below({**schema, "properties": properties}, "", schema))


def _below(schema: Schema, prefix: str, root: Schema) -> Iterator[Field]:
    """The fields of an object, of the items of a list, of the values of a mapping."""
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        found = _resolved(part, root)
        path = f"{prefix}{name}"
        yield Field(
            path=path,
            type=_type(found, root),
            required=name in required,
            default=code(found["default"]) if "default" in found else "",
            description=found.get("description", ""),
        )
        yield from _inside(found, path, root)


def _inside(schema: Schema, path: str, root: Schema) -> Iterator[Field]:
    for choice in (schema, *_choices(schema)):
        found = _resolved(choice, root)
        yield from _below(found, f"{path}.", root)
        if "items" in found:
            yield from _inside(_resolved(found["items"], root), f"{path}[]", root)
        values = found.get("additionalProperties")
        if isinstance(values, dict):
            yield from _inside(_resolved(values, root), f"{path}.NAME", root)


def _choices(schema: Schema) -> tuple[Schema, ...]:
    return (*schema.get("oneOf", ()), *schema.get("anyOf", ()))


def _resolved(schema: Schema, root: Schema) -> Schema:
    """With what its $ref refers to; what stands beside the reference comes first."""
    if "$ref" not in schema:
        return schema
    found: Any = root
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_resolved(found, root), **beside}


def _type(schema: Schema, root: Schema) -> str:
    """The type with its limits, such as: string, at most 200 characters."""
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return " or ".join(code(value) for value in schema["enum"])
    choices = [_resolved(choice, root) for choice in _choices(schema)]
    named = schema.get("type")
    if named is None and choices:
        return " or ".join(dict.fromkeys(_type(choice, root) for choice in choices))
    names = [named] if isinstance(named, str) else list(named or ["any value"])
    return ", ".join([" or ".join(_named(name, schema, root) for name in names), *_limits(schema)])


def _named(name: str, schema: Schema, root: Schema) -> str:
    if name == "array" and "items" in schema:
        return f"list of {_type(_resolved(schema['items'], root), root)}"
    values = schema.get("additionalProperties")
    if name == "object" and isinstance(values, dict):
        return f"mapping to {_type(_resolved(values, root), root)}"
    return {"array": "list", "object": "mapping"}.get(name, name)


def _limits(schema: Schema) -> Iterator[str]:
    """In words; what the schema says of its own pattern in a comment is said instead of it."""
    if "$comment" in schema:
        yield schema["$comment"]
        return
    for least, most, unit in _LENGTHS:
        low, high = schema.get(least), schema.get(most)
        if high is not None:
            span = f"{low:,} to {high:,}" if low else f"at most {high:,}"
            yield f"{span} {unit}".rstrip()
        elif low == 1 and unit:
            yield "not empty"
        elif low is not None:
            yield f"at least {low:,} {unit}".rstrip()
    if "pattern" in schema:
        yield f"matches {code(schema['pattern'])}"
    if schema.get("uniqueItems"):
        yield "no item twice"
