"""A remote URL turned into a source: a bare mirror in the cache, fetched when asked, read offline.

Opening and reading never touch the network; only refresh() does, and a rare deepening.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import SourceError
from reconciler.model.branches import BranchDraft, Edits, PreparedBranch
from reconciler.ports import FileChange
from reconciler.settings import user_cache
from reconciler.source.access import with_access
from reconciler.source.location import RemoteLocation
from reconciler.source.process import FETCH_SECONDS, Git, GitFailed
from reconciler.source.repository import Repository
from reconciler.source.snapshot import GitSnapshot
from reconciler.source.wording import hint_for, one_line, reason

_APPLIED = "refs/reconciler/applied"
_REMOTE_HEAD = "refs/reconciler/head"
_BRANCHES_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_LOCK_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSource:
    """A remote repository, read from its mirror; satisfies ports.Source.

    `ref` is the branch that resolve(None) takes, None for the remote's HEAD.
    """

    location: RemoteLocation
    ref: str | None
    path: Path

    @property
    def shown(self) -> str:
        """The URL without credentials, for messages."""
        return self.location.shown

    @property
    def folder(self) -> str:
        """The publisher root in the repository, "" for its top."""
        return self.location.folder

    def reader(self) -> Git:
        """What reads its objects. Raises SourceError when nothing was ever fetched."""
        return self._repository().git

    def resolve(self, revision: str | None = None) -> str:
        """The full commit id of a revision, as last fetched; None means `ref`, or HEAD.

        Raises SourceError, also when nothing was ever fetched.
        """
        repository = self._repository()
        if revision is not None:
            return repository.required_commit_id(revision)
        if self.ref is None:
            head = repository.commit_id(_REMOTE_HEAD)
            if head is None:
                raise self._never_fetched()
            return head
        branch = repository.commit_id(f"refs/heads/{self.ref}")
        return branch or repository.required_commit_id(self.ref)

    def descends(self, revision: str, ancestor: str) -> bool:
        """Whether `ancestor` is `revision` or lies in its history.

        Raises StalePlan when the remote itself is a shallow clone that can't tell.
        """
        return self._repository().descends(revision, ancestor, self._deepen)

    def verify(self, revision: str, *, signers: Path, revoked: Path | None) -> None:
        """Returns when a commit is signed by one of these keys. Raises UnsignedRevision."""
        self._repository().verify(revision, signers=signers, revoked=revoked)

    def snapshot(self, revision: str) -> GitSnapshot:
        """Raises SourceError when the revision can't be read or has no publisher.yaml."""
        return self._repository().snapshot(revision)

    def changes(self, before: str, after: str) -> tuple[FileChange, ...] | None:
        """The files that differ between two revisions; None when that can't be told."""
        return self._repository().changes(before, after)

    def worktree(self) -> GitSnapshot:
        """Raises SourceError: a remote has no working tree."""
        raise SourceError(
            f"{self.shown} is a remote and has no files on disk",
            "give a working copy, or leave out --worktree where that was asked for",
        )

    def edited(self, edits: Edits, revision: str | None) -> GitSnapshot:  # noqa: ARG002
        """Raises SourceError: manifests are written in a clone."""
        raise self._not_a_clone()

    def prepare(self, draft: BranchDraft) -> PreparedBranch:  # noqa: ARG002
        """Raises SourceError: nothing is ever pushed."""
        raise self._not_a_clone()

    def uncommitted(self) -> int:
        """0: a remote has no working tree."""
        return 0

    def refresh(self) -> None:
        """Fetches all branches and tags; makes the mirror the first time.

        Raises SourceError when the remote can't be read: what was fetched before stays usable.
        """
        heads = () if self.ref is not None else (f"+HEAD:{_REMOTE_HEAD}",)
        with self._locked():
            self._fetch("--prune", "--force", refspecs=(*_BRANCHES_AND_TAGS, *heads))
            if heads:
                self._git().output("update-ref", "--no-deref", "HEAD", _REMOTE_HEAD)

    def keep(self, revision: str) -> None:
        """Keeps a commit that the remote may drop by a forced push: git prunes what has no ref.

        Raises SourceError when the mirror has no such commit.
        """
        repository = self._repository()
        commit = repository.required_commit_id(revision)
        repository.git.output("update-ref", _APPLIED, commit)

    def _deepen(self, commit_id: str) -> None:
        with self._locked():
            self._fetch("--unshallow", refspecs=(commit_id,))

    def _fetch(self, *options: str, refspecs: tuple[str, ...]) -> None:
        git = with_access(self._git(), self.location)
        try:
            git.output(
                *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow"),
                *(*options, "--", self.location.url, *refspecs),
                seconds=FETCH_SECONDS,
            )
        except GitFailed as failure:
            raise self._cannot_fetch(failure.stderr) from None
        except SourceError as failure:
            raise SourceError(
                f"cannot fetch {self.shown}: {failure.message}", failure.hint
            ) from None

    def _cannot_fetch(self, stderr: str) -> SourceError:
        if "couldn't find remote ref HEAD" in stderr:
            return SourceError(
                f"cannot fetch {self.shown}: its default branch has no commits",
                "push the manifests to it, or name another branch with --ref",
            )
        return SourceError(f"cannot fetch {self.shown}: {reason(stderr)}", hint_for(stderr))

    def _repository(self) -> Repository:
        git = self._git()
        known = self.path.is_dir() and git.run("for-each-ref", "--count=1").output
        if not known:
            raise self._never_fetched()
        return Repository(git=git, shown=self.shown, prefix=self.location.folder)

    def _git(self) -> Git:
        return Git(
            folder=self.path,
            git_dir=self.path,
            settings=("gc.pruneExpire=never",),  # an applied commit must outlive forced pushes
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Makes the mirror, and holds it alone: two fetches at once would fail on git's locks."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._no_mirror(error.strerror or "unknown") from None
        try:
            self._wait_for(lock)
            try:
                Git(folder=self.path.parent).output(
                    "init", "--quiet", "--bare", "--template=", str(self.path)
                )
            except GitFailed as failure:
                raise self._no_mirror(reason(failure.stderr)) from None
            yield
        finally:
            os.close(lock)

    def _wait_for(self, lock: int) -> None:
        give_up = time.monotonic() + FETCH_SECONDS
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise self._no_mirror("another process holds it") from None
                time.sleep(_LOCK_POLL_SECONDS)

    def _never_fetched(self) -> SourceError:
        return SourceError(
            f"{self.shown} was never fetched", "fetch it once while it can be reached"
        )

    def _not_a_clone(self) -> SourceError:
        return SourceError(
            f"{self.shown} is a remote, and nothing is written to it or pushed",
            "clone it, and give the clone's folder as REPO",
        )

    def _no_mirror(self, why: str) -> SourceError:
        return SourceError(
            f"cannot keep a mirror of {self.shown} in {one_line(str(self.path))}: {why}",
            "make its folder writable, or name another with XDG_CACHE_HOME",
        )


def open_mirror(
    location: RemoteLocation, *, ref: str | None, mirror_root: Path | None
) -> MirrorSource:
    """The source for a URL; its mirror lies below `mirror_root`, by default in the user's cache."""
    name = hashlib.sha256(location.url.encode()).hexdigest()[:32]
    return MirrorSource(
        location=location, ref=ref, path=(mirror_root or _default_root()).absolute() / name
    )


def _default_root() -> Path:
    cache = user_cache()
    if cache is None:
        raise SourceError(
            "there is no home folder to keep a mirror in",
            "name a folder for it with XDG_CACHE_HOME",
        )
    return cache / "mirrors"
