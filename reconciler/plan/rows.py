"""Rows and what their packs serve -> attachment changes, one per pack and release, counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from reconciler.desired.targets import Gates, Move, move
from reconciler.model.base import Attached
from reconciler.model.changes import DESTRUCTIVE, Action, Change, Gate
from reconciler.model.declarations import Kind
from reconciler.plan.packs import PackStep

NAMED = 10


class _Cohort(NamedTuple):
    """What rows have in common that makes one change of them; a tuple, as one is made a row."""

    pack: str
    action: Action
    before: str | None
    after: str | None
    gate: Gate | None
    reason: str | None
    until: datetime | None


@dataclass(slots=True)
class _Counted:
    rows: int = 0
    names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Counts rows by what happens to them; at most ten are named unless the change destroys."""

    cohorts: dict[_Cohort, _Counted] = field(default_factory=dict)

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
        cohort = _Cohort(row.key.pack, action, before, after, gate, reason, until)
        counted = self.cohorts.get(cohort)
        if counted is None:
            counted = self.cohorts[cohort] = _Counted()
        counted.rows += 1
        if len(counted.names) < NAMED or action in DESTRUCTIVE:
            counted.names.append(str(row.key))

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
                attachments=counted.rows,
                reason=cohort.reason or None,
                gate=cohort.gate,
                until=cohort.until,
                late=cohort.action is Action.UPGRADE and cohort.gate is None,
                members=tuple(sorted(counted.names)),
            )
            for cohort, counted in self.cohorts.items()
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
