"""A folder on this machine turned into a source: working copy, bare repository, folder inside."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import NothingYet, SourceError
from reconciler.model.branches import BranchDraft, Edits, PreparedBranch
from reconciler.ports import FileChange
from reconciler.source.listing import is_manifest_path
from reconciler.source.partial import git_for
from reconciler.source.process import FETCH_SECONDS, Git
from reconciler.source.repository import Repository
from reconciler.source.snapshot import GitSnapshot
from reconciler.source.wording import one_line, reason
from reconciler.source.worktree import snapshot_worktree

_FOREIGN = re.compile(r"(?:dubious ownership in|unsafe) repository (?:at )?\(?'([^\n]+?)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSource:
    """A repository on this machine; satisfies ports.Source.

    `ref` is the branch that resolve(None) takes, None for HEAD. `objects` is the repository's
    folder of objects.
    """

    repository: Repository
    ref: str | None
    bare: bool
    git_dir: Path
    objects: Path

    @property
    def shown(self) -> str:
        """The folder, for messages."""
        return self.repository.shown

    @property
    def folder(self) -> str:
        """The publisher root in the repository, "" for its top."""
        return self.repository.prefix

    def reader(self) -> Git:
        """What reads its objects."""
        return self.repository.git

    def resolve(self, revision: str | None = None) -> str:
        """The full commit id of a revision; None means `ref`, or HEAD. Raises SourceError."""
        if revision is not None:
            return self.repository.required_commit_id(revision)
        if self.ref is not None:
            branch = self.repository.commit_id(f"refs/heads/{self.ref}")
            return branch or self.repository.required_commit_id(self.ref)
        head = self.repository.commit_id("HEAD")
        if head is None:
            raise NothingYet(
                f"{self.shown} has no commits yet",
                "commit the manifests; validate --worktree reads them before that",
            )
        return head

    def descends(self, revision: str, ancestor: str) -> bool:
        """Whether `ancestor` is `revision` or lies in its history; deepens a shallow clone.

        Raises StalePlan when that is needed and fails.
        """
        return self.repository.descends(revision, ancestor, self._deepen)

    def verify(self, revision: str, *, signers: Path, revoked: Path | None) -> None:
        """Returns when a commit is signed by one of these keys. Raises UnsignedRevision."""
        self.repository.verify(revision, signers=signers, revoked=revoked)

    def snapshot(self, revision: str) -> GitSnapshot:
        """Raises SourceError when the revision can't be read or has no publisher.yaml."""
        return self.repository.snapshot(revision)

    def changes(self, before: str, after: str) -> tuple[FileChange, ...] | None:
        """The files that differ between two revisions; None when that can't be told."""
        return self.repository.changes(before, after)

    def worktree(self) -> GitSnapshot:
        """The files as they lie on disk. Raises SourceError for a bare repository."""
        if self.bare:
            raise SourceError(
                f"{self.shown} is a bare repository and has no files on disk",
                "give a working copy, leave out --worktree if that was asked for, or add --branch "
                "to a command that has it",
            )
        return snapshot_worktree(
            self.repository.git,
            git_dir=self.git_dir,
            objects=self.objects,
            prefix=self.repository.prefix,
        )

    def edited(self, edits: Edits, revision: str | None) -> GitSnapshot:
        """A revision, None for the working copy, as it would be with the edits."""
        from reconciler.source.edits import edited_snapshot  # no pass needs it

        before = self.worktree() if revision is None else self.snapshot(revision)
        return edited_snapshot(before, edits, self.objects)

    def prepare(self, draft: BranchDraft) -> PreparedBranch:
        """A commit with edits on a local branch. Raises SourceError when that can't be."""
        from reconciler.source.branches import prepare_branch  # no pass needs it

        return prepare_branch(self.repository.git, draft, self.repository.prefix)

    def uncommitted(self) -> int:
        """How many manifests below the root differ from HEAD; 0 for a bare repository."""
        if self.bare:
            return 0
        prefix = self.repository.prefix
        output = self.repository.git.output(
            *("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"),
            *("--ignore-submodules=all", "--", prefix or "."),
        )
        records = output.decode("utf-8", "surrogateescape").split("\0")
        below = len(prefix) + 1 if prefix else 0
        return sum(is_manifest_path(record[3:][below:]) for record in records)

    def refresh(self) -> None:
        """Does nothing: a local repository is as it is."""

    def keep(self, revision: str) -> None:
        """Does nothing: nothing is written to a repository that is not ours."""

    def _deepen(self, commit_id: str) -> None:
        git = self.repository.git
        names = git.output("remote").decode("utf-8", "replace").splitlines()
        if not names:
            raise SourceError("it has no remote")
        remote = "origin" if "origin" in names else names[0]
        git_for(git, remote).output(
            *("fetch", "--quiet", "--unshallow", "--no-tags", "--no-write-fetch-head"),
            *("--refmap=", "--", remote, commit_id),
            seconds=FETCH_SECONDS,
        )


