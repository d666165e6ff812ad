"""Verified files -> a folder whose `current` leads to one whole bundle, whatever is killed when.

current -> bundles/DIGEST     the bundle that runs; moved by one rename
bundles/DIGEST/bundle.json    what it is, as the server said it
bundles/DIGEST/files.json     its files by path, with the SHA-256 of each
bundles/DIGEST/PACK[@INSTANCE]/COMPONENT/FILE
.blobs/SHA256[.part]          files by content; a part is what was downloaded so far
.lock .name                   one agent at a time; the name that it goes by
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reconciler.agent.wanted import Wanted, WantedFile
from reconciler.errors import ReconcilerError

_READ_ONLY = 0o444
_READ_AND_RUN = 0o555


class Folder:
    """One agent's folder. All methods raise OSError when it can't be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blobs = path / ".blobs"
        self._bundles = path / "bundles"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes it, and keeps other agents out. Raises ReconcilerError when one is there."""
        self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._bundles.mkdir(exist_ok=True)
        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ReconcilerError(
                    f"another agent keeps {self.path}", "stop it, or give this one its own folder"
                ) from None
            yield
        finally:
            os.close(lock)

    def name(self, default: str) -> str:
        """The name that the agent of this folder has gone by; `default` the first time."""
        place = self.path / ".name"
        with suppress(OSError, ValueError):
            if known := place.read_text(encoding="utf-8").strip():
                return known
        place.write_text(default + "\n", encoding="utf-8")
        return default

    def current(self) -> dict[str, Any] | None:
        """The bundle that runs, as the server said it; None before the first."""
        try:
            found = json.loads((self.path / "current" / "bundle.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def blob(self, sha256: str) -> Path:
        """Where a verified file lies, if it does."""
        return self._blobs / sha256

    def part(self, sha256: str) -> Path:
        """Where the beginning of a file lies, if it does."""
        return self._blobs / f"{sha256}.part"

    def keep_blob(self, sha256: str) -> None:
        """A part that is complete and verified."""
        part = self.part(sha256)
        part.chmod(_READ_ONLY)
        _sync(part)
        part.replace(self.blob(sha256))

    def has(self, digest: str) -> bool:
        """Whether a bundle lies there, whole."""
        return (self._bundles / digest).is_dir()

    def lay_out(
        self, bundle: Wanted, files_by_content: Mapping[str, tuple[WantedFile, ...]]
    ) -> None:
        """A bundle in a folder of its own, of blobs that are there; it appears when it is whole."""
        new = self._bundles / ".new"
        _remove(new)
        new.mkdir()
        listed: dict[str, str] = {}
        for attachment in bundle.attachments:
            for content in attachment.contents:
                for file in files_by_content[content.content]:
                    path = f"{content.place}/{file.path}" if file.path else content.place
                    self._put(new / path, file)
                    listed[path] = file.sha256
        _write(new / "files.json", listed)
        _write(new / "bundle.json", bundle.fields)
        for folder, _, _ in os.walk(new, topdown=False):
            _sync(Path(folder))
        new.rename(self._bundles / bundle.digest)
        _sync(self._bundles)

    def _put(self, target: Path, file: WantedFile) -> None:
        """A second name of the blob where its mode lets it, else a copy."""
        target.parent.mkdir(parents=True, exist_ok=True)
        blob = self.blob(file.sha256)
        if file.mode != "100755":
            with suppress(OSError):
                os.link(blob, target)
                return
        shutil.copyfile(blob, target)
        target.chmod(_READ_AND_RUN if file.mode == "100755" else _READ_ONLY)
        _sync(target)

    def switch(self, digest: str) -> str | None:
        """From now on `current` leads to that bundle; what it led to before."""
        link, new = self.path / "current", self.path / ".current.new"
        before = link.readlink().name if link.is_symlink() else None
        new.unlink(missing_ok=True)
        new.symlink_to(Path("bundles") / digest)
        new.replace(link)
        _sync(self.path)
        return before

    def collect(self, keep: set[str]) -> None:
        """Removes all bundles but these, and files that none of them has."""
        used: set[str] = set()
        for bundle in self._bundles.iterdir():
            if bundle.name not in keep:
                _remove(bundle)
                continue
            with suppress(OSError, ValueError):
                used.update(json.loads((bundle / "files.json").read_bytes()).values())
        for blob in self._blobs.iterdir():
            if blob.name not in used:
                blob.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """First out of the way, so that what is half removed is never taken for a whole bundle."""
    if folder.exists():
        gone = folder.with_name(".gone")
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        shutil.rmtree(gone)


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    """What was written is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
