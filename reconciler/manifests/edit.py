"""Values -> the text of a manifest, and a change -> the same manifest with its comments kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.manifests.fields import put_in_order, shape
from reconciler.manifests.format import verdict
from reconciler.manifests.nodes import Collection, Document, node_of
from reconciler.manifests.readings import in_document
from reconciler.manifests.schemas import API_VERSION, LIST_SUFFIX
from reconciler.manifests.splice import spliced
from reconciler.manifests.stream import BYTE_ORDER_MARK, chunks, documents
from reconciler.manifests.writing import write

Path = tuple[str | int, ...]


def render(
    kind: str,
    metadata: Mapping[str, Any] | None,
    spec: Mapping[str, Any],
    *,
    schema_url: str | None = None,
) -> str:
    """A tidy manifest. `schema_url` adds the comment by which editors find the schema.

    Raises ReconcilerError when the values hold what a manifest can't, such as control characters.
    """
    manifest: dict[str, Any] = {"apiVersion": API_VERSION, "kind": kind}
    if metadata:
        manifest["metadata"] = _copied(metadata)
    manifest["spec"] = _copied(spec)
    return _rendered(kind, manifest, schema_url)


def render_list(kind: str, items: Iterable[Mapping[str, Any]]) -> str:
    """A tidy List of `kind`s; each item holds metadata, or none, and spec. Raises as render()."""
    documents = [_copied(item) for item in items]
    manifest = {"apiVersion": API_VERSION, "kind": kind + LIST_SUFFIX, "items": documents}
    return _rendered(kind + LIST_SUFFIX, manifest, None)


def _rendered(kind: str, manifest: Mapping[str, Any], schema_url: str | None) -> str:
    root = node_of(manifest)
    assert isinstance(root, Collection)
    put_in_order(root, shape(kind))
    head = [f"# yaml-language-server: $schema={schema_url}"] if schema_url else []
    text = write([Document(root=root, head=head)])
    if values_of(text) != [manifest]:
        raise ReconcilerError(
            f"this {kind} can't be written as YAML.", "take control characters out of its texts."
        )
    return text


def _copied(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _copied(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_copied(item) for item in value]
    return value


def values_of(text: str) -> list[Any] | None:
    """What the documents of a text hold, empty ones included; None when one can't be read."""
    found = list(documents(text.encode("utf-8", "surrogatepass")))
    if any(document.troubles for document in found):
        return None
    return [document.value for document in found]


def set_in(text: str, document: int, item: int | None, path: Path, value: object) -> str:
    """The text with `value` at `path` of a document (of a List: of an item), the rest as it was.

    Comments, order and other documents stay; a text in the form of fmt stays in it. Mappings on
    the way that are missing are made; an index must exist, or be one past the end. Raises
    ReconcilerError when the text can't be read or the path leads nowhere.
    """
    before = values_of(text)
    if before is None or document >= len(before):
        raise ReconcilerError("the manifest can't be read.", "run reconciler validate first.")
    steps = in_document(item, path)
    wanted = _copied(before)
    _put(wanted[document], steps, _copied(value))
    parts = [chunk.decode("utf-8") for chunk in chunks(text.encode("utf-8"))]
    index, first = part_with(parts, document)
    mark = BYTE_ORDER_MARK.decode() if index == 0 and text.startswith("\ufeff") else ""
    part = parts[index].removeprefix(mark)
    parts[index] = mark + spliced(part, document - first, steps, _copied(value))
    after = "".join(parts)
    if values_of(after) != wanted:
        raise ReconcilerError(
            "the manifest can't be edited without changing more than it should.",
            "edit it by hand; aliases are the usual reason.",
        )
    was_in_form = verdict(text.encode("utf-8")) is None
    formed = verdict(after.encode("utf-8")) if was_in_form else None
    return formed.decode("utf-8") if isinstance(formed, bytes) else after


def part_with(parts: Sequence[str], document: int) -> tuple[int, int]:
    """Which part holds the document, and the index of the first document in that part.

    Raises ReconcilerError when none does.
    """
    first = 0
    for index, part in enumerate(parts):
        count = len(values_of(part) or ())
        if document < first + count:
            return index, first
        first += count
    raise ReconcilerError("the manifest can't be read.", "run reconciler validate first.")


def _put(tree: Any, steps: Path, value: object) -> None:
    if not steps:
        raise ReconcilerError("a whole document can't be replaced.", "name a field.")
    for step in steps[:-1]:
        if isinstance(tree, dict) and tree.get(step) is None:
            tree[step] = {}
        tree = _child(tree, step)
    last = steps[-1]
    if isinstance(tree, list) and last == len(tree):
        tree.append(value)
    elif isinstance(tree, dict):
        tree[last] = value
    else:
        _child(tree, last)
        tree[last] = value


def _child(tree: Any, step: str | int) -> Any:
    try:
        return tree[step]
    except (KeyError, IndexError, TypeError) as error:
        raise ReconcilerError(f"there is no {step} to change.", "check the path.") from error
