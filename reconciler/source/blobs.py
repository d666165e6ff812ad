"""Blob ids turned into their contents by one `git cat-file --batch`, in the order of the ids.

However many and however large the blobs are, one of them at a time is in memory.
"""

import os
import re
import selectors
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from reconciler.errors import SourceError
from reconciler.source.process import Git, GitFailed, end

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_STALLED_SECONDS = 120.0
_CHUNK = 1 << 18
_STDERR_KEPT = 1 << 16


def read_blobs(git: Git, blob_ids: Sequence[str], *, largest: int) -> Iterator[bytes | None]:
    """The content of each blob; None for one of more than `largest` bytes.

    Raises SourceError when an object is missing or no blob, or when git stalls.
    """
    if not all(map(_OBJECT_ID.fullmatch, blob_ids)):
        raise SourceError("an object id is not hexadecimal", "read the revision anew")
    if not blob_ids:
        return
    process = git.start("cat-file", "--batch", "--buffer", with_stdin=True)
    feeder = threading.Thread(target=_feed, args=(process, blob_ids), daemon=True)
    answers = _Answers(process)
    try:
        feeder.start()
        for blob_id in blob_ids:
            yield answers.next_blob(blob_id, largest)
    finally:
        answers.close()
        end(process)
        feeder.join()


def _feed(process: subprocess.Popen[bytes], blob_ids: Sequence[str]) -> None:
    """Writes the ids while their blobs are read: git would block on a full pipe otherwise."""
    assert process.stdin is not None
    with suppress(OSError, ValueError):  # the reader gave up and closed the pipe
        process.stdin.write("".join(f"{blob_id}\n" for blob_id in blob_ids).encode("ascii"))
        process.stdin.close()


class _Answers:
    """What cat-file answers, read without ever waiting for longer than the time-out."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._stdout = process.stdout.fileno()
        self._stderr = process.stderr.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._selector.register(self._stderr, selectors.EVENT_READ)
        self._buffer = b""
        self._position = 0
        self._errors = b""

    def next_blob(self, blob_id: str, largest: int) -> bytes | None:
        """The next content, or None when it is larger than `largest`; skips what it leaves out."""
        header = self._line().decode("ascii", "replace").split(" ")
        if len(header) != 3 or header[1] != "blob":
            raise SourceError(
                f"object {blob_id} is not a readable blob of the repository",
                "the clone is incomplete or damaged: try git fsck, or clone it anew",
            )
        size = int(header[2])
        if size > largest:
            self._skip(size + 1)
            return None
        return self._take(size + 1)[:-1]

    def close(self) -> None:
        """Gives the selector back."""
        self._selector.close()

    def _line(self) -> bytes:
        while (stop := self._buffer.find(b"\n", self._position)) < 0:
            self._buffer = self._buffer[self._position :] + self._chunk()
            self._position = 0
        line = self._buffer[self._position : stop]
        self._position = stop + 1
        return line

    def _take(self, size: int) -> bytes:
        stop = self._position + size
        if stop <= len(self._buffer):
            taken = self._buffer[self._position : stop]
            self._position = stop
            return taken
        parts = [self._buffer[self._position :]]
        missing = size - len(parts[0])
        while missing > 0:
            parts.append(self._chunk())
            missing -= len(parts[-1])
        self._buffer, self._position = parts[-1], len(parts[-1]) + missing
        return b"".join(parts)[:size]

    def _skip(self, size: int) -> None:
        missing = size - (len(self._buffer) - self._position)
        while missing > 0:
            self._buffer = self._chunk()
            missing -= len(self._buffer)
        self._position = len(self._buffer) + missing

    def _chunk(self) -> bytes:
        """The next bytes of stdout. Raises SourceError at its end, or when nothing comes."""
        while True:
            ready = self._selector.select(_STALLED_SECONDS)
            if not ready:
                raise SourceError(
                    f"git cat-file wrote nothing for {_STALLED_SECONDS:.0f} s",
                    "run it again; if it happens again, look at the disk",
                )
            for key, _ in ready:
                if key.fd == self._stderr:
                    self._keep_errors()
            if any(key.fd == self._stdout for key, _ in ready):
                chunk = os.read(self._stdout, _CHUNK)
                if not chunk:
                    raise GitFailed("cat-file", self._errors.decode("utf-8", "replace"))
                return chunk

    def _keep_errors(self) -> None:
        chunk = os.read(self._stderr, _CHUNK)
        if not chunk:
            self._selector.unregister(self._stderr)
        self._errors = (self._errors + chunk)[-_STDERR_KEPT:]
