"""Files -> the id that git gives them: what lies there is what was committed, or it has another."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

_CHUNK = 1 << 20


class FileIds(NamedTuple):
    """Of one file: `blob` is its git object id, in hexadecimal."""

    sha256: str
    blob: str


def file_ids(path: Path, like: str) -> FileIds:
    """Reads a file once; `like` is an object id of the same repository. Raises OSError."""
    sha256, blob = hashlib.sha256(), _hash(like)
    blob.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            blob.update(chunk)
    return FileIds(sha256.hexdigest(), blob.hexdigest())


def content_id(files: Iterable[tuple[str, str, str]], like: str) -> str:
    """The id of a content, of the path, mode and blob id of each of its files.

    One file without a path is its blob, anything else a tree.
    """
    entries = [(path.split("/"), mode, blob) for path, mode, blob in files]
    if [path for path, _, _ in entries] == [[""]]:
        return entries[0][2]
    return _tree(entries, like)


def _tree(entries: list[tuple[list[str], str, str]], like: str) -> str:
    lines: list[tuple[bytes, bytes]] = []
    below: dict[str, list[tuple[list[str], str, str]]] = {}
    for path, mode, blob in entries:
        if len(path) == 1:
            lines.append(_line(path[0], mode, blob))
        else:
            below.setdefault(path[0], []).append((path[1:], mode, blob))
    lines += [_line(name, "40000", _tree(inside, like)) for name, inside in below.items()]
    body = b"".join(line for _, line in sorted(lines))
    found = _hash(like)
    found.update(b"tree %d\0" % len(body) + body)
    return str(found.hexdigest())


def _line(name: str, mode: str, object_id: str) -> tuple[bytes, bytes]:
    """What git sorts by, a folder as if it ended in a slash, and the entry itself."""
    encoded = name.encode("utf-8")
    key = encoded + b"/" if mode == "40000" else encoded
    return key, mode.encode() + b" " + encoded + b"\0" + bytes.fromhex(object_id)


def _hash(like: str) -> Any:
    return hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
