"""A document that fits its schema -> what no schema can say (rule schema): dates, doubles."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from reconciler.manifests.complaints import Complaint, Pointer, field
from reconciler.manifests.troubles import quoted
from reconciler.model.declarations import Kind

Data = Mapping[str, Any]


def further_complaints(kind: Kind, spec: Data) -> list[Complaint]:
    """Dates that no calendar has, and list entries that say two things about one name."""
    check = _CHECKS.get(kind)
    return [] if check is None else list(check(spec))


def _publisher(spec: Data) -> Iterator[Complaint]:
    for index, freeze in enumerate(spec.get("freezes", ())):
        yield from _dates(freeze, ("spec", "freezes", index), ("from", "until"))
    for index, entry in enumerate(spec.get("acknowledged", ())):
        yield from _dates(entry, ("spec", "acknowledged", index), ("expires",))


def _pack(spec: Data) -> Iterator[Complaint]:
    if "suspended" in spec:
        yield from _dates(spec["suspended"], ("spec", "suspended"), ("until",))


def _attachment(spec: Data) -> Iterator[Complaint]:
    if "hold" in spec:
        yield from _dates(spec["hold"], ("spec", "hold"), ("until",))


def _account(spec: Data) -> Iterator[Complaint]:
    return _doubles(spec, "environments", "name")


def _group(spec: Data) -> Iterator[Complaint]:
    return _doubles(spec, "packs", "pack")


def _dates(data: Data, pointer: Pointer, names: Iterable[str]) -> Iterator[Complaint]:
    for name in names:
        text = data.get(name)
        if text is None:
            continue
        try:
            date.fromisoformat(text)
        except ValueError:
            yield Complaint(
                pointer=(*pointer, name),
                message=f"{text} is not a date in any calendar.",
                hint="write a date that exists, such as 2026-12-01.",
            )


def _doubles(spec: Data, name: str, key: str) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, entry in enumerate(spec.get(name, ())):
        if entry[key] in seen:
            pointer = ("spec", name, index, key)
            message = f"{field(pointer[:2])} names {quoted(entry[key])} twice."
            yield Complaint(pointer=pointer, message=message, hint="keep one of them.")
        seen.add(entry[key])


_CHECKS: Mapping[Kind, Callable[[Data], Iterator[Complaint]]] = {
    Kind.PUBLISHER: _publisher,
    Kind.INTEGRATION_PACK: _pack,
    Kind.ATTACHMENT: _attachment,
    Kind.MANAGED_ACCOUNT: _account,
    Kind.ACCOUNT_GROUP: _group,
}
