"""Trouble that ends a command: one small tree, translated to an exit code once, at the edge."""


class ReconcilerError(Exception):
    """A command can't go on. `hint` says what to do; `exit_code` is SPEC section 9."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SourceError(ReconcilerError):
    """The repository or a revision in it can't be read."""


class ContentNotReady(SourceError):
    """Somebody is reading a content already; it will be there soon."""


class BranchKept(SourceError):
    """A branch that was to be made anew is somebody's, and was left as it is."""


class NothingYet(SourceError):
    """The repository has no commit yet, or the revision no publisher: there is nothing to read."""


class UnsignedRevision(SourceError):
    """A revision is not signed by a key that the operator allows."""


class StoreError(ReconcilerError):
    """The store can't be opened, read or written, or is not what it should be."""


class NoStore(StoreError):
    """There is no install base there, or one whose creation was cut off."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"there is no install base at {shown}",
            "run reconciler apply first, which makes one; one that was lost comes back with"
            " reconciler store rebuild --from EXPORT",
        )


class RowsRefused(StoreError):
    """The database refused rows for what is in them; others may be written. `said`: its words."""

    def __init__(self, message: str, hint: str | None = None, said: str = "") -> None:
        super().__init__(message, hint)
        self.said = said


class StoreBusy(StoreError):
    """Two transactions stood in each other's way, and this one was undone: it can be repeated."""


class RowsSetAside(StoreError):
    """Attachments that could not be moved were set aside; all others were moved."""


class RequestRefused(ReconcilerError):
    """What an account asks for is not possible now. `rule`: the rule's id (SPEC section 4), or why:
    "missing" for what is not there, "suspended", "not-pending", "installed", "declared", "refused".
    """

    def __init__(self, message: str, hint: str | None = None, *, rule: str = "refused") -> None:
        super().__init__(message, hint)
        self.rule = rule


class Conflict(ReconcilerError):
    """What was to be changed is not what the asker saw any more; nothing was written."""


class StaleReport(RequestRefused):
    """A runtime's report is older than one that came before it; nothing was changed."""


class AuthoringRefused(ReconcilerError):
    """The manifest that was asked for would not be valid."""


class InvalidRevision(ReconcilerError):
    """The manifests have errors; the findings say which."""

    exit_code = 3


class RefusedByLimit(ReconcilerError):
    """A plan is over a limit."""

    exit_code = 4


class StalePlan(ReconcilerError):
    """The world is not the one that the plan was made for, or the revision does not descend."""

    exit_code = 5


class LeaseLost(ReconcilerError):
    """Another reconciler took the lease over; nothing more was written."""

    exit_code = 5


class LeaseHeld(ReconcilerError):
    """Another reconciler holds the lease."""

    exit_code = 6


class UsageError(ReconcilerError):
    """The command line is wrong."""

    exit_code = 64
