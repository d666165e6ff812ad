"""Rows and what their packs serve -> attachment changes, one per pack and release, counted.

Rows are looked at in cohorts (model.base.Cohort), and one by one only where a revision touches
them: a release to a million attachments is a handful of decisions.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from reconciler.desired.targets import Gates, Move, move
from reconciler.model.base import Alike, Attached, AttachmentKey, InstallBase, Rows, alike
from reconciler.model.changes import DESTRUCTIVE, Action, Change, Gate, Member
from reconciler.model.declarations import Kind
from reconciler.model.tree import Tree
from reconciler.plan.packs import PackStep

NAMED = 10


class Group(NamedTuple):
    """Rows of a pack that are alike. `keys` are theirs, or some; None: the store names them."""

    pack: str
    alike: Alike
    rows: int
    keys: Sequence[AttachmentKey] | None = None


def running(release: str | None) -> Alike:
    """What rows have in common that are only known to run the same."""
    return Alike(release, None, None, None, None, None, None, suspended=False)


@dataclass(slots=True)
class _Bucket:
    """Rows of which the same is said. At most ten are named, unless all have to be."""

    rows: int = 0
    keys: list[AttachmentKey] = field(default_factory=list)

    def add(self, key: AttachmentKey, *, named: bool) -> None:
        self.rows += 1
        if named or len(self.keys) < NAMED:
            self.keys.append(key)


class Population:
    """All rows as they will be a member of the install base, before anything moves.

    `removed`: (pack, release, reason) -> the rows that go. `configured`: (pack, release, reason) ->
    the rows whose settings differ; where only the manifest's adopt does, they are in `readopting`.
    `differing` counts all that differ. `telling` names attachments whose manifests differ.
    """

    def __init__(
        self, base: InstallBase, tree: Tree, members: Iterable[Member], telling: Collection[str]
    ) -> None:
        self._rows: Rows = base.attachments
        self._telling = telling
        self._before, self._after = base.tree.suspended, tree.suspended
        self._joined: dict[str, dict[tuple[Alike, bool], _Bucket]] = {}
        self._left: dict[tuple[str, Alike], set[AttachmentKey]] = {}
        self.removed: dict[tuple[str, str | None, str | None], list[AttachmentKey]] = {}
        self.configured: dict[tuple[str, str | None, str | None], _Bucket] = {}
        self.readopting: list[Attached] = []
        self.differing = 0
        counts: dict[str, Counter[Alike]] = {}
        for pack, found, rows in self._rows.cohorts(tree.packs):
            counts.setdefault(pack, Counter())[found] += rows
        self._counts = counts
        flipped = self._before ^ self._after
        moved: set[AttachmentKey] = set()
        for member in members:
            self.differing += 1
            self._take(member)
            if member.before is not None and member.before.key.account in flipped:
                moved.add(member.before.key)
        for row in self._rows.of_accounts(flipped):
            if row.key.pack in tree.packs and row.key not in moved:
                self._leave(row)
                self._join(row, named=True)

    def size(self, pack: str) -> int:
        """How many rows the pack has."""
        return sum(group.rows for group in self.of(pack))

    def of(self, pack: str) -> Iterator[Group]:
        """The pack's rows, each in exactly one group."""
        for (found, _), bucket in self._joined.get(pack, _NO_BUCKETS).items():
            yield Group(pack, found, bucket.rows, bucket.keys)
        for found, rows in self._counts.get(pack, _NONE).items():
            if rows > 0:
                yield Group(pack, found, rows)

    def names(self, wanted: Collection[tuple[Group, int | None]]) -> Iterator[list[str]]:
        """So many names of each group, None for all that are known."""
        asked = [
            (group.pack, group.alike, None if limit is None else limit + len(self._gone(group)))
            for group, limit in wanted
            if group.keys is None
        ]
        found = self._rows.named(asked)
        for group, limit in wanted:
            keys = group.keys
            if keys is None:
                gone = self._gone(group)
                keys = [key for key in next(found) if key not in gone]
            yield [str(key) for key in keys[:limit]]

    def _take(self, member: Member) -> None:
        before, after = member.before, member.after
        if before is not None:
            self._leave(before)
        if after is None:
            assert before is not None, "a member is there before or after"
            gone = (before.key.pack, before.release, member.reason)
            self.removed.setdefault(gone, []).append(before.key)
            return
        telling = str(after.key) in self._telling
        self._join(after, named=telling or before is not None, apart=telling)
        if before is None:
            return
        if replace(before, adopt_declared=after.adopt_declared) == after:
            self.readopting.append(after)
            return
        said = (after.key.pack, after.release, _told_by(before, after))
        self.configured.setdefault(said, _Bucket()).add(after.key, named=telling)

    def _gone(self, group: Group) -> Collection[AttachmentKey]:
        return self._left.get((group.pack, group.alike), ())

    def _leave(self, row: Attached) -> None:
        pack, found = row.key.pack, alike(row, suspended=row.key.account in self._before)
        if pack in self._counts:
            self._counts[pack][found] -= 1
        self._left.setdefault((pack, found), set()).add(row.key)

    def _join(self, row: Attached, *, named: bool, apart: bool = False) -> None:
        found = alike(row, suspended=row.key.account in self._after)
        buckets = self._joined.setdefault(row.key.pack, {})
        buckets.setdefault((found, apart), _Bucket()).add(row.key, named=named)


_NO_BUCKETS: Mapping[tuple[Alike, bool], _Bucket] = {}
_NONE: Mapping[Alike, int] = {}


def _told_by(before: Attached, row: Attached) -> str | None:
    """Why a row's settings are written, where that is not the manifest's plain content."""
    if before.origin is not row.origin:
        return f"now declared by {row.origin}, before by {before.origin}"
    if before.entitled and not row.entitled:
        return "the account is not entitled any more"
    if row.entitled and not before.entitled:
        return "the account is entitled again"
    return None


class _Told(NamedTuple):
    """What groups have in common that makes one change of them."""

    pack: str
    action: Action
    before: str | None
    after: str | None
    gate: Gate | None
    reason: str | None
    until: datetime | None
    late: bool


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
        late: bool = False,
    ) -> None:
        told = _Told(group.pack, action, before, after, gate, reason, until, late)
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
            late=told.late or (told.action is Action.UPGRADE and told.gate is None),
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
