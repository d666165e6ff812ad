"""One error of the JSON Schema validator -> what a publisher reads: message, place, hint."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Protocol

from reconciler.manifests.troubles import quoted, shown

Pointer = tuple[str | int, ...]

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}
_MAX_UNKNOWN = 20


class SchemaError(Protocol):
    """What jsonschema.ValidationError has; the library itself is imported only when needed."""

    instance: Any
    message: str
    schema: Any
    validator: Any
    validator_value: Any

    @property
    def absolute_path(self) -> Any:
        """The steps from the document to the instance."""
        ...

    @property
    def absolute_schema_path(self) -> Any:
        """The steps from the schema to the keyword."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What the schema says about one place; the pointer leads from the document.

    `quote` marks a value that was meant as text, so that the hint can show it as it was written.
    """

    pointer: Pointer
    message: str
    hint: str | None = None
    quote: bool = False


def complaints(error: SchemaError) -> Iterator[Complaint]:
    """What to say about one error; several for one error about several fields."""
    pointer = tuple(error.absolute_path)
    write = _WRITERS.get(str(error.validator), _other)
    yield from write(error, pointer)


def field(pointer: Pointer) -> str:
    """The place as it may stand in a message, such as spec.packs[2].install."""
    text = ""
    for step in pointer[-8:]:
        text += f"[{step}]" if isinstance(step, int) else f".{shown(step)}"
    return text.removeprefix(".") or "the document"


def _schema(error: SchemaError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _unknown(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    known = list(_schema(error).get("properties", {}))
    extra = [key for key in error.instance if key not in known]
    for key in extra[:_MAX_UNKNOWN]:
        yield Complaint(
            pointer=(*pointer, key),
            message=f"{field((*pointer, key))} is no field of this kind.",
            hint=_unknown_hint(key, known, of_item=not pointer),
        )


def _unknown_hint(key: str, known: list[str], *, of_item: bool) -> str:
    if of_item and key in ("apiVersion", "kind"):
        return "take it out: the List says it for all its items."
    return did_you_mean(key, known) or f"the fields here are {', '.join(known)}."


def did_you_mean(word: object, known: list[str]) -> str | None:
    """A hint with the nearest of the known words, or None."""
    by_lower = {str(name).casefold(): str(name) for name in known}
    near = get_close_matches(shown(word).casefold(), by_lower, n=1, cutoff=0.6)
    return f"did you mean {by_lower[near[0]]}?" if near else None


def _missing(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    for name in error.validator_value:
        if name in error.instance:
            continue
        about = _schema(error).get("properties", {}).get(name, {}).get("description")
        yield Complaint(
            pointer=(*pointer, name),
            message=f"{field((*pointer, name))} is missing.",
            hint=f"{name}: {about}" if about else None,
        )


def _half(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    for name, others in error.validator_value.items():
        for other in others:
            if name in error.instance and other not in error.instance:
                yield Complaint(
                    pointer=(*pointer, other),
                    message=f"{field((*pointer, other))} is missing: {name} needs it.",
                    hint=_schema(error).get("$comment"),
                )


def _type(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    value = error.instance
    wanted = error.validator_value
    types = [wanted] if isinstance(wanted, str) else list(wanted)
    comment = _schema(error).get("$comment")
    names = comment or " or ".join(_TYPES[name] for name in types)
    if "enum" in _schema(error):
        return  # the keyword enum tells it
    if value is None:
        hint = f"write {names}, or take the field out."
        yield Complaint(pointer=pointer, message=f"{field(pointer)} is empty.", hint=hint)
        return
    simple = isinstance(value, bool | int | float)
    unfit = simple and _is_unfit(str(value), types, error)
    repair = None if unfit else _repair(value, types)
    yield Complaint(
        pointer=pointer,
        message=f"{field(pointer)} is {_described(value)}, not {names}.",
        hint=repair,
        quote=simple and repair is not None and "string" in types,
    )


def _is_unfit(text: str, types: list[str], error: SchemaError) -> bool:
    """Whether text of one form beside something else, such as a limit, is not what was meant."""
    return len(types) > 1 and not re.search(_schema(error).get("pattern", ""), text)


def _described(value: object) -> str:
    if isinstance(value, bool):
        return f"the value {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    return f"the text {quoted(value)}" if isinstance(value, str) else shown(value)


def _repair(value: object, types: list[str]) -> str | None:
    if isinstance(value, str):
        if "array" in types:
            return f"write a list: [{shown(value)}]"
        if "boolean" in types:
            return "write true or false, without quotation marks."
        if "integer" in types:
            return "write a whole number, without quotation marks."
        return None
    if isinstance(value, float) and "integer" in types and "string" not in types:
        return "write it without a fraction."
    if isinstance(value, bool | int | float) and "string" in types:
        return f'quote it: "{shown(value)}"'
    return None


def _choice(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    fixed = error.validator == "const"
    known = [error.validator_value] if fixed else list(error.validator_value)
    texts = [shown(value) for value in known]
    hint = did_you_mean(error.instance, texts) if isinstance(error.instance, str) else None
    if error.instance is None:
        message = f"{field(pointer)} is empty."
    else:
        message = f"{field(pointer)} can't be {quoted(error.instance)}."
    choices = f"write {texts[0]}." if fixed else f"it is one of {', '.join(texts)}."
    yield Complaint(pointer=pointer, message=message, hint=hint or choices)


def _pattern(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    wanted = _schema(error).get("$comment", "a text of another form")
    in_name = "propertyNames" in error.absolute_schema_path
    place = (*pointer, error.instance) if in_name else pointer
    what = f"the key {quoted(error.instance)}" if in_name else quoted(error.instance)
    where = "" if in_name else f"{field(place)}: "
    yield Complaint(pointer=place, message=f"{where}{what} is not {wanted}.")


def _length(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    length, bound = len(error.instance), error.validator_value
    units = {"Length": "characters", "Items": "items", "Properties": "fields"}
    unit = units[str(error.validator)[3:]]
    in_name = "propertyNames" in error.absolute_schema_path
    what = f"the key {quoted(error.instance)}" if in_name else field(pointer)
    if str(error.validator).startswith("min"):
        message = f"{what} is empty." if length == 0 else f"{what} has {length:,} {unit}."
        hint = f"at least {bound:,} {unit.removesuffix('s') if bound == 1 else unit}."
    else:
        wanted = _schema(error).get("$comment")
        message, hint = f"{what} has {length:,} {unit}.", f"at most {bound:,} {unit}"
        hint += f"; write {wanted}." if wanted else "."
    yield Complaint(pointer=pointer, message=message, hint=hint)


def _minimum(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    message = f"{field(pointer)} is {shown(error.instance)}."
    yield Complaint(pointer=pointer, message=message, hint=f"at least {error.validator_value}.")


def _repeated(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, item in enumerate(error.instance):
        if isinstance(item, str) and item in seen:
            message = f"{field(pointer)} lists {quoted(item)} twice."
            yield Complaint(pointer=(*pointer, index), message=message, hint="keep one of them.")
            return
        if isinstance(item, str):
            seen.add(item)
    yield Complaint(pointer=pointer, message=f"{field(pointer)} lists something twice.")


def _alternatives(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    wanted = _schema(error).get("$comment", "it fits none of the forms that it may have")
    yield Complaint(pointer=pointer, message=f"{field(pointer)}: {wanted}.")


def _other(error: SchemaError, pointer: Pointer) -> Iterator[Complaint]:
    yield Complaint(pointer=pointer, message=f"{field(pointer)}: {shown(error.message)}.")


_WRITERS: Mapping[str, Callable[[SchemaError, Pointer], Iterator[Complaint]]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "dependentRequired": _half,
    "type": _type,
    "enum": _choice,
    "const": _choice,
    "pattern": _pattern,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "maxProperties": _length,
    "minimum": _minimum,
    "uniqueItems": _repeated,
    "oneOf": _alternatives,
    "anyOf": _alternatives,
}


def with_written(complaint: Complaint, written: str) -> Complaint:
    """The complaint, its hint quoting what the file has: 1.10, where the value is 1.1."""
    last = complaint.pointer[-1] if complaint.pointer else ""
    key = f"{shown(last)}: " if isinstance(last, str) and last else ""
    return replace(complaint, hint=f'quote it: {key}"{shown(written)}"')
