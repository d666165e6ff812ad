"""Rows and what their packs serve -> attachment changes, one per pack and release, counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.desired.targets import Gates, Move, move
from reconciler.model.base import Attached
from reconciler.model.changes import DESTRUCTIVE, Action, Change, Gate
from reconciler.model.declarations import Kind
from reconciler.plan.packs import PackStep

NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Cohort:
    """What rows have in common that makes one change of them."""

    pack: str
    action: Action
    before: str
    after: str
    gate: str
    reason: str
    until: datetime | None = field(default=None, compare=True)


@dataclass(slots=True)
class Tally:
    """Counts rows by what happens to them; at most ten are named unless the change destroys."""

    counts: dict[_Cohort, int] = field(default_factory=dict)
    names: dict[_Cohort, list[str]] = field(default_factory=dict)

    def add(
        self,
        row: Attached,
        action: Action,
        before: str | None,
        after: str | None,
        *,
        gate: Gate | None = None,
        reason: str | None = None,
        until: datetime | None = None,
    ) -> None:
        cohort = _Cohort(
            pack=row.key.pack,
            action=action,
            before=before or "",
            after=after or "",
            gate=gate or "",
            reason=reason or "",
            until=until,
        )
        self.counts[cohort] = self.counts.get(cohort, 0) + 1
        named = self.names.setdefault(cohort, [])
        if action in DESTRUCTIVE or len(named) < NAMED:
            named.append(str(row.key))

    def changes(self) -> list[Change]:
        """One change a cohort, waiting ones with their gate."""
        return [
            Change(
                action=cohort.action,
                kind=Kind.ATTACHMENT,
                name=cohort.pack,
                before=cohort.before or None,
                after=cohort.after or None,
                release=cohort.after or None,
                attachments=count,
                reason=cohort.reason or None,
                gate=Gate(cohort.gate) if cohort.gate else None,
                until=cohort.until,
                late=cohort.action is Action.UPGRADE and not cohort.gate,
                members=tuple(sorted(self.names[cohort])),
            )
            for cohort, count in self.counts.items()
        ]


def moves(
    rows: Iterable[Attached], steps: Mapping[str, PackStep], gates: Gates, suspended: frozenset[str]
) -> Iterable[tuple[Attached, Move]]:
    """The rows that are not where they should be; `suspended` names packs whose gate is closed."""
    open_gates = replace(gates, pack_suspended=False)
    closed_gates = replace(gates, pack_suspended=True)
    for row in rows:
        step = steps[row.key.pack]
        pack_gates = closed_gates if row.key.pack in suspended else open_gates
        found = move(row, step.record, pack_gates, closed=step.closed)
        if found is not None:
            yield row, found
