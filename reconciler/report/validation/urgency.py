"""Findings -> the order in which a reader with little room wants them."""

from collections.abc import Iterable

from reconciler.model.findings import Finding, Severity

_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """What the base has already comes last; of the rest errors come first, then by place."""
    return sorted(findings, key=_urgency)


def parted(findings: tuple[Finding, ...]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]] | None:
    """The new ones, and those that the base has already; None where nothing was compared."""
    if all(found.new is None for found in findings):
        return None
    old = tuple(found for found in findings if found.new is False)
    return tuple(found for found in findings if found.new is not False), old


def _urgency(found: Finding) -> tuple[object, ...]:
    return (found.new is False, _RANKS[found.severity], found.path, found.line, found.column)
