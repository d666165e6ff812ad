"""Documents to be -> the files that hold them, many small ones in Lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.desired.phrases import path_part
from reconciler.estate.draft import Drafted
from reconciler.manifests.edit import render, render_list
from reconciler.model.declarations import Kind

ITEMS_OF_LIST = 1_000
MANY_ACCOUNTS = 5_000  # from here on a group of its own would be too large for one document


@dataclass(slots=True, kw_only=True)
class Files:
    """`texts` by path below the publisher root; `sources`: which row each document comes from.

    `sources` is by path and item, None for a file of one document.
    """

    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[tuple[str, int | None], Drafted] = field(default_factory=dict)


def laid_out(documents: Iterable[Drafted], there: Iterable[str] = ()) -> Files:
    """Each document in its file, none of which is `there` already.

    Raises ReconcilerError for texts that YAML can't hold.
    """
    found, taken = Files(), set(there)
    lists: dict[tuple[str, Kind], list[Drafted]] = {}
    for document in documents:
        stem, in_list = _place(document)
        if in_list:
            lists.setdefault((stem, document.kind), []).append(document)
            continue
        path = _free(taken, stem)
        found.texts[path] = render(document.kind, document.metadata, document.spec)
        found.sources[path, None] = document
    for (stem, kind), items in lists.items():
        for start in range(0, len(items), ITEMS_OF_LIST):
            chunk = items[start : start + ITEMS_OF_LIST]
            path = _free(taken, stem)
            found.texts[path] = render_list(kind, map(_item, chunk))
            for number, document in enumerate(chunk):
                found.sources[path, number] = document
    return found


def _item(document: Drafted) -> Mapping[str, Any]:
    spec = {"spec": document.spec}
    return {"metadata": document.metadata, **spec} if document.metadata else spec


def _free(taken: set[str], stem: str) -> str:
    """STEM.yaml, or the first STEM-2.yaml that is not taken: identities that look alike, parts."""
    path, number = f"{stem}.yaml", 1
    while path in taken:
        number += 1
        path = f"{stem}-{number}.yaml"
    taken.add(path)
    return path


def _place(document: Drafted) -> tuple[str, bool]:
    """The path without its suffix, and whether a List holds the document."""
    spec, name = document.spec, document.metadata.get("name", "")
    match document.kind:
        case Kind.PACKAGED_COMPONENT:
            version = path_part(spec["version"])
            return f"components/{spec['component']}/{version}/component", False
        case Kind.PUBLISHED_PROCESS:
            return f"components/{spec['component']}/revision-{spec['revision']}", False
        case Kind.INTEGRATION_PACK:
            return f"packs/{name}", False
        case Kind.RELEASE:
            return f"releases/{spec['pack']}/{path_part(spec['version'])}", False
        case Kind.ACCOUNT_GROUP:
            return f"groups/{name}", len(spec.get("accounts", ())) > MANY_ACCOUNTS
        case Kind.MANAGED_ACCOUNT:
            return "accounts/imported", True
        case Kind.ATTACHMENT:
            return f"attachments/{spec['pack']}", True
        case Kind.PROCESS_TEMPLATE:
            return f"library/{spec['component']}", False
        case _:
            return "publisher", False
