"""A source of revisions, and the files of one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from reconciler.model.branches import BranchDraft, Edits, PreparedBranch


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A .yaml or .yml file: its POSIX path below the publisher root and its git blob id."""

    path: str
    blob_id: str


class PathState(StrEnum):
    """What a path in a manifest leads to."""

    FOUND = "found"
    MISSING = "missing"
    ESCAPES = "escapes"  # leaves the publisher root, by ".." or through a symbolic link


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLookup:
    """The answer for one path; `object_id` (blob or tree) only when it was found."""

    state: PathState
    object_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTrouble:
    """A path under the root that can't be taken as it is; `rule` is the finding's rule id.

    Symbolic links and submodules that pass for manifests, and paths that differ by case alone.
    """

    path: str
    rule: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file below the publisher root that differs between two revisions.

    `before` and `after` are git blob ids, None where it is not there. `is_plain` False: a link or a
    submodule, before or after.
    """

    path: str
    before: str | None
    after: str | None
    is_manifest: bool
    is_plain: bool


class Snapshot(Protocol):
    """The files of one revision (or of the working tree) below the publisher root."""

    @property
    def revision(self) -> str | None:
        """The full commit id; None for the working tree."""
        ...

    def manifests(self) -> tuple[ManifestFile, ...]:
        """All .yaml and .yml files outside dot-folders, in path order."""
        ...

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        """Each file's content, in the order given. Raises SourceError."""
        ...

    def lookup(self, path: str) -> PathLookup:
        """What `path`, relative to the publisher root, leads to. Does no further reading."""
        ...

    def content(self, path: str) -> bytes:
        """The content of a file that lookup() found. Raises SourceError."""
        ...

    def troubles(self) -> tuple[PathTrouble, ...]:
        """What must not be taken for a manifest."""
        ...


class Source(Protocol):
    """A git repository, or a folder inside one, with publisher.yaml at its top."""

    @property
    def folder(self) -> str:
        """Where the publisher root lies in the repository, "" for its top."""
        ...

    def resolve(self, revision: str | None = None) -> str:
        """The full commit id of a revision; None means HEAD. Raises SourceError."""
        ...

    def descends(self, revision: str, ancestor: str) -> bool:
        """Whether `ancestor` is `revision` or lies in its history; deepens a shallow clone.

        False also when the ancestor is not in the repository at all. Raises StalePlan when a
        shallow clone can't be deepened, with the hint "fetch-depth: 0".
        """
        ...

    def verify(self, revision: str, *, signers: Path, revoked: Path | None) -> None:
        """Raises UnsignedRevision unless a key of `signers` that is not `revoked` signed it."""
        ...

    def snapshot(self, revision: str) -> Snapshot:
        """Raises SourceError when the revision can't be read or has no publisher.yaml."""
        ...

    def changes(self, before: str, after: str) -> tuple[FileChange, ...] | None:
        """The files that differ between two revisions; None when that can't be told."""
        ...

    def worktree(self) -> Snapshot:
        """The files as they lie on disk, ignored ones left out. Raises SourceError when bare."""
        ...

    def edited(self, edits: Edits, revision: str | None) -> Snapshot:
        """A revision, None for the working copy, as it would be with the edits; writes nothing."""
        ...

    def prepare(self, draft: BranchDraft) -> PreparedBranch:
        """A commit on a local branch, of a local repository alone. Raises SourceError."""
        ...

    def keep(self, revision: str) -> None:
        """Keeps an applied revision reachable in a mirror, whatever the remote does."""
        ...

    def uncommitted(self) -> int:
        """How many manifests below the root differ from HEAD; 0 for a bare repository or a URL."""
        ...

    def refresh(self) -> None:
        """Fetches a remote into its mirror; a local repository needs none. Raises SourceError."""
        ...
