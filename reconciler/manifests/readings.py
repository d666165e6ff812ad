"""What one file holds, as values that know no path and can be kept as one line of JSON."""

import json
from dataclasses import astuple, dataclass, field
from typing import Any

from reconciler.manifests.complaints import Complaint, Pointer
from reconciler.manifests.guesses import Broken
from reconciler.manifests.troubles import Trouble


@dataclass(slots=True, kw_only=True)
class Usable:
    """A document that fits its schema; `item` None outside a List."""

    kind: str
    document: int
    item: int | None
    metadata: dict[str, Any]
    spec: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Remark:
    """A complaint in its place: a Problem without a path."""

    document: int
    item: int | None
    rule: str
    complaint: Complaint


@dataclass(slots=True, kw_only=True)
class FileReading:
    """All that one file holds; `documents` counts the items of Lists one by one."""

    usable: list[Usable] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    documents: int = 0


def in_document(item: int | None, pointer: Pointer) -> Pointer:
    """A pointer that leads from the item of a List -> one that leads from the document."""
    return pointer if item is None else ("items", item, *pointer)


def to_json(reading: FileReading) -> str:
    """One line that from_json() reads back; keys keep their order."""
    return json.dumps(
        [
            [[u.kind, u.document, u.item, u.metadata, u.spec] for u in reading.usable],
            [
                [
                    r.document,
                    r.item,
                    r.rule,
                    r.complaint.pointer,
                    r.complaint.message,
                    r.complaint.hint,
                ]
                for r in reading.remarks
            ],
            [astuple(trouble) for trouble in reading.troubles],
            reading.broken,
            reading.documents,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_json(line: str | bytes) -> FileReading:
    """Raises ValueError, TypeError, KeyError or AttributeError for a line of another form."""
    usable, remarks, troubles, broken, count = json.loads(line)
    return FileReading(
        usable=[
            Usable(
                kind=kind, document=document, item=item, metadata=dict(metadata), spec=dict(spec)
            )
            for kind, document, item, metadata, spec in usable
        ],
        remarks=[
            Remark(
                document=document,
                item=item,
                rule=rule,
                complaint=Complaint(pointer=tuple(pointer), message=message, hint=hint),
            )
            for document, item, rule, pointer, message, hint in remarks
        ],
        troubles=[
            Trouble(line=line, column=column, rule=rule, message=message, hint=hint)
            for line, column, rule, message, hint in troubles
        ],
        broken=[(kind, name) for kind, name in broken],
        documents=int(count),
    )
