"""Values -> the text of a manifest, and a change -> the same manifest with its comments kept."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.manifests.fields import put_in_order, shape
from reconciler.manifests.format import verdict
from reconciler.manifests.nodes import Collection, Document, node_of
from reconciler.manifests.quoting import as_scalar
from reconciler.manifests.readings import in_document
from reconciler.manifests.schemas import API_VERSION, LIST_SUFFIX
from reconciler.manifests.stream import BYTE_ORDER_MARK, chunks, documents
from reconciler.manifests.writing import write
from reconciler.model.windows import parse_date

Path = tuple[str | int, ...]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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
    parts[index] = _edited(parts[index], document - first, steps, value)
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


def _edited(part: str, document: int, steps: Path, value: object) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    editor = YAML(typ="rt")
    editor.preserve_quotes = True
    editor.width = 1 << 16
    offset = _list_offset(part)
    editor.indent(mapping=_indent(part), sequence=offset + 2, offset=offset)
    editor.explicit_start = part.startswith("---")
    mark = BYTE_ORDER_MARK.decode() if part.startswith(BYTE_ORDER_MARK.decode()) else ""
    newline = "\r\n" if "\r\n" in part else "\n"
    try:
        loaded = list(editor.load_all(part.removeprefix(mark).replace("\r\n", "\n")))
        new = _for_editor(value)
        _put(loaded[document], steps, _quoted_like(_there(loaded[document], steps), new))
        stream = io.StringIO()
        editor.dump_all(loaded, stream)
    except YAMLError as error:
        raise ReconcilerError("the manifest can't be edited.", "edit it by hand.") from error
    return mark + stream.getvalue().replace("\n", newline)


def _for_editor(value: Any) -> Any:
    """Texts that would not be read as text get quotation marks, as render() writes them."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    plain = _copied(value)
    if isinstance(plain, str) and _DATE.fullmatch(plain) and parse_date(plain) is not None:
        return date.fromisoformat(plain)  # which ruamel writes without any
    if isinstance(plain, str) and "\n" not in plain and as_scalar(plain).startswith('"'):
        return DoubleQuotedScalarString(plain)
    if isinstance(plain, dict):
        return {key: _for_editor(entry) for key, entry in plain.items()}
    return [_for_editor(entry) for entry in plain] if isinstance(plain, list) else plain


def _there(tree: Any, steps: Path) -> Any:
    """What is at the place now; None for nothing."""
    for step in steps:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _quoted_like(before: Any, value: Any) -> Any:
    """A text with the quotation marks that the one before it had."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    quoted = (DoubleQuotedScalarString, SingleQuotedScalarString)
    if isinstance(before, quoted) and isinstance(value, str | date) and "\n" not in str(value):
        return type(before)(str(value))
    return value


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


def _list_offset(text: str) -> int:
    """How far the lists of a text are indented below their key: 0 or 2; 2 where there are none."""
    previous = ""
    for line in text.splitlines():
        stripped = line.lstrip(" ")
        if stripped.startswith("- ") and previous.rstrip().endswith(":"):
            own = len(line) - len(stripped)
            return 2 if own > len(previous) - len(previous.lstrip(" ")) else 0
        if stripped and not stripped.startswith("#"):
            previous = line
    return 2


def _indent(text: str) -> int:
    """The indentation of the first indented line that is no list item; 2 where there is none."""
    for line in text.splitlines():
        stripped = line.lstrip(" ")
        if line != stripped and stripped and stripped[0] not in "-#":
            return min(len(line) - len(stripped), 8)
    return 2
