"""What a command would change in a repository -> the commit on a branch that proposes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Edits = Mapping[str, bytes | None]
"""Path below the publisher root -> what the file holds afterwards; None: it is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchDraft:
    """A commit on `base` (a full commit id), to be the tip of the branch `name`.

    `renewable`, the last line of the message: the branch may exist with other contents, and is made
    anew as long as every commit on it has this line and is as it was prepared; None: it may not.
    """

    name: str
    base: str
    edits: Edits
    message: str
    renewable: str | None = None


class BranchState(StrEnum):
    """What became of a branch that was asked for."""

    MADE = "made"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBranch:
    """A local branch whose tip holds what was asked for; nothing is pushed."""

    name: str
    commit: str
    state: BranchState
