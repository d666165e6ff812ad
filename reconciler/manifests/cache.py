"""Readings of files by blob id, kept on disk between runs (SPEC section 7, step 1).

The folder holds one folder for each program and schema version, and in it up to 256 shards of
lines, compressed. Whatever can't be read counts as absent, whatever can't be written is not kept;
nothing is lost but time.
"""

import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

from reconciler import __version__
from reconciler.manifests import schemas

FORMAT = 1  # counts up whenever the same bytes are read to something else
MAX_SHARD_BYTES = 32 << 20
MAX_LINE_BYTES = 16 << 20  # a larger List is read again each time

_Shard = dict[bytes, bytes]  # blob id -> line


class Cache:
    """Lines by blob id. Several processes may share a folder: a shard is replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        version = f"{__version__}-{FORMAT}-{schemas.digest()[:16]}"
        self._folder = folder / version
        self._shards: dict[str, _Shard] = {}
        self._fresh: dict[str, _Shard] = {}

    def get(self, blob_id: str) -> bytes | None:
        """The line that was kept for a blob, or None."""
        if not _is_blob_id(blob_id):
            return None
        name = blob_id[:2]
        if name not in self._shards:
            self._shards[name] = _load(self._folder / name)
        return self._shards[name].get(blob_id.encode())

    def put(self, blob_id: str, line: str) -> None:
        """Keeps a line, which holds no newline, until save()."""
        encoded = line.encode("utf-8", "surrogatepass")
        if _is_blob_id(blob_id) and len(encoded) <= MAX_LINE_BYTES:
            self._fresh.setdefault(blob_id[:2], {})[blob_id.encode()] = encoded

    def save(self) -> None:
        """Writes what is fresh. A folder that can't be written is left as it is."""
        with suppress(OSError):
            if self._fresh:
                self._folder.mkdir(parents=True, exist_ok=True)
            for name, fresh in self._fresh.items():
                _write(self._folder / name, _bounded(_load(self._folder / name), fresh))
        self._fresh = {}


def _is_blob_id(text: str) -> bool:
    return len(text) >= 40 and text.isascii() and text.isalnum()


def _bounded(kept: _Shard, fresh: _Shard) -> _Shard:
    """Both together; only the fresh lines when they would be too much."""
    size = sum(map(len, kept.values())) + sum(map(len, fresh.values()))
    return fresh if size > MAX_SHARD_BYTES else {**kept, **fresh}


def _load(path: Path) -> _Shard:
    try:
        text = zlib.decompress(path.read_bytes())
    except (OSError, zlib.error):
        return {}
    shard: _Shard = {}
    for line in text.split(b"\n"):
        blob_id, separator, kept = line.partition(b" ")
        if separator:
            shard[blob_id] = kept
    return shard


def _write(path: Path, shard: _Shard) -> None:
    text = b"\n".join(blob_id + b" " + line for blob_id, line in shard.items())
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(zlib.compress(text, 1))
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
