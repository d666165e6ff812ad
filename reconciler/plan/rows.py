"""Rows and what their packs serve -> attachment changes, one per pack and release, counted.

Rows are looked at in cohorts (model.base.Cohort), and one by one only where a revision touches
them: a release to a million attachments is a handful of decisions.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from reconciler.desired.attachments import Membership
from reconciler.desired.targets import Gates, Move, move
from reconciler.model.base import Alike, Attached, AttachmentKey, InstallBase, Rows, alike
from reconciler.model.changes import DESTRUCTIVE, Action, Change, Gate
from reconciler.model.declarations import Kind
from reconciler.model.tree import Tree
from reconciler.plan.packs import PackStep

NAMED = 10


class Group(NamedTuple):
    """Rows of a pack that are alike; `row` is there where it is a single one that is touched."""

    pack: str
    alike: Alike
    rows: int
    row: Attached | None = None


class Population:
    """All rows as they will be a member of the install base, before anything moves."""

    def __init__(self, base: InstallBase, tree: Tree, changes: Membership) -> None:
        self.rows: Rows = base.attachments
        self._single: dict[str, list[Group]] = {}
        self._left: dict[tuple[str, Alike], set[AttachmentKey]] = {}
        counts: dict[str, Counter[Alike]] = {}
        for pack, found, rows in self.rows.cohorts(tree.packs):
            counts.setdefault(pack, Counter())[found] += rows
        self._counts = counts
        before, after = base.tree.suspended, tree.suspended
        for key, (row, _) in changes.removed.items():
            self._leave(row, key.account in before)
        for key, (old, new) in changes.changed.items():
            self._leave(old, key.account in before)
            self._join(new, key.account in after)
        for key, new in changes.added.items():
            self._join(new, key.account in after)
        for row in self.rows.of_accounts(before ^ after):
            if row.key.pack in tree.packs and row.key not in changes.changed:
                self._leave(row, row.key.account in before)
                self._join(row, row.key.account in after)

    def size(self, pack: str) -> int:
        """How many rows the pack has."""
        return sum(group.rows for group in self.of(pack))

    def of(self, pack: str) -> Iterator[Group]:
        """The pack's rows, each in exactly one group."""
        yield from self._single.get(pack, ())
        for found, rows in self._counts.get(pack, NOBODY).items():
            if rows > 0:
                yield Group(pack, found, rows)

    def names(self, wanted: Collection[tuple[Group, int | None]]) -> Iterator[list[str]]:
        """So many names of each group, None for all."""
        asked = [
            (group.pack, group.alike, None if limit is None else limit + len(self._gone(group)))
            for group, limit in wanted
            if group.row is None
        ]
        found = self.rows.named(asked)
        for group, limit in wanted:
            if group.row is not None:
                yield [str(group.row.key)]
                continue
            gone = self._gone(group)
            yield [str(key) for key in next(found) if key not in gone][:limit]

    def _gone(self, group: Group) -> Collection[AttachmentKey]:
        return self._left.get((group.pack, group.alike), ())

    def _leave(self, row: Attached, suspended: bool) -> None:
        pack, found = row.key.pack, alike(row, suspended=suspended)
        if pack in self._counts:
            self._counts[pack][found] -= 1
        self._left.setdefault((pack, found), set()).add(row.key)

    def _join(self, row: Attached, suspended: bool) -> None:
        pack = row.key.pack
        group = Group(pack, alike(row, suspended=suspended), 1, row)
        self._single.setdefault(pack, []).append(group)


NOBODY: Mapping[Alike, int] = {}


class _Told(NamedTuple):
    """What groups have in common that makes one change of them."""

    pack: str
    action: Action
    before: str | None
    after: str | None
    gate: Gate | None
    reason: str | None
    until: datetime | None


@dataclass(slots=True)
class Tally:
    """Counts rows by what happens to them; at most ten are named unless the change destroys."""

    population: Population
    groups: dict[_Told, list[Group]] = field(default_factory=dict)

    def add(
        self,
        group: Group,
        action: Action,
        before: str | None,
        after: str | None,
        *,
        gate: Gate | None = None,
        reason: str | None = None,
        until: datetime | None = None,
    ) -> None:
        told = _Told(group.pack, action, before, after, gate, reason, until)
        self.groups.setdefault(told, []).append(group)

    def changes(self) -> list[Change]:
        """One change for all rows that have the same said of them, waiting ones with their gate."""
        wanted = [
            (group, None if told.action in DESTRUCTIVE else NAMED)
            for told, groups in self.groups.items()
            for group in groups
        ]
        names = self.population.names(wanted)
        return [
            self._change(told, groups, [name for _ in groups for name in next(names)])
            for told, groups in self.groups.items()
        ]

    def _change(self, told: _Told, groups: list[Group], names: list[str]) -> Change:
        limit = None if told.action in DESTRUCTIVE else NAMED
        return Change(
            action=told.action,
            kind=Kind.ATTACHMENT,
            name=told.pack,
            before=told.before,
            after=told.after,
            release=told.after,
            attachments=sum(group.rows for group in groups),
            reason=told.reason,
            gate=told.gate,
            until=told.until,
            late=told.action is Action.UPGRADE and told.gate is None,
            members=tuple(sorted(names)[:limit]),
        )


def moves(
    population: Population, step: PackStep, gates: Gates, *, suspended: bool
) -> Iterator[tuple[Group, Move]]:
    """The rows of one pack that are not where they should be; `suspended`: its gate is closed."""
    own = replace(gates, pack_suspended=suspended)
    for group in population.of(step.record.name):
        found = move(group.alike, step.record, own, closed=step.closed)
        if found is not None:
            yield group, found
