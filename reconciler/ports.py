"""What the core asks of the outside: a source of revisions, the files of one, a store, a clock."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from reconciler.errors import ReconcilerError
from reconciler.model.base import Applied, Attached, InstallBase
from reconciler.model.branches import BranchDraft, Edits, PreparedBranch
from reconciler.model.changes import Member, Plan, Rollout
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.events import Event, EventDraft, HistoryLine
from reconciler.model.requests import Decision


class Clock(Protocol):
    """Tells the time; only the composition root makes one."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class Bar(Protocol):
    """One piece of long work, and how far it is."""

    def advance(self, number: int) -> None: ...

    def end(self) -> None: ...


class Progress(Protocol):
    """Told of long work, several pieces at once; a terminal draws bars of it, a log has lines."""

    def begin(self, label: str, total: int, unit: str) -> Bar: ...


class WorkLog(Protocol):
    """Told what a worker does."""

    def begins(self) -> None:
        """There is a fan-out to help with."""
        ...

    def helped(self, moved: Sequence[tuple[str, str, int]]) -> None:
        """It is over, or nothing is left of it: pack, its current release, rows moved here."""
        ...

    def trouble(self, error: ReconcilerError) -> None:
        """The store can't be used; it is tried again. The same trouble is told once."""
        ...

    def recovered(self) -> None:
        """The store can be used again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A .yaml or .yml file: its POSIX path below the publisher root and its git blob id."""

    path: str
    blob_id: str


class PathState(StrEnum):
    """What a path in a manifest leads to."""

    FOUND = "found"
    MISSING = "missing"
    ESCAPES = "escapes"  # leaves the publisher root, by ".." or through a symbolic link


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLookup:
    """The answer for one path; `object_id` (blob or tree) only when it was found."""

    state: PathState
    object_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTrouble:
    """A path under the root that can't be taken as it is; `rule` is the finding's rule id.

    Symbolic links and submodules that pass for manifests, and paths that differ by case alone.
    """

    path: str
    rule: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file below the publisher root that differs between two revisions.

    `before` and `after` are git blob ids, None where it is not there. `is_plain` False: a link or a
    submodule, before or after.
    """

    path: str
    before: str | None
    after: str | None
    is_manifest: bool
    is_plain: bool


class Snapshot(Protocol):
    """The files of one revision (or of the working tree) below the publisher root."""

    @property
    def revision(self) -> str | None:
        """The full commit id; None for the working tree."""
        ...

    def manifests(self) -> tuple[ManifestFile, ...]:
        """All .yaml and .yml files outside dot-folders, in path order."""
        ...

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        """Each file's content, in the order given. Raises SourceError."""
        ...

    def lookup(self, path: str) -> PathLookup:
        """What `path`, relative to the publisher root, leads to. Does no further reading."""
        ...

    def content(self, path: str) -> bytes:
        """The content of a file that lookup() found. Raises SourceError."""
        ...

    def troubles(self) -> tuple[PathTrouble, ...]:
        """What must not be taken for a manifest."""
        ...


