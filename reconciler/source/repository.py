"""A repository's objects and refs: revisions turned into commit ids, ancestry and snapshots."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import NothingYet, SourceError, StalePlan
from reconciler.ports import FileChange
from reconciler.source.changes import changed_files
from reconciler.source.process import Git, GitFailed
from reconciler.source.signature import verify
from reconciler.source.snapshot import GitSnapshot
from reconciler.source.wording import one_line, reason

FULL_HISTORY = "the clone is shallow: check out with fetch-depth: 0, or run git fetch --unshallow"

_FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_REVISION = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where to read and how to name it.

    `shown` is for messages and holds no credentials; `prefix` is the publisher root's path below
    the top of the repository, "" for the top.
    """

    git: Git
    shown: str
    prefix: str

    def commit_id(self, revision: str) -> str | None:
        """The full id of the commit that `revision` names; None when it names none.

        Raises SourceError for a text that can't name one.
        """
        _check_revision(revision)
        result = self.git.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        found = result.output.decode("ascii", "replace").strip()
        if result.code == 0 and _FULL_ID.fullmatch(found):
            return found
        if "ambiguous" in result.stderr:
            raise SourceError(
                f"{one_line(revision)} could be several objects of {self.shown}",
                "give more of the commit id, or the branch in full: refs/heads/...",
            )
        return None

    def required_commit_id(self, revision: str) -> str:
        """The same. Raises SourceError when `revision` names no commit."""
        found = self.commit_id(revision)
        if found is None:
            raise SourceError(
                f"{self.shown} has no revision {one_line(revision)}",
                FULL_HISTORY if self.is_shallow() else "see git branch --all, git tag and git log",
            )
        return found

    def is_shallow(self) -> bool:
        """Whether the history is cut off."""
        return self.git.output("rev-parse", "--is-shallow-repository").strip() == b"true"

    def descends(self, revision: str, ancestor: str, deepen: Callable[[str], None]) -> bool:
        """Whether `ancestor` is `revision` or lies in its history (SPEC section 7.1).

        `deepen(commit id)` fetches the rest of a shallow history. Raises StalePlan when that
        fails or does not suffice to tell, SourceError when there is no such revision.
        """
        later = self.required_commit_id(revision)
        if self._is_ancestor(ancestor, later):
            return True
        if not self.is_shallow():
            return False
        try:
            deepen(later)
        except SourceError as failure:
            why = reason(failure.stderr) if isinstance(failure, GitFailed) else failure.message
            raise StalePlan(
                f"the history of {self.shown} is cut off and can't be fetched: {why}",
                FULL_HISTORY,
            ) from None
        if self._is_ancestor(ancestor, later):
            return True
        if self.is_shallow():
            raise StalePlan(f"the history of {self.shown} is cut off at its remote", FULL_HISTORY)
        return False

    def snapshot(self, revision: str) -> GitSnapshot:
        """The files of a revision. Raises SourceError (SPEC section 7.1)."""
        commit = self.required_commit_id(revision)
        shown = f"{self.shown} in revision {commit[:12]}"
        try:
            root = self.git.output(
                "rev-parse", "--verify", "--end-of-options", f"{commit}:{self.prefix}"
            )
            root_id = root.decode("ascii", "replace").strip()
            is_folder = self.git.output("cat-file", "-t", root_id).strip() == b"tree"
        except GitFailed:
            is_folder = False
        if not is_folder:
            folder = one_line(self.prefix)
            raise NothingYet(
                f"{self.shown}: revision {commit[:12]} has no folder {folder}",
                "check the folder, or commit it first",
            )
        return GitSnapshot(self.git, root_id=root_id, revision=commit, shown=shown)

    def verify(self, revision: str, *, signers: Path, revoked: Path | None) -> None:
        """Returns when a commit is signed by one of these keys. Raises UnsignedRevision."""
        commit = self.required_commit_id(revision)
        verify(self.git, commit, self.shown, signers=signers, revoked=revoked)

    def changes(self, before: str, after: str) -> tuple[FileChange, ...] | None:
        """The files below the root that differ between two commits; None when it can't tell."""
        return changed_files(self.git, before, after, self.prefix)

    def _is_ancestor(self, ancestor: str, later: str) -> bool:
        earlier = self.commit_id(ancestor)
        if earlier is None:
            return False
        result = self.git.run("merge-base", "--is-ancestor", earlier, later)
        if result.code not in (0, 1):
            raise GitFailed("merge-base", result.stderr)
        return result.code == 0


def _check_revision(revision: str) -> None:
    if not revision or len(revision) > _LONGEST_REVISION:
        raise SourceError("the revision is empty or too long", "give a branch, tag or commit id")
    if revision.startswith("-") or not revision.isprintable():
        raise SourceError(
            f"{one_line(revision)} can't be a revision", "give a branch, tag or commit id"
        )
