"""The install base: what is recorded of packs and releases, and what each attachment runs."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.model.declarations import AttachmentMode, Deployment, Release
from reconciler.model.tree import Tree

# contained component -> setting -> value, or {"secretRef": text}
Extensions = Mapping[str, Mapping[str, Any]]


class AttachmentOrigin(StrEnum):
    """Who says that an attachment exists; a manifest wins over a group, that over the account."""

    MANIFEST = "manifest"
    AUTOMATIC = "automatic"
    ACCOUNT = "account"


class AttachmentKey(NamedTuple):
    """One attachment; `instance` "" on a single pack.

    A tuple, since every row of an install base is looked up by its key several times in a pass.
    """

    account: str
    pack: str
    instance: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.account, self.pack, self.instance) if part)

    @property
    def own_name(self) -> str:
        """As paths below its account name it: "order-to-cash", "stock-levels:austin"."""
        return f"{self.pack}:{self.instance}" if self.instance else self.pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an attachment is set to, field by field; None means that nobody says."""

    environments: tuple[str, ...] | None = None
    extensions: Extensions | None = None

    def over(self, other: "Settings") -> "Settings":
        """These settings, with the other's where these say nothing, value by value."""
        return Settings(
            environments=other.environments if self.environments is None else self.environments,
            extensions=_over(self.extensions, other.extensions),
        )


