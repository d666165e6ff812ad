"""A document that can't be used -> what it would have declared, as far as anyone can tell.

Rules must not call something missing that is merely broken, so a guess names too much rather than
too little.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.manifests.schemas import LIST_SUFFIX
from reconciler.model.declarations import Kind
from reconciler.model.decode import attachment_name

Broken = tuple[str, str | None]  # the kind, and the identity if it can be told

EVERYTHING: frozenset[Broken] = frozenset((str(kind), None) for kind in Kind)
_KIND_LINE = re.compile(rb"^kind:[ \t]*[\"']?([A-Za-z]{1,40})", re.MULTILINE)
_IDENTITY_FIELDS: Mapping[Kind, tuple[str, str]] = {
    Kind.PACKAGED_COMPONENT: ("component", "version"),
    Kind.PUBLISHED_PROCESS: ("component", "revision"),
    Kind.RELEASE: ("pack", "version"),
}


def from_text(source: bytes) -> Iterator[Broken]:
    """What the lines that start with kind: say; everything where there is none that is known."""
    kinds = {
        match.group(1).decode().removesuffix(LIST_SUFFIX) for match in _KIND_LINE.finditer(source)
    }
    known = [kind for kind in Kind if kind in kinds]
    yield from ((str(kind), None) for kind in known) if known else EVERYTHING


def from_data(kind: Kind, document: Mapping[str, Any]) -> Broken:
    """The kind with the identity, or with None where the fields that make it are not readable."""
    spec = document.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    if kind in _IDENTITY_FIELDS:
        parts = [_text(spec.get(name)) for name in _IDENTITY_FIELDS[kind]]
        return (str(kind), "@".join(parts) if all(parts) else None)
    if kind is Kind.ATTACHMENT:
        account, pack, instance = (_text(spec.get(n)) for n in ("account", "pack", "instance"))
        return (str(kind), attachment_name(account, pack, instance) if account and pack else None)
    if kind is Kind.PROCESS_TEMPLATE:
        return (str(kind), _text(spec.get("component")) or None)
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return (str(kind), _text(name) or None)


def _text(value: object) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole or isinstance(value, str) else ""
