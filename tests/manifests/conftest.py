"""A snapshot that lies in memory, and ways to read one file or a folder of cases with it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import SourceError
from reconciler.manifests.locate import located
from reconciler.manifests.read import read
from reconciler.model.findings import Finding
from reconciler.ports import ManifestFile, PathLookup, PathState, PathTrouble, Snapshot


class MemorySnapshot:
    """The files of a revision, kept as bytes by path; blob ids are those that git would give."""

    def __init__(
        self, contents: Mapping[str, bytes], troubles: tuple[PathTrouble, ...] = ()
    ) -> None:
        self._contents = dict(sorted(contents.items()))
        self._troubles = troubles
        self.files_read: list[str] = []

    @property
    def revision(self) -> str | None:
        return None

    def manifests(self) -> tuple[ManifestFile, ...]:
        return tuple(
            ManifestFile(path=path, blob_id=_blob_id(content))
            for path, content in self._contents.items()
            if path.endswith((".yaml", ".yml"))
        )

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        for file in files:
            self.files_read.append(file.path)
            yield file, self._contents[file.path]

    def lookup(self, path: str) -> PathLookup:
        if path.startswith(".."):
            return PathLookup(state=PathState.ESCAPES)
        if path not in self._contents:
            return PathLookup(state=PathState.MISSING)
        return PathLookup(state=PathState.FOUND, object_id=_blob_id(self._contents[path]))

    def content(self, path: str) -> bytes:
        if path not in self._contents:
            raise SourceError(f"there is no {path}.")
        return self._contents[path]

    def troubles(self) -> tuple[PathTrouble, ...]:
        return self._troubles


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@pytest.fixture
def memory_snapshot() -> type[MemorySnapshot]:
    return MemorySnapshot


@pytest.fixture
def folder_snapshot() -> Callable[[Path], MemorySnapshot]:
    """All files below a folder, apart from expected.json."""

    def load(folder: Path) -> MemorySnapshot:
        return MemorySnapshot(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and path.name != "expected.json"
            }
        )

    return load


@pytest.fixture
def findings_of() -> Callable[[Snapshot], list[Finding]]:
    """Everything wrong with a snapshot's files, with lines, in order."""

    def find(snapshot: Snapshot) -> list[Finding]:
        reading = read(snapshot)
        return sorted((*reading.findings, *located(snapshot, reading.problems)), key=_place)

    return find


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (finding.path, finding.line, finding.column, finding.message)


@pytest.fixture
def findings_in(
    findings_of: Callable[[Snapshot], list[Finding]],
) -> Callable[[str | bytes], list[Finding]]:
    """Everything wrong with one file, without its path."""

    def find(content: str | bytes) -> list[Finding]:
        raw = content.encode() if isinstance(content, str) else content
        found = findings_of(MemorySnapshot({"manifest.yaml": raw}))
        assert {finding.path for finding in found} <= {"manifest.yaml"}
        return [replace(finding, path="") for finding in found]

    return find
