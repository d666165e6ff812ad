"""The bytes of one file -> its documents sorted out: usable ones, complaints and troubles.

Nothing here knows the file's path, so that the result holds for every file with the same bytes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.manifests import guesses
from reconciler.manifests.checks import further_complaints
from reconciler.manifests.complaints import Complaint, Pointer, did_you_mean, with_written
from reconciler.manifests.positions import find
from reconciler.manifests.readings import FileReading, Remark, Usable, in_document
from reconciler.manifests.schema import fits, schema_complaints
from reconciler.manifests.schemas import API_VERSION, LIST_SUFFIX, nearest_kind, schema_names
from reconciler.manifests.stream import MAX_BYTES, Document, documents, too_large
from reconciler.manifests.troubles import Trouble, quoted, shown
from reconciler.model.declarations import Kind

MAX_NODES = 100_000
MAX_COMPLAINTS = 1_000

_KINDS: Mapping[str, Kind] = {str(kind): kind for kind in Kind}
_LISTS: Mapping[str, Kind] = {str(kind) + LIST_SUFFIX: kind for kind in Kind}


def read_file(content: bytes) -> FileReading:
    """Reads a file of any content; what is wrong with it is in the result."""
    reading = FileReading()
    for document in documents(content):
        _take(document, reading)
    _quote_as_written(content, reading.remarks)
    return reading


def _take(document: Document, reading: FileReading) -> None:
    value = document.value
    if value is None and not document.troubles:
        return
    kind = value.get("kind") if isinstance(value, dict) else None
    of_list = _LISTS.get(kind) if isinstance(kind, str) else None
    if of_list is None and not document.troubles:
        document.troubles.extend(_over_limit(document))
    if document.troubles:
        reading.documents += 1
        reading.troubles.extend(document.troubles)
        if document.source is not None:
            reading.broken.extend(guesses.from_text(document.source))
        else:
            reading.broken.extend(_broken(value, kind))
    elif of_list is not None:
        _take_list(of_list, document, reading)
    else:
        _take_one(kind, document, reading)


def _over_limit(document: Document) -> Iterator[Trouble]:
    if document.size > MAX_BYTES:
        yield too_large(document.line, "1 MiB")
    elif document.nodes > MAX_NODES:
        yield Trouble(
            line=document.line,
            column=1,
            rule="yaml-limit",
            message=f"the document has more than {MAX_NODES:,} nodes, aliases written out.",
            hint="split it, or use a List for many documents of one kind.",
        )


def _broken(value: Any, kind: object) -> Iterator[guesses.Broken]:
    name = str(kind) if isinstance(kind, str) else ""
    if name in _KINDS:
        yield guesses.from_data(_KINDS[name], value)
    elif name in _LISTS:
        yield (str(_LISTS[name]), None)
    else:
        yield from guesses.EVERYTHING


def _remark(
    reading: FileReading, document: int, complaint: Complaint, rule: str = "schema"
) -> None:
    remark = Remark(document=document, item=None, rule=rule, complaint=complaint)
    reading.remarks.append(remark)


def _take_one(kind: object, document: Document, reading: FileReading) -> None:
    value, index = document.value, document.index
    if isinstance(kind, str) and kind in _KINDS:
        _judge(_KINDS[kind], value, document, None, reading)
        return
    reading.documents += 1
    reading.broken.extend(_broken(value, kind))
    if not isinstance(value, dict):
        message = f"a manifest is a mapping; this is {_what(value)}."
        hint = "start with apiVersion, kind, metadata and spec."
        _remark(reading, index, Complaint(pointer=(), message=message, hint=hint))
    elif kind is None:
        hint = f"kind: {', '.join(schema_names())}, or one of these with {LIST_SUFFIX} behind it."
        complaint = Complaint(pointer=("kind",), message="kind is missing.", hint=hint)
        _remark(reading, index, complaint)
    elif isinstance(kind, str):
        message = f"there is no kind {quoted(kind)}."
        complaint = Complaint(pointer=("kind",), message=message, hint=nearest_kind(kind))
        _remark(reading, index, complaint, "unknown-kind")
    else:
        message = f"kind is {_what(kind)}, not text."
        _remark(reading, index, Complaint(pointer=("kind",), message=message))


def _what(value: object) -> str:
    return f"the text {quoted(value)}" if isinstance(value, str) else shown(value)


def _take_list(kind: Kind, document: Document, reading: FileReading) -> None:
    value = document.value
    for complaint in _list_complaints(value):
        _remark(reading, document.index, complaint)
    items = value.get("items")
    if not isinstance(items, list):
        reading.documents += 1
        reading.broken.append((str(kind), None))
        return
    for number, item in enumerate(items):
        _judge(kind, item, document, number, reading)


def _list_complaints(value: Mapping[str, Any]) -> Iterator[Complaint]:
    known = ["apiVersion", "kind", "items"]
    if value.get("apiVersion") != API_VERSION:
        found = "is missing" if "apiVersion" not in value else "has another value"
        yield Complaint(
            pointer=("apiVersion",),
            message=f"apiVersion {found}.",
            hint=f"write apiVersion: {API_VERSION}",
        )
    for key in [key for key in value if key not in known][:MAX_COMPLAINTS]:
        yield Complaint(
            pointer=(key,),
            message=f"{shown(key)} is no field of a List.",
            hint=did_you_mean(key, known) or "a List has apiVersion, kind and items, no metadata.",
        )
    if "items" not in value:
        yield Complaint(pointer=("items",), message="items is missing.", hint="list the documents.")
    elif not isinstance(value["items"], list):
        message = f"items is {_what(value['items'])}, not a list."
        yield Complaint(pointer=("items",), message=message, hint="start each with a hyphen.")


def _judge(
    kind: Kind, value: Any, document: Document, item: int | None, reading: FileReading
) -> None:
    reading.documents += 1
    if not isinstance(value, dict):
        message = f"an item is a mapping with metadata and spec; this is {_what(value)}."
        found = [Complaint(pointer=(), message=message)]
    elif len(reading.remarks) < MAX_COMPLAINTS:
        found = schema_complaints(
            kind, value, item=item is not None, whole_decimals=document.whole_decimals
        )
    else:
        fit = fits(kind, value, item=item is not None, whole_decimals=document.whole_decimals)
        found = [] if fit else [_FURTHER]
    found = found or further_complaints(kind, value.get("spec", {}))
    if not found:
        reading.usable.append(
            Usable(
                kind=str(kind),
                document=document.index,
                item=item,
                metadata=value.get("metadata", {}),
                spec=value.get("spec", {}),
            )
        )
        return
    reading.broken.append(guesses.from_data(kind, value if isinstance(value, dict) else {}))
    for complaint in found if len(reading.remarks) <= MAX_COMPLAINTS else ():
        remark = Remark(document=document.index, item=item, rule="schema", complaint=complaint)
        reading.remarks.append(remark)


_FURTHER = Complaint(
    pointer=(),
    message="more documents of this file do not fit their schema, from this one on.",
    hint="correct the ones above first.",
)


def _quote_as_written(content: bytes, remarks: list[Remark]) -> None:
    """Lets hints show numbers as the file has them: 1.10, where the value is 1.1."""
    wanted: dict[int, set[Pointer]] = {}
    for remark in remarks:
        if remark.complaint.quote:
            wanted.setdefault(remark.document, set()).add(_from_document(remark))
    if not wanted:
        return
    places = find(content, wanted)
    for remark in remarks:
        if remark.complaint.quote:
            place = places.get((remark.document, _from_document(remark)))
            if place is not None and place.written is not None:
                remark.complaint = with_written(remark.complaint, place.written)


def _from_document(remark: Remark) -> Pointer:
    return in_document(remark.item, remark.complaint.pointer)