def _over(one: Extensions | None, other: Extensions | None) -> Extensions | None:
    if one is None or other is None:
        return other if one is None else one
    return {
        component: {**other.get(component, {}), **one.get(component, {})}
        for component in (*other, *one)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One attachment of the install base.

    `release` None: not installed yet. `declared` comes from the manifest, `requested` from the
    account; both are kept, the effective settings are `declared.over(requested)`.
    `adopt_declared` is the manifest's word; `adopt_requested` the account's, which counts only
    while `adopted_in` is the pack's testing period (see PackRecord.testing_period), and only from
    `adopt_at` on, the slot that the account chose; None: at once. A slot that has come, or that is
    of no testing period any more, is forgotten whenever the row moves.
    """

    key: AttachmentKey
    origin: AttachmentOrigin
    entitled: bool = True
    release: str | None = None
    declared: Settings = Settings()
    requested: Settings = Settings()
    adopt_declared: str | None = None
    adopt_requested: str | None = None
    adopted_in: int | None = None
    adopt_at: datetime | None = None
    hold_until: date | None = None
    hold_reason: str | None = None
    updated_at: datetime | None = field(default=None, compare=False)

    @property
    def settings(self) -> Settings:
        return self.declared.over(self.requested)


class Alike(NamedTuple):
    """Everything that decides what a row of a pack runs; `suspended`: its account is."""

    release: str | None
    adopt_declared: str | None
    adopt_requested: str | None
    adopted_in: int | None
    adopt_at: datetime | None
    hold_until: date | None
    hold_reason: str | None
    suspended: bool


class Cohort(NamedTuple):
    """The rows of a pack that are alike, and how many they are: all of them move together."""

    pack: str
    alike: Alike
    rows: int


class Siblings(NamedTuple):
    """The rows of one pack in one account that differ by their instance at most."""

    account: str
    pack: str
    alike: Alike
    origin: AttachmentOrigin
    declared: Settings
    requested: Settings
    rows: int

    @property
    def environments(self) -> tuple[str, ...]:
        """Where they run; empty where nobody says."""
        named = self.declared.environments
        return (self.requested.environments if named is None else named) or ()


def sibling(row: Attached, *, suspended: bool) -> Siblings:
    """One row as siblings that are one; `suspended` says whether its account is."""
    return Siblings(
        account=row.key.account,
        pack=row.key.pack,
        alike=alike(row, suspended=suspended),
        origin=row.origin,
        declared=row.declared,
        requested=row.requested,
        rows=1,
    )


def alike(row: Attached, *, suspended: bool) -> Alike:
    """What decides about the row; `suspended` says whether its account is."""
    return Alike(
        release=row.release,
        adopt_declared=row.adopt_declared,
        adopt_requested=row.adopt_requested,
        adopted_in=row.adopted_in,
        adopt_at=row.adopt_at,
        hold_until=row.hold_until,
        hold_reason=row.hold_reason,
        suspended=suspended,
    )


class Rows(Mapping[AttachmentKey, Attached]):
    """All attachments, in order of key.

    As a mapping it may hold a million rows: who walks over it has them all in memory. The other
    questions cost what they answer.
    """

    def items(self) -> ItemsView[AttachmentKey, Attached]:
        return {row.key: row for row in self.every()}.items()

    def values(self) -> ValuesView[Attached]:
        return {row.key: row for row in self.every()}.values()

    @abstractmethod
    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        """The rows whose membership is looked at, of these packs or of all.

        They stream, so that a million cost no memory; those of an account lie together.
        """

    @abstractmethod
    def of_packs(self, packs: Collection[str]) -> Iterator[Attached]:
        """The rows of these packs, those of an account together."""

    @abstractmethod
    def of_accounts(self, accounts: Collection[str]) -> Iterator[Attached]:
        """The rows of these accounts, those of an account together."""

    @abstractmethod
    def cohorts(self, packs: Collection[str] | None = None) -> Iterator[Cohort]:
        """The rows of these packs (None: of all) by what decides about them; none is empty."""

    @abstractmethod
    def siblings(self, packs: Collection[str]) -> Iterator[Siblings]:
        """The rows of these packs, alike ones as one; they stream, those of an account together."""

    @abstractmethod
    def named(
        self, wanted: Iterable[tuple[str, Alike, int | None]]
    ) -> Iterator[list[AttachmentKey]]:
        """For each (pack, alike) so many of its rows, None for all, in any order."""


class RowsInMemory(Rows):
    """Rows as a plain mapping holds them; `suspended` are the accounts that are."""

    def __init__(
        self,
        rows: Mapping[AttachmentKey, Attached],
        suspended: frozenset[str] = frozenset(),
    ) -> None:
        self._rows = {key: rows[key] for key in sorted(rows)}
        self._suspended = suspended

    def __getitem__(self, key: AttachmentKey) -> Attached:
        return self._rows[key]

    def __iter__(self) -> Iterator[AttachmentKey]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        return iter(self._rows.values()) if packs is None else self.of_packs(packs)

    def of_packs(self, packs: Collection[str]) -> Iterator[Attached]:
        return (row for row in self._rows.values() if row.key.pack in packs)

    def of_accounts(self, accounts: Collection[str]) -> Iterator[Attached]:
        return (row for row in self._rows.values() if row.key.account in accounts)

    def cohorts(self, packs: Collection[str] | None = None) -> Iterator[Cohort]:
        counted = Counter(
            (row.key.pack, self._alike(row))
            for row in self._rows.values()
            if packs is None or row.key.pack in packs
        )
        return (Cohort(pack, found, rows) for (pack, found), rows in counted.items())

    def siblings(self, packs: Collection[str]) -> Iterator[Siblings]:
        for row in self.of_packs(packs):
            yield sibling(row, suspended=row.key.account in self._suspended)

    def named(
        self, wanted: Iterable[tuple[str, Alike, int | None]]
    ) -> Iterator[list[AttachmentKey]]:
        rows_by_pack: dict[str, list[Attached]] = {}
        for row in self._rows.values():
            rows_by_pack.setdefault(row.key.pack, []).append(row)
        for pack, found, limit in wanted:
            rows = rows_by_pack.get(pack, ())
            yield [row.key for row in rows if self._alike(row) == found][:limit]

    def _alike(self, row: Attached) -> Alike:
        return alike(row, suspended=row.key.account in self._suspended)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRecord:
    """A release that the store has accepted, for ever: also one that is no longer declared.

    `accepted_at`: the first pass that accepted it with its present date. `promoted_at`: when it
    was recorded as effective, None before; it is never taken back. `current_at`: when it first
    became current, None for one that never did. `opens_at`: its window as last resolved.
    """

    release: Release
    declared: bool = True
    accepted_at: datetime
    promoted_at: datetime | None = None
    current_at: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRecord:
    """A pack that the store knows; `current` and `pending` are what it serves now, gates included.

    `testing_period` counts the pack's testing periods; it rises whenever one begins, so that an
    adoption of an earlier one is inert without being erased. `due_at`: when something of it may
    happen without a new commit, None for never; too early where an account took away what waited.
    """

    name: str
    mode: AttachmentMode
    deployment: Deployment = Deployment.PACKAGED
    declared: bool = True
    current: str | None = None
    pending: str | None = None
    testing_period: int = 0
    due_at: datetime | None = None
    releases: Mapping[str, ReleaseRecord] = field(default_factory=dict)

    @property
    def promoted(self) -> frozenset[str]:
        """The versions that were recorded as effective: no clock takes that back."""
        return frozenset(v for v, found in self.releases.items() if found.promoted_at is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRecord:
    """What (component, version) was when it was first accepted (rule version-immutable).

    `fingerprint` is a digest over type, shareable, contains and content id.
    """

    component: str
    version: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCopy:
    """An account's one copy of a process template; later versions do not touch it."""

    account: str
    component: str
    version: str
    copied_at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The revision in force. `settled` False: a pass was cut short after it accepted this revision,
    and what is left of it follows from the store alone, as of `passed_at`.

    `next_due` is when something may happen without a new commit, None for never. `zone_rules` is
    the tzdata version that next_due was computed with. `gated` False while the first pass of a
    cold store is unsettled: it consults no gates.
    """

    revision: str
    applied_at: datetime
    passed_at: datetime
    settled: bool
    next_due: datetime | None
    zone_rules: str
    gated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallBase:
    """All that a plan starts from. `applied` None: a cold store, which consults no gates.

    `tree` holds the declarations of the applied revision as the store keeps them. `contested` names
    packs whose promotion waits, because a revision that a limit refused would change it.
    `last_event` is the number of the newest event when all this was read. A part of an install base
    (ports.Part) is one, too: `due_elsewhere` is then the earliest PackRecord.due_at of the packs
    that were left out.
    """

    store_id: str | None = None
    applied: Applied | None = None
    tree: Tree = field(default_factory=lambda: Tree(()))
    packs: Mapping[str, PackRecord] = field(default_factory=dict)
    components: Mapping[tuple[str, str], ComponentRecord] = field(default_factory=dict)
    attachments: Rows = field(default_factory=lambda: RowsInMemory({}))
    copies: tuple[TemplateCopy, ...] = ()
    contested: frozenset[str] = frozenset()
    last_event: int = 0
    due_elsewhere: datetime | None = None

    @property
    def in_force(self) -> str | None:
        """The applied revision; None for a cold store."""
        return self.applied.revision if self.applied is not None else None
