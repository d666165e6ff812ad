"""Bytes -> files of a folder, each under its SHA-256, of a bounded size in all.

The folder may be deleted at any time, and several processes may share it: a file appears by one
rename, complete.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.errors import SourceError

_KEPT = 0.8
"""How much of the allowed size is left when the oldest files were thrown away."""
_ABANDONED_SECONDS = 24 * 3_600


class Spool:
    """May be used from several threads."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._size: int | None = None  # None: nobody has looked
        self._guard = threading.Lock()

    def file(self, sha256: str) -> Path | None:
        """Where it lies, and will for a while; None when it does not."""
        path = self._path(sha256)
        try:
            os.utime(path)  # those that were not asked for longest are thrown away first
        except OSError:
            return None
        return path

    def note(self, name: str) -> bytes | None:
        """What was noted under a name."""
        try:
            return (self._folder / f"{name}.json").read_bytes()
        except OSError:
            return None

    def put_note(self, name: str, content: bytes) -> None:
        """Notes something small. Raises SourceError."""
        with self._new() as (file, place):
            _write(file, content)
            place.replace(self._folder / f"{name}.json")

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Keeps bytes, a chunk at a time in memory: their SHA-256 and size. Raises SourceError."""
        digest, size = hashlib.sha256(), 0
        with self._new() as (file, place):
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                _write(file, chunk)
            path = self._path(digest.hexdigest())
            path.parent.mkdir(mode=0o700, exist_ok=True)
            place.replace(path)
        self._make_room(size, path)
        return digest.hexdigest(), size

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    @contextmanager
    def _new(self) -> Iterator[tuple[int, Path]]:
        """A new file and where it is; gone afterwards unless it was renamed."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            place = Path(name)
            try:
                yield file, place
            finally:
                os.close(file)
                with suppress(OSError):
                    place.unlink()
        except OSError as error:
            raise SourceError(
                f"contents can't be kept in {self._folder}: {error.strerror}",
                "make room there, or name another folder",
            ) from error

    def _make_room(self, size: int, new: Path) -> None:
        with self._guard:
            if self._size is not None and self._size + size <= self._most_bytes:
                self._size += size
                return
            kept = sorted(self._kept())
            total = sum(each for _, each, _ in kept)
            if total > self._most_bytes:
                for _, each, path in kept:
                    if total <= self._most_bytes * _KEPT:
                        break
                    if path != new:
                        path.unlink(missing_ok=True)
                        total -= each
            self._size = total
            self._sweep(new.stat().st_mtime)

    def _sweep(self, now: float) -> None:
        """What a process began that was killed long ago."""
        for path in self._folder.glob(".new-*"):
            with suppress(OSError):
                if path.stat().st_mtime < now - _ABANDONED_SECONDS:
                    path.unlink()

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        """Files, the one that was not asked for longest first when sorted."""
        for path in self._folder.glob("??/*"):
            with suppress(OSError):
                found = path.stat()
                yield found.st_mtime, found.st_size, path


def _write(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