def open_local(path: Path, *, ref: str | None) -> LocalSource:
    """The repository that `path` is, or lies in. Raises SourceError when there is none.

    Below a bare repository the folders need not exist on disk: they are folders of its trees.
    """
    try:
        place = path.resolve()
        folder = next(parent for parent in (place, *place.parents) if parent.is_dir())
    except (OSError, RuntimeError):
        raise SourceError(f"{one_line(str(path))} can't be read", "check the path") from None
    shown = one_line(str(place))
    found = _discover(folder, place)
    if found.bare:
        prefix, top = _below(found.git_dir, place), found.git_dir
    elif place != folder:
        raise _no_folder(place)
    else:
        prefix, top = found.prefix, found.top
    git = Git(folder=top).using(**_quarantine(found.objects))
    return LocalSource(
        repository=Repository(git=git, shown=shown, prefix=prefix),
        ref=ref,
        bare=found.bare,
        git_dir=found.git_dir,
        objects=found.objects,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    bare: bool
    git_dir: Path
    objects: Path
    top: Path
    prefix: str


def _discover(folder: Path, place: Path) -> _Found:
    """Asks git, which also refuses a repository that belongs to somebody else."""
    result = Git(folder=folder).run(
        *("rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir"),
        *("--git-path", "objects", "--show-prefix", "--show-toplevel"),
    )
    lines = result.output.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) < 6 or lines[0] not in ("true", "false"):
        raise _not_a_repository(result.stderr, place)
    bare = lines[0] == "true" and lines[1] == "false"
    if not bare and lines[1] == "false":
        raise SourceError(
            f"{one_line(str(place))} is the inside of a working copy's .git",
            "give the working copy's own folder",
        )
    return _Found(
        bare=bare,
        git_dir=Path(lines[2]),
        objects=(folder / lines[3]).resolve(),
        top=Path(lines[2] if bare else lines[5]),
        prefix=lines[4].removesuffix("/"),
    )


def _below(top: Path, path: Path) -> str:
    """`path` as a folder of the repository at `top`, "" where it is not below it."""
    return "/".join(path.relative_to(top).parts) if path.is_relative_to(top) else ""


def _not_a_repository(stderr: str, place: Path) -> SourceError:
    shown = one_line(str(place))
    if foreign := _FOREIGN.search(stderr):
        top = one_line(foreign[1])
        return SourceError(
            f"{top} belongs to another user, so git does not read it",
            f"if you trust it: git config --global --add safe.directory {top}",
        )
    if "not a git repository" in stderr:
        if not place.is_dir():
            return _no_folder(place)
        return SourceError(
            f"{shown} is not in a git repository",
            "run git init in it and commit the manifests, or give a repository's folder or URL",
        )
    return SourceError(f"{shown} can't be read as a repository: {reason(stderr)}")


def _no_folder(place: Path) -> SourceError:
    what = "is not a folder" if place.exists() else "does not exist"
    return SourceError(f"{one_line(str(place))} {what}", "check the path")


def _quarantine(objects: Path) -> dict[str, str]:
    """In a pre-receive hook the commits that are judged still lie apart from the repository."""
    quarantine = os.environ.get("GIT_QUARANTINE_PATH")
    if quarantine is None or not Path(quarantine).resolve().is_relative_to(objects.resolve()):
        return {}
    names = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
    return {name: os.environ[name] for name in names if name in os.environ}
