"""What became of a validation or a pass."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.model.base import InstallBase
from reconciler.model.changes import Plan
from reconciler.model.findings import Finding, Severity
from reconciler.model.tree import Tree

if TYPE_CHECKING:
    from reconciler.model.impact import Impact


STILL_FAILING = 7
"""Exit code: applied, with deliveries still failing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A revision as read and judged. `revision` None is the working tree.

    `tree` is what could be read; with an error among the findings it is never applied.
    """

    revision: str | None
    tree: Tree
    findings: tuple[Finding, ...]
    documents: int
    files: int

    @property
    def valid(self) -> bool:
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBase:
    """What a plan with --base starts from: the install base had `revision` been applied just now.

    `revision` None: there was no commit yet. `in_force` is what the store has applied, None for
    nothing. `has_store` False: there was no store to start from, and attachments are counted from
    manifests alone. `trouble` says why `revision` would be refused; `is_supposed` False: therefore
    the plan starts from the store as it is.
    """

    revision: str | None
    in_force: str | None
    has_store: bool
    trouble: str | None = None
    is_supposed: bool = True

    @property
    def has_moved(self) -> bool:
        """Whether the store has another revision in force than the one compared with."""
        return self.has_store and self.revision != self.in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOutcome:
    """What one pass did, or with `plan` would do.

    `revision` is the one that was asked for, None when it could not even be resolved; `in_force`
    the one in force afterwards. `plan` is what was carried out: of the revision when it was
    accepted, else of what was due under the applied one; None when there was nothing to look at.
    `error` says why the revision was not accepted. `moved` counts rows whose release changed,
    `late` those of them that came after their window. `run` None: nothing was written.
    `base` is the install base before, or as it is supposed to be for `plan_base`; that one is None
    but for a preview of what comes beyond a revision. `corrected` says what a complete pass found
    that a look at the changes had missed. `impacts` are those of the releases of a plan that is
    only shown. `failing_deliveries` counts the attachments whose runtime is overdue, or
    says that it failed.
    """

    revision: str | None
    in_force: str | None
    plan: Plan | None
    findings: tuple[Finding, ...] = ()
    error: ReconcilerError | None = None
    moved: int = 0
    late: int = 0
    run: str | None = None
    next_due: datetime | None = None
    base: InstallBase | None = None
    corrected: str | None = None
    plan_base: PlanBase | None = None
    impacts: "tuple[Impact, ...]" = ()
    failing_deliveries: int = 0

    @property
    def exit_code(self) -> int:
        """SPEC section 9: the revision's fate, whatever due work was done beside it."""
        if self.error is not None:
            return self.error.exit_code
        return STILL_FAILING if self.failing_deliveries else 0
