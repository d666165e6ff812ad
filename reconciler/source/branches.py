"""Edits turned into a commit on a local branch; working copy, index and HEAD stay as they are.

Objects are written by plumbing with an index of our own, and the branch is set by one `update-ref`
that names the value it had: who was quicker wins, and a failure leaves the branch as it was.
"""

import re
import tempfile
from pathlib import Path

from reconciler.errors import BranchKept, SourceError
from reconciler.model.branches import BranchDraft, BranchState, Edits, PreparedBranch
from reconciler.source.edits import tree_with
from reconciler.source.process import Git, GitFailed
from reconciler.source.wording import one_line, reason

_NOBODY = re.compile(r"tell me who you are|no (?:name|email) was given|empty ident|ident name")
_LOCKED = re.compile(r"Unable to create '([^\n]+\.lock)': File exists")
_LONGEST_NAME = 200
_TREE = "Prepared-Tree: "
_ANOTHER = "give another name: --branch NAME"


def prepare_branch(git: Git, draft: BranchDraft, prefix: str) -> PreparedBranch:
    """The branch with the draft's commit as its tip; `prefix` is the root's path in the repository.

    A branch that holds the same files already is left as it is. Raises SourceError for a name that
    can't be a branch's, one that is taken, a lock, or a user whom git does not know.
    """
    ref = _ref(git, draft.name)
    edits = {f"{prefix}/{path}" if prefix else path: to for path, to in draft.edits.items()}
    with tempfile.TemporaryDirectory(prefix="reconciler-branch-") as folder:
        tree = tree_with(git, draft.base, edits, Path(folder))
    local = _tip(git, ref)
    tip = local or _pushed(git, draft)
    if tip is not None and _holds(git, tip, tree, draft, edits):
        if local is None:
            _set(git, ref, tip, None, draft)
        return PreparedBranch(name=draft.name, commit=tip, state=BranchState.UNCHANGED)
    if tip is not None:
        _refuse_unless_renewable(git, draft, ref, tip)
    commit = _commit(git, tree, draft)
    _set(git, ref, commit, local, draft)
    state = BranchState.MADE if tip is None else BranchState.RENEWED
    return PreparedBranch(name=draft.name, commit=commit, state=state)


def _ref(git: Git, name: str) -> str:
    """The branch as a full ref, so that nothing in its name is taken for anything else."""
    ref = f"refs/heads/{name}"
    fits = name.isprintable() and not name.startswith(("-", "refs/"))
    fits = fits and name not in ("HEAD", "@")  # which git push takes for what is checked out
    if not fits or not 0 < len(name) <= _LONGEST_NAME or git.run("check-ref-format", ref).code:
        raise SourceError(
            f"{one_line(name) or 'an empty text'} can't be the name of a branch",
            "use letters, digits, hyphens and slashes, as in release/orders-1.5.0",
        )
    return ref


def _tip(git: Git, ref: str) -> str | None:
    found = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.output.decode("ascii").strip() if found.code == 0 else None


def _pushed(git: Git, draft: BranchDraft) -> str | None:
    """Where origin has a renewable branch: a fresh clone, as of a CI, has none of its own."""
    return None if draft.renewable is None else _tip(git, f"refs/remotes/origin/{draft.name}")


def _holds(git: Git, tip: str, tree: str, draft: BranchDraft, edits: Edits) -> bool:
    """Whether the branch has the same files: all of them, or of a renewable one those edited."""
    only = () if draft.renewable is None else ("--", *edits)
    return not git.output("diff-tree", "-r", "--name-only", "--no-renames", tip, tree, *only)


def _refuse_unless_renewable(git: Git, draft: BranchDraft, ref: str, tip: str) -> None:
    shown = one_line(draft.name)
    if draft.renewable is None:
        raise SourceError(f"there is a branch {shown} already, with other contents", _ANOTHER)
    log = git.output("log", "-z", "--format=%T%n%B", f"{draft.base}..{tip}")
    commits = log.decode("utf-8", "replace").rstrip("\0").split("\0") if log else []
    if not all(_is_ours(commit.splitlines(), draft.renewable) for commit in commits):
        raise BranchKept(
            f"somebody else committed on branch {shown}; it was left as it is",
            "merge it, or delete it to have it made anew",
        )
    place = git.output("for-each-ref", "--format=%(worktreepath)", ref).decode("utf-8", "replace")
    if place.strip():
        raise BranchKept(
            f"branch {shown} is checked out in {one_line(place)}; it was left as it is",
            "check another branch out there, and run this again",
        )


def _is_ours(lines: list[str], mark: str) -> bool:
    """Whether a commit, its tree and then its message, is as it was prepared, not amended."""
    return mark in lines and f"{_TREE}{lines[0]}" in lines


def _message(tree: str, draft: BranchDraft) -> bytes:
    """A renewable commit says what it holds: by that it is known again."""
    message = draft.message
    if draft.renewable is not None:
        rest = message.removesuffix("\n").removesuffix(draft.renewable)
        message = f"{rest}{_TREE}{tree}\n{draft.renewable}\n"
    return message.encode()


def _commit(git: Git, tree: str, draft: BranchDraft) -> str:
    signs = git.run("config", "--type=bool", "--get", "commit.gpgSign").output.strip() == b"true"
    command = ("commit-tree", *(["-S"] if signs else []), "-p", draft.base, "-F", "-", tree)
    # Without a name git would make one up of the machine's.
    strict = git.using("user.useConfigOnly=true", "i18n.commitEncoding=UTF-8")
    try:
        return strict.output(*command, stdin=_message(tree, draft)).decode("ascii").strip()
    except GitFailed as failure:
        if _NOBODY.search(failure.stderr):
            raise SourceError(
                "git does not know who you are, so nothing was committed",
                "git config --global user.name NAME; git config --global user.email ADDRESS",
            ) from None
        hint = "commit.gpgSign is set; see that git commit can sign here" if signs else None
        raise SourceError(f"git could not commit: {reason(failure.stderr)}", hint) from None


def _set(git: Git, ref: str, commit: str, before: str | None, draft: BranchDraft) -> None:
    command = ("update-ref", "--create-reflog", "-m", "reconciler: prepared", ref, commit)
    try:
        git.output(*command, before or "")
    except GitFailed as failure:
        # Of several branches made anew, one that can't be does not stop the others.
        error = SourceError if draft.renewable is None else BranchKept
        shown = one_line(draft.name)
        if lock := _LOCKED.search(failure.stderr):
            raise error(
                f"branch {shown} is locked by another git process",
                f"run it again; if no git runs, remove {one_line(lock[1])}",
            ) from None
        why = reason(failure.stderr)
        raise error(f"branch {shown} can't be set: {why}", _ANOTHER) from None
