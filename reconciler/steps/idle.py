"""What is asked for, and one row of the store -> a pass that has nothing to do, or none.

Most passes are such. Whoever asks here first need not import what reads, judges and plans.
"""

from datetime import datetime
from typing import NamedTuple

from reconciler.errors import ReconcilerError, SourceError
from reconciler.model.base import Applied
from reconciler.model.outcome import PassOutcome
from reconciler.model.zones import rules_version
from reconciler.steps.world import World, asked_revision, needed_store


class Asked(NamedTuple):
    """The full commit id that a pass is to apply; None where `trouble` kept it from being told."""

    revision: str | None
    trouble: ReconcilerError | None = None


def asked_for(world: World) -> Asked:
    """Fetches a remote, and resolves the revision; trouble with that does not stop what is due."""
    try:
        return Asked(asked_revision(world))
    except SourceError as error:
        return Asked(None, error)


def nothing_to_do(world: World, asked: Asked) -> PassOutcome | None:
    """The outcome without a look at the install base (SPEC section 7); None: there may be work.

    Raises StoreError.
    """
    applied = needed_store(world).applied()
    if not _is_idle(applied, asked, world.clock.now()):
        return None
    return PassOutcome(
        revision=asked.revision,
        in_force=applied.revision if applied else None,
        plan=None,
        error=asked.trouble,
        next_due=applied.next_due if applied else None,
    )


def _is_idle(applied: Applied | None, asked: Asked, now: datetime) -> bool:
    if applied is None:
        return asked.trouble is not None
    same = asked.trouble is not None or asked.revision == applied.revision
    early = applied.next_due is None or now < applied.next_due
    return same and applied.settled and early and applied.zone_rules == rules_version()
