"""The install base and an instant -> what each pack's attachments run, and what comes next."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.gates import Held
from reconciler.desired.newest import NewerVersion, newer_versions
from reconciler.desired.standing import Standings
from reconciler.model.base import InstallBase, PackRecord
from reconciler.model.versions import semver_key
from reconciler.model.windows import WINDOW, Window
from reconciler.model.zones import zone


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRelease:
    """The pending release of a pack. `adopted`: attachments that run it already; `slots`: those
    that will adopt it by themselves, in a slot that their account chose.
    """

    version: str
    date: str | None
    window: Window | None
    adopted: int
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStatus:
    """One pack. `by_release` counts rows by what they run, `not_installed` those that run nothing.

    `waiting` is the release that should be current already, and `held` what keeps it.
    """

    name: str
    current: str | None
    pending: PendingRelease | None
    attachments: int
    by_release: Mapping[str, int]
    not_installed: int
    held_attachments: int
    newer_versions: tuple[NewerVersion, ...]
    waiting: str | None
    held: Held | None
    suspended: bool

    @property
    def on_current(self) -> int:
        """Attachments that run the current release, or adopted the pending one."""
        adopted = self.pending.adopted if self.pending is not None else 0
        return self.by_release.get(self.current or "", 0) + adopted

    @property
    def needs_a_look(self) -> bool:
        """Whether anything of it is not simply as it should be."""
        troubles = (self.held, self.suspended, self.held_attachments, self.not_installed)
        return any(troubles) or bool(self.newer_versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole install base; `revision` None when nothing was ever applied."""

    revision: str | None
    applied_at: datetime | None
    next_due: datetime | None
    packs: tuple[PackStatus, ...]
    zone: ZoneInfo


def status(base: InstallBase, now: datetime) -> Status:
    """What `reconciler status` shows (SPEC section 9), packs in order of name."""
    if base.applied is None:
        return Status(revision=None, applied_at=None, next_due=None, packs=(), zone=zone("UTC"))
    standings = Standings(base, now)
    running: dict[str, Counter[str | None]] = {}
    held: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    for cohort in base.attachments.cohorts(base.tree.packs):
        running.setdefault(cohort.pack, Counter())[cohort.alike.release] += cohort.rows
        if standings.is_held(cohort):
            held[cohort.pack] += cohort.rows
        if standings.slot(cohort.alike, cohort.pack) is not None:
            slots[cohort.pack] += cohort.rows
    packs = [
        _pack(standings, name, running.get(name, Counter()), held[name], slots[name])
        for name in sorted(base.tree.packs)
    ]
    return Status(
        revision=base.applied.revision,
        applied_at=base.applied.applied_at,
        next_due=base.applied.next_due,
        packs=tuple(packs),
        zone=standings.zone,
    )


def _pack(
    standings: Standings,
    name: str,
    running: Counter[str | None],
    held_attachments: int,
    slots: int,
) -> PackStatus:
    pack = standings.pack(name)
    return PackStatus(
        name=name,
        current=pack.record.current,
        pending=_pending(pack.record, running, slots),
        attachments=running.total(),
        by_release={v: running[v] for v in sorted(filter(None, running), key=semver_key)},
        not_installed=running[None],
        held_attachments=held_attachments,
        newer_versions=newer_versions(standings.base.tree, name),
        waiting=pack.life.current if pack.held is not None else None,
        held=pack.held,
        suspended=pack.suspended,
    )


def _pending(record: PackRecord, running: Counter[str | None], slots: int) -> PendingRelease | None:
    if record.pending is None:
        return None
    found = record.releases[record.pending]
    opens_at = found.opens_at
    window = Window(opens_at=opens_at, closes_at=opens_at + WINDOW) if opens_at else None
    return PendingRelease(
        version=record.pending,
        date=found.release.date_text,
        window=window,
        adopted=running[record.pending],
        slots=slots,
    )
