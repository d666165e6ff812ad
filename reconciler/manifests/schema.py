"""Plain data of one document -> complaints, by the JSON Schema of its kind (rule schema).

A fast validator decides; the slower one, which knows what to say, sees only what the fast one
refused, and documents with numbers such as 2.0, which JSON Schema takes for integers; we do not.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Protocol

from reconciler.manifests import schemas
from reconciler.manifests.complaints import Complaint, complaints
from reconciler.model.declarations import Kind

MAX_COMPLAINTS = 20


class Gate(Protocol):
    """The fast validator."""

    def is_valid(self, instance: Any) -> bool:
        """Whether the instance fits the schema."""
        ...


def schema_complaints(
    kind: Kind, document: Mapping[str, Any], *, item: bool, whole_decimals: bool
) -> list[Complaint]:
    """Everything that the schema of `kind` has against a document, in order of place.

    `item` says that it is an item of a List; `whole_decimals` that its document holds numbers such
    as 2.0.
    """
    if fits(kind, document, item=item, whole_decimals=whole_decimals):
        return []
    errors = islice(authority(kind, item).iter_errors(document), 5 * MAX_COMPLAINTS)
    found = {
        (complaint.pointer, complaint.message): complaint
        for error in errors
        for complaint in complaints(error)
    }
    ordered = sorted(found.values(), key=lambda complaint: _sort_key(complaint.pointer))
    if len(ordered) > MAX_COMPLAINTS:
        more = len(ordered) - MAX_COMPLAINTS + 1
        message = f"there is more that does not fit in this document, {more:,} places at least."
        ordered[MAX_COMPLAINTS - 1 :] = [Complaint(pointer=(), message=message)]
    return ordered


def fits(kind: Kind, document: Mapping[str, Any], *, item: bool, whole_decimals: bool) -> bool:
    """Whether schema_complaints() would be empty, told as fast as can be."""
    if not gate(kind, item).is_valid(document):
        return False
    if whole_decimals and _wants_integers(kind) and _has_decimal(document):
        return bool(authority(kind, item).is_valid(document))
    return True


def _sort_key(pointer: tuple[str | int, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(s, str), 0 if isinstance(s, str) else s, str(s)) for s in pointer)


@cache
def _wants_integers(kind: Kind) -> bool:
    return '"integer"' in schemas.schema_text(kind)


def _has_decimal(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_decimal, value.values()))
    if isinstance(value, list):
        return any(map(_has_decimal, value))
    return isinstance(value, float)


def _schema(kind: Kind, item: bool) -> Mapping[str, Any]:
    return schemas.item_schema(kind) if item else schemas.schema(kind)


@cache
def gate(kind: Kind, item: bool = False) -> Gate:
    """The validator that only says yes or no."""
    import jsonschema_rs

    checked: Gate = jsonschema_rs.Draft202012Validator(dict(_schema(kind, item)))
    return checked


@cache
def authority(kind: Kind, item: bool = False) -> Any:
    """The jsonschema validator whose errors are put into words."""
    return _validator_class()(_schema(kind, item))


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        validators={"pattern": _pattern, "uniqueItems": _unique},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
    )


def _is_integer(checker: object, instance: object) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


def _pattern(
    validator: Any, pattern: str, instance: object, schema: Mapping[str, Any]
) -> Iterator[Any]:
    """`pattern` as the fast validator and editors read it: $ is the very end, classes are ASCII.

    A text over maxLength has its own error, and is not offered to the expression at all.
    """
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, str) or len(instance) > schema.get("maxLength", len(instance)):
        return
    if not _expression(pattern).search(instance):
        yield ValidationError("another form is wanted")


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    assert pattern.endswith("$"), pattern
    return re.compile(pattern[:-1] + r"\Z", re.ASCII)


def _unique(
    validator: Any, wanted: bool, instance: object, schema: Mapping[str, Any]
) -> Iterator[Any]:
    """`uniqueItems` in linear time; the library's own is quadratic for items of mixed types."""
    from jsonschema.exceptions import ValidationError

    if wanted and isinstance(instance, list):
        texts = {json.dumps(item, sort_keys=True) for item in instance}
        if len(texts) < len(instance):
            yield ValidationError("something is listed twice")
