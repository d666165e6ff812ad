"""The manifests of a revision -> documents by identity, read without any of the product's code."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from replay.plumbing import Entry

Identity = tuple[str, str]
"""Kind and name, as plans name them."""
Document = Mapping[str, Any]
_NAMED = {"name", "labels", "annotations", "renamedFrom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """All documents of a revision, and the files that they lie in; following() makes the next."""

    files: Mapping[str, tuple[tuple[Identity, Document], ...]] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, Document]] = field(default_factory=dict)

    def get(self, one: Identity) -> Document | None:
        """None for what is not declared."""
        return self.of_kind(one[0]).get(one[1])

    def of_kind(self, kind: str) -> Mapping[str, Document]:
        """By name."""
        return self.kinds.get(kind, {})

    def following(
        self, changed: Iterable[tuple[str, bytes | None]]
    ) -> tuple["Documents", frozenset[Identity]]:
        """With these files in it, None for one that is gone; and what may differ from before.

        Raises yaml.YAMLError, TypeError, AttributeError or KeyError for what is no manifest.
        """
        files = dict(self.files)
        before: set[Identity] = set()
        after: dict[Identity, Document] = {}
        for path, content in changed:
            before.update(identity for identity, _ in files.pop(path, ()))
            if content is not None:
                files[path] = tuple(documents(content))
                after.update(files[path])
        touched = before | after.keys()
        kinds = {kind: dict(self.of_kind(kind)) for kind, _ in touched}
        for kind, name in before - after.keys():
            del kinds[kind][name]
        for (kind, name), document in after.items():
            kinds[kind][name] = document
        return Documents(files=files, kinds={**self.kinds, **kinds}), frozenset(touched)


def is_manifest(entry: Entry, root: str = "") -> bool:
    """Whether it is read as one: a plain file below `root`, outside folders with a leading dot."""
    below = entry.path.removeprefix(f"{root}/") if root else entry.path
    *folders, name = below.split("/")
    plain = entry.blob is None or entry.mode.startswith("100")
    hidden = any(folder.startswith(".") for folder in folders)
    return name.endswith((".yaml", ".yml")) and plain and not hidden


def documents(content: bytes) -> Iterator[tuple[Identity, Document]]:
    """Each document of a file, the items of Lists one by one; all scalars are texts."""
    for found in yaml.load_all(content, Loader=yaml.CBaseLoader):
        if not found:
            continue
        kind = str(found["kind"])
        if "items" in found and kind.endswith("List"):
            for item in found["items"] or ():
                yield _document(kind.removesuffix("List"), item)
        else:
            yield _document(kind, found)


def _document(kind: str, found: Document) -> tuple[Identity, Document]:
    metadata = {key: v for key, v in (found.get("metadata") or {}).items() if key in _NAMED and v}
    spec = found.get("spec") or {}
    return (kind, _name(kind, metadata, spec)), {"metadata": metadata, "spec": spec}


def _name(kind: str, metadata: Document, spec: Document) -> str:
    match kind:
        case "PackagedComponent":
            return f"{spec['component']}@{spec['version']}"
        case "PublishedProcess":
            return f"{spec['component']}@{spec['revision']}"
        case "Release":
            return f"{spec['pack']}@{spec['version']}"
        case "Attachment":
            parts = (spec["account"], spec["pack"], spec.get("instance"))
            return "/".join(part for part in parts if part)
        case "ProcessTemplate":
            return str(spec["component"])
        case _:
            return str(metadata["name"])


def same(one: Document | None, other: Document | None) -> bool:
    """Whether two documents say the same, in whatever order."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
