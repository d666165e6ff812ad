"""The outcome of a plan -> what a reader must know of its base: where it stands, what it lacks."""

from collections.abc import Iterator

from reconciler.model.outcome import PassOutcome, PlanBase
from reconciler.report.words import short

NO_STORE = "Counted from manifests only: no install base was given."


def banners(outcome: PassOutcome) -> tuple[str, ...]:
    """One sentence for each, not escaped; none where the plan starts from what is in force."""
    told = outcome.plan_base
    return () if told is None else tuple(_sentences(told))


def has_store(outcome: PassOutcome) -> bool:
    """Whether attachments were counted in an install base, and not in manifests alone."""
    return outcome.base is not None and outcome.base.store_id is not None


def _sentences(told: PlanBase) -> Iterator[str]:
    base = "The base" if told.revision is None else f"The base {short(told.revision)}"
    if not told.has_store:
        yield NO_STORE
    elif not told.is_supposed:
        yield (
            f"{base} would be refused itself ({told.trouble});"
            " this is compared with the install base as it is."
        )
    else:
        if told.trouble is not None:
            yield f"{base} would be refused itself: {told.trouble}."
        if told.has_moved:
            there = short(told.in_force) if told.in_force else "nothing"
            yield f"{base} is not what the install base has applied: that has {there} in force."
