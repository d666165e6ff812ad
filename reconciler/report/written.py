"""Files that a command wrote, or a branch that it prepared -> words and JSON about them."""

from collections.abc import Sequence
from typing import Protocol

from reconciler.model.branches import BranchState, PreparedBranch
from reconciler.report.objects import Fields


class Delivered(Protocol):
    """The paths written or deleted, and the branch that holds them; None: the working copy."""

    @property
    def files(self) -> Sequence[str]: ...
    @property
    def branch(self) -> PreparedBranch | None: ...


_ON_A_BRANCH = {"Wrote": "adds", "Changed": "changes", "Deleted": "deletes"}


def done(delivered: Delivered, verb: str = "Wrote") -> str:
    """ "Wrote a.yaml", or "Prepared branch release/x, which adds a.yaml": the first file.

    `verb` is one of Wrote, Changed and Deleted.
    """
    path, branch = delivered.files[0], delivered.branch
    if branch is None:
        return f"{verb} {path}"
    does = f"{_ON_A_BRANCH[verb]} {path}"
    if branch.state is BranchState.UNCHANGED:
        return f"Branch {branch.name} is there already and {does}"
    return f"Prepared branch {branch.name}, which {does}"


def following(delivered: Delivered) -> str:
    """What to do next; nothing was committed on the branch that is checked out, or pushed."""
    if delivered.branch is None:
        return f"Next: git add and commit {' '.join(delivered.files)}, reconciler plan"
    name = delivered.branch.name
    force = "--force-with-lease " if delivered.branch.state is BranchState.RENEWED else ""
    return f"Next: git push {force}origin {name}, and open a pull request"


def fields(delivered: Delivered) -> Fields:
    """`files`, and `branch`: null for the working copy."""
    branch = delivered.branch
    return {
        "files": list(delivered.files),
        "branch": None
        if branch is None
        else {"name": branch.name, "commit": branch.commit, "state": branch.state.value},
    }
