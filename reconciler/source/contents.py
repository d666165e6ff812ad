"""Git objects -> the files of packaged components, as they are served (a ports.Contents)."""

import json
import os
import re
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.errors import ContentNotReady, SourceError
from reconciler.model.delivery import ContentFile, ContentManifest
from reconciler.source.partial import fetch_missing
from reconciler.source.process import Git, GitFailed, end
from reconciler.source.spool import Spool
from reconciler.source.wording import one_line

LONGEST_PATH = 1_024
MOST_FILES = 100_000

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FILES = frozenset({"100644", "100664", "100755"})
_OTHERS = {"120000": "a symbolic link", "160000": "a submodule"}
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER_SIZE = 1_024
_CHUNK = 1 << 18
_STALLED_SECONDS = 120.0
_REFRESH_SECONDS = 30.0
_OTHERS_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spooled:
    """A manifest, and the git blob of each of its files by SHA-256."""

    manifest: ContentManifest
    blobs: dict[str, str]


class GitContents:
    """Implements ports.Contents; may be used from several threads."""

    def __init__(
        self, git: Callable[[], Git], refresh: Callable[[], None], *, folder: Path, most_bytes: int
    ) -> None:
        self._git = git
        self._refresh = refresh
        self._spool = Spool(folder, most_bytes)
        self._refreshed: float | None = None
        self._locks: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def manifest(self, content: str) -> ContentManifest:
        """The files of a content, by its git object id; they are spooled first.

        Raises SourceError.
        """
        return self._spooled(content).manifest

    def file(self, content: str, sha256: str) -> Path | None:
        """Where one of its files lies now; None when it has none. Raises SourceError."""
        blob = self._spooled(content).blobs.get(sha256)
        if blob is None:
            return None
        with self._alone(sha256):
            path = self._spool.file(sha256)
            if path is None:
                self._spool.put(_chunks(self._git(), blob))
                path = self._spool.file(sha256)
        return path

    def _spooled(self, content: str) -> _Spooled:
        if not _OBJECT_ID.fullmatch(content):
            raise SourceError(f"{one_line(content)} is no object id", "name it as the bundle does")
        with self._alone(content):
            return self._noted(content) or self._made(content)

    def _noted(self, content: str) -> _Spooled | None:
        """As it was spooled before."""
        try:
            data = json.loads(self._spool.note(content) or b"")
            files = tuple(ContentFile(**file) for file in data["files"])
            manifest = ContentManifest(content=content, files=files)
            return _Spooled(manifest=manifest, blobs=data["blobs"])
        except (ValueError, KeyError, TypeError):
            return None

    def _made(self, content: str) -> _Spooled:
        entries = tuple(self._entries(content))
        fetch_missing(self._git(), [blob for _, _, blob in entries])
        files: list[ContentFile] = []
        blobs: dict[str, str] = {}
        for path, mode, blob in entries:
            sha256, size = self._spool.put(_no_pointer(path, _chunks(self._git(), blob)))
            files.append(ContentFile(path=path, mode=mode, size=size, sha256=sha256))
            blobs[sha256] = blob
        noted = {"files": [asdict(file) for file in files], "blobs": blobs}
        self._spool.put_note(content, json.dumps(noted).encode())
        return _Spooled(manifest=ContentManifest(content=content, files=tuple(files)), blobs=blobs)

    def _entries(self, content: str) -> Iterator[tuple[str, str, str]]:
        """Path, mode and blob of each file. Raises SourceError for what is not delivered."""
        kind = self._kind(content)
        if kind == "blob":
            yield "", "100644", content
            return
        if kind != "tree":
            raise SourceError(f"content {content} is a {kind}, neither file nor folder")
        listed = self._git().output("ls-tree", "-rz", "--full-tree", content)
        records = [record for record in listed.split(b"\0") if record]
        if len(records) > MOST_FILES:
            raise SourceError(
                f"content {content} has {len(records):,} files, more than {MOST_FILES:,}",
                "put them into an archive",
            )
        for record in records:
            entry, _, name = record.partition(b"\t")
            mode, _, blob = entry.decode("ascii").split(" ")
            yield _path(name), _mode(mode, name), blob

    def _kind(self, content: str) -> str:
        """The type of an object; a remote is fetched when it is not there. Raises SourceError."""
        found = self._type(content)
        if found is None and self._fetch():
            found = self._type(content)
        if found is None:
            raise SourceError(
                f"content {content} is not in the repository",
                "fetch the revision that the store has applied",
            )
        return found

    def _type(self, content: str) -> str | None:
        try:
            return self._git().output("cat-file", "-t", content).decode("ascii").strip()
        except SourceError:  # also a mirror that is not there yet
            return None

    def _fetch(self) -> bool:
        """At most every half minute, whoever asks."""
        with self._guard:
            now = time.monotonic()
            if self._refreshed is not None and now < self._refreshed + _REFRESH_SECONDS:
                return False
            self._refreshed = now
        self._refresh()
        return True

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """One thread at a time for one thing: the others would do the same work again.

        They do not wait for long either, as many as may ask. Raises ContentNotReady.
        """
        with self._guard:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, users + 1)
        mine = False
        try:
            mine = lock.acquire(timeout=_OTHERS_WAIT_SECONDS)
            if not mine:
                raise ContentNotReady(
                    f"{key} is being read from git by another request", "ask again soon"
                )
            yield
        finally:
            if mine:
                lock.release()
            with self._guard:
                lock, users = self._locks.pop(key)
                if users > 1:
                    self._locks[key] = (lock, users - 1)


def _path(name: bytes) -> str:
    """A path that can be laid out anywhere. Raises SourceError."""
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        path = ""
    if not path or len(path) > LONGEST_PATH or "\\" in path or not path.isprintable():
        raise SourceError(f"a file can't be delivered by its name: {_shown(name)}", "rename it")
    return path


def _mode(mode: str, name: bytes) -> str:
    if mode in _FILES:
        return mode
    what = _OTHERS.get(mode, f"of mode {mode}")
    raise SourceError(f"{_shown(name)} is {what}, and not delivered", "put the file itself there")


def _shown(name: bytes) -> str:
    return one_line(name.decode("utf-8", "replace"))


def _no_pointer(path: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, unless they are a pointer of Git LFS. Raises SourceError."""
    first = next(chunks, b"")
    if len(first) <= _POINTER_SIZE and first.startswith(_POINTER):
        raise SourceError(
            f"{path or 'the content'} is a pointer of Git LFS: what it stands for is not in git",
            "package the component with the file itself",
        )
    yield first
    yield from chunks


def _chunks(git: Git, blob: str) -> Iterator[bytes]:
    """The bytes of a blob, one chunk at a time in memory. Raises SourceError."""
    process = git.start("cat-file", "blob", blob, with_stdin=False)
    assert process.stdout is not None
    assert process.stderr is not None
    out = process.stdout.fileno()
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while True:
                if not selector.select(_STALLED_SECONDS):
                    raise SourceError(
                        f"git cat-file wrote nothing for {_STALLED_SECONDS:.0f} s",
                        "run it again; if it happens again, look at the disk",
                    )
                chunk = os.read(out, _CHUNK)
                if not chunk:
                    break
                yield chunk
        said = process.stderr.read().decode("utf-8", "replace")
        if process.wait() != 0:
            raise GitFailed("cat-file", said)
    finally:
        end(process)