class Source(Protocol):
    """A git repository, or a folder inside one, with publisher.yaml at its top."""

    def resolve(self, revision: str | None = None) -> str:
        """The full commit id of a revision; None means HEAD. Raises SourceError."""
        ...

    def descends(self, revision: str, ancestor: str) -> bool:
        """Whether `ancestor` is `revision` or lies in its history; deepens a shallow clone.

        False also when the ancestor is not in the repository at all. Raises StalePlan when a
        shallow clone can't be deepened, with the hint "fetch-depth: 0".
        """
        ...

    def verify(self, revision: str, *, signers: Path, revoked: Path | None) -> None:
        """Raises UnsignedRevision unless a key of `signers` that is not `revoked` signed it."""
        ...

    def snapshot(self, revision: str) -> Snapshot:
        """Raises SourceError when the revision can't be read or has no publisher.yaml."""
        ...

    def changes(self, before: str, after: str) -> tuple[FileChange, ...] | None:
        """The files that differ between two revisions; None when that can't be told."""
        ...

    def worktree(self) -> Snapshot:
        """The files as they lie on disk, ignored ones left out. Raises SourceError when bare."""
        ...

    def edited(self, edits: Edits, revision: str | None) -> Snapshot:
        """A revision, None for the working copy, as it would be with the edits; writes nothing."""
        ...

    def prepare(self, draft: BranchDraft) -> PreparedBranch:
        """A commit on a local branch, of a local repository alone. Raises SourceError."""
        ...

    def keep(self, revision: str) -> None:
        """Keeps an applied revision reachable in a mirror, whatever the remote does."""
        ...

    def uncommitted(self) -> int:
        """How many manifests below the root differ from HEAD; 0 for a bare repository or a URL."""
        ...

    def refresh(self) -> None:
        """Fetches a remote into its mirror; a local repository needs none. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of an install base a pass looks at; the store adds what these depend on.

    `judged` are packs of which everything is judged again: their declared attachments come with
    them, and the accounts of these. `packs` are planned, too: read with their releases and the
    components that these name. `components` are read in all versions, and the packs that list them,
    or have a release that names one, are judged. `accounts` are read with all that they declare,
    and with their rows. Packs that are due at `now` are planned, too. The publisher, all groups and
    all templates are in every part.
    """

    now: datetime
    judged: frozenset[str] = frozenset()
    packs: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A revision that a pass refused. `reason` is one word of docs/events.md, under refused."""

    revision: str
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What one transaction makes so: a revision comes into force, packs move, events tell of it.

    From then on the rest (rows of attachments) follows from the store alone, and a pass that was
    killed is finished by the next one. `seen` is the number of the newest event that the plan was
    made with.
    """

    plan: Plan
    actor: str
    events: tuple[EventDraft, ...]
    zone_rules: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many rows changed their release (installs and uninstalls included)."""

    attachments: int = 0


class Session(Protocol):
    """The right to write: one holder at a time, every transaction checks its fencing token.

    Each method raises LeaseLost when another took the lease over; nothing was written then.
    """

    def record(self, revision: str, plan: Plan, zone_rules: str) -> None:
        """A revision that changes nothing: the one row of the applied revision."""
        ...

    def accept(self, acceptance: Acceptance) -> frozenset[str]:
        """One transaction; afterwards applied() says settled False.

        Returns the accounts that asked for something after the plan was made: what they asked was
        judged by the revision before, so their rows have to be looked at again.
        """
        ...

    def membership(self, members: Iterable[Member], at: datetime, actor: str) -> Moved:
        """Removes, adds and sets rows in bounded transactions; repeatable.

        Writes a history line for each row removed, and for each new row that has a release.
        """
        ...

    def roll_out(
        self,
        rollouts: Sequence[Rollout],
        *,
        gated: bool,
        today: date,
        at: datetime,
        actor: str,
        progress: Callable[[str, int], None] | None = None,
    ) -> Moved:
        """Moves the rows of packs to what each serves, in batches, fair between them; repeatable.

        A row's target is the pending release if it adopted that (SPEC section 5), else current.
        While `gated`: a row with hold_until > today is not upgraded, a suspended account's rows
        and those of a suspended pack are neither installed, adopted nor upgraded; downward moves
        are never gated. `progress` gets the pack and the rows moved by each batch, by whomever.
        Raises RowsSetAside when all were moved but some accounts', which the database refuses.
        """
        ...

    def settle(self, next_due: datetime | None, at: datetime) -> None:
        """All rows are as they should be: applied() says settled True again."""
        ...

    def refuse(self, refusal: Refusal, events: tuple[EventDraft, ...]) -> bool:
        """Records a refusal, once per revision and reason; False when it was there already."""
        ...


class Store(Protocol):
    """An install base in a database."""

    @property
    def store_id(self) -> str: ...

    @property
    def rehearsal(self) -> bool:
        """Created with --now: such a store takes the time from the caller."""
        ...

    def applied(self) -> Applied | None:
        """The revision in force, read without touching the install base; None for a cold store."""
        ...

    def base(self) -> InstallBase:
        """Everything in one consistent read, but the attachments: they are read when asked for."""
        ...

    def part(self, part: Part) -> InstallBase | None:
        """So much of it, in one consistent read; None when it is too much to be a part.

        `attachments` as a mapping are then the rows of the accounts of the part, of its packs.
        """
        ...

    def declared(
        self, names: Collection[tuple[Kind, str]] = (), kinds: Collection[Kind] = ()
    ) -> tuple[Declaration, ...]:
        """Declarations of the applied revision: these, and all of these kinds."""
        ...

    def mentioned(self, kind: Kind, words: str) -> Iterator[Declaration]:
        """Declarations of the applied revision that have `words` in their body."""
        ...

    def contents(self) -> Iterator[tuple[str, str]]:
        """The content paths of the applied revision's packaged versions, and what lay there.

        The second is the git object id.
        """
        ...

    def publisher_zone(self) -> str | None:
        """The applied publisher's IANA zone, read by one row; None for a cold store."""
        ...

    def last_refusal(self) -> Refusal | None:
        """The newest refusal since the applied revision came into force."""
        ...

    def attached(
        self, *, account: str | None = None, pack: str | None = None
    ) -> Iterator[Attached]:
        """Rows in order of account, pack, instance; streams, so that a million cost no memory."""
        ...

    def counts(self) -> Mapping[str, Mapping[str | None, int]]:
        """pack -> release (None: not installed yet) -> rows; by one grouped query."""
        ...

    def adopted(self) -> Mapping[str, int]:
        """pack -> rows that run its pending release; packs with a pending release only."""
        ...

    def history(
        self, *, account: str | None = None, pack: str | None = None, limit: int | None = None
    ) -> Iterator[HistoryLine]:
        """Oldest first; with `limit` the newest that many."""
        ...

    def events(
        self,
        *,
        pack: str | None = None,
        account: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """Oldest first; with `limit` the newest that many."""
        ...

    def request(
        self, account: str, pack: str | None, decide: Callable[[InstallBase], Decision]
    ) -> Decision:
        """What an account does for itself, in one short transaction without a lease.

        `decide` gets an InstallBase that holds the publisher, all groups and templates, this
        account, this pack with its releases, the account's rows of it and its template copies; it
        raises RequestRefused, and then nothing is written.
        """
        ...

    def session(self, wait_seconds: float) -> AbstractContextManager[Session]:
        """Takes the lease for a pass. Raises LeaseHeld after waiting."""
        ...
