"""An install base, a revision's tree, a release and now -> the impact of the release."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from reconciler.desired.attachments import population
from reconciler.desired.contrast import contrast
from reconciler.desired.extensibility import Extensibility, PackSettings
from reconciler.desired.gates import is_suspended, opening
from reconciler.desired.lifecycle import Lifecycle, lifecycle, release_window
from reconciler.desired.targets import Gates, adopts, move
from reconciler.model.base import Alike, InstallBase, PackRecord, Siblings
from reconciler.model.changes import Action, Change, Gate
from reconciler.model.declarations import Kind, Release
from reconciler.model.impact import (
    EarlyAdopters,
    Hit,
    Impact,
    MissingValue,
    Timing,
)
from reconciler.model.tree import Tree
from reconciler.model.versions import semver_key
from reconciler.model.windows import today
from reconciler.model.zones import zone
from reconciler.plan.evidence import assessment, notes_between
from reconciler.plan.hits import Fate, Groups, Tally
from reconciler.plan.packs import Moment, pack_step
from reconciler.plan.spread import environments, freezes, groups, zones
from reconciler.ports import Snapshot

WEIGHED = frozenset(
    {Action.RELEASE, Action.PROMOTE, Action.ROLLBACK, Action.SCHEDULE, Action.RESCHEDULE}
)
_KEPT_BACK = {
    Gate.HOLD: Fate.HELD,
    Gate.ACCOUNT_SUSPENDED: Fate.SUSPENDED,
    Gate.PACK_SUSPENDED: Fate.SUSPENDED,
}
_NOT_DECLARED: Mapping[str, Release] = {}


def impact(
    base: InstallBase,
    tree: Tree,
    pack: str,
    version: str,
    now: datetime,
    files: Snapshot | None = None,
) -> Impact:
    """The impact of one release that the tree declares; see impacts()."""
    return impacts(base, tree, [(pack, version)], now, files)[0]


def impacts(
    base: InstallBase,
    tree: Tree,
    releases: Iterable[tuple[str, str]],
    now: datetime,
    files: Snapshot | None = None,
) -> tuple[Impact, ...]:
    """The impact of each (pack, version) at `now`, the tree being what applies from now on.

    `base` is carried through the tree's renames already; without an identity it stands for no store
    at all, and the manifests alone are counted. `tree` has no errors and declares the releases.
    `files` are those that releases name as evidence; None: nothing of it is read. Rows are read
    once for all, and not at all where none of the releases has any.
    """
    asked = dict.fromkeys(releases)
    entitling = _entitling(tree, {pack for pack, _ in asked})
    every = [_Weighed(base, tree, pack, version, now, entitling[pack]) for pack, version in asked]
    by_pack: dict[str, list[_Weighed]] = {}
    for one in every:
        by_pack.setdefault(one.pack, []).append(one)
    for found, _ in population(base, tree, by_pack.keys()):
        for one in by_pack[found.pack]:
            one.add(found)
    return tuple(one.impact(files) for one in every)


def _entitling(tree: Tree, packs: Collection[str]) -> Mapping[str, Groups]:
    """pack -> the groups that have it; accounts in the same groups share one tuple."""
    of_accounts: dict[str, tuple[str, ...]] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    of_packs: dict[str, set[str]] = {pack: set() for pack in packs}
    for name, group in tree.groups.items():
        had = [resource.pack for resource in group.packs if resource.pack in of_packs]
        for pack in had:
            of_packs[pack].add(name)
        for account in tree.members[name] if had else ():
            names = (*of_accounts.get(account, ()), name)
            of_accounts[account] = shared.setdefault(names, names)
    return {
        pack: Groups(of_accounts=of_accounts, entitling=frozenset(names))
        for pack, names in of_packs.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """When the release reaches the attachments, and what keeps it from that."""

    timing: Timing
    at: datetime | None
    waits: str | None = None
    late: bool = False

    @property
    def is_later(self) -> bool:
        """Whether passes come before it, which still serve what is current now."""
        return self.timing is Timing.WINDOW or self.waits is not None


class _Weighed:
    """One release while its rows are counted."""

    def __init__(
        self,
        base: InstallBase,
        tree: Tree,
        pack: str,
        version: str,
        now: datetime,
        groups: Groups,
    ) -> None:
        self.base, self.tree, self.pack, self.version, self.now = base, tree, pack, version, now
        self.zone: ZoneInfo = zone(tree.publisher.time_zone)
        self.releases = tree.releases.get(pack, _NOT_DECLARED)
        self.release = self.releases[version]
        gated = base.applied is not None and base.applied.gated
        moment = Moment(publisher=tree.publisher, zone=self.zone, now=now, gated=gated)
        self.known = base.packs.get(pack)
        self.step = pack_step(tree.packs[pack], self.known, self.releases, moment)
        self.life: Lifecycle = lifecycle(self.releases, self._promoted(), now, self.zone)
        self.start = self._start()
        self.served = self._served()
        at = self.start.at or now
        enforced = gated or not self._stored or self.start.is_later
        self.gates = Gates(
            enforced=enforced,
            now=at,
            today=today(at, self.zone),
            pack_suspended=enforced and is_suspended(tree.packs[pack].suspended, self.zone, at),
        )
        self._fates: dict[Alike, Fate | None] = {}
        self.tally = Tally(tree, groups, self._required(version))

    @property
    def _stored(self) -> bool:
        return self.base.store_id is not None

    def _served(self) -> PackRecord:
        """What the pack serves once this release is current: one above it stays pending."""
        record = self.step.record
        pending = record.pending
        above = pending is not None and semver_key(pending) > semver_key(self.version)
        return replace(record, current=self.version, pending=pending if above else None)

    def _promoted(self) -> frozenset[str]:
        return self.known.promoted if self.known is not None else frozenset()

    @cached_property
    def _change(self) -> Change | None:
        """What the plan does with the release, now or once nothing holds it back."""
        for change in (*self.step.changes, *self.step.waiting):
            about = change.after if change.action is not Action.RESCHEDULE else change.release
            if about == self.version and change.action in WEIGHED:
                return change
        return None

    def _start(self) -> _Start:
        change, window = self._change, opening(self.release, self.tree.publisher, self.zone)
        if change is not None and change.gate is not None:
            return _Start(timing=self._timing(), at=change.until, waits=change.reason)
        timing = self._timing()
        if timing is Timing.WINDOW and window is not None:
            return _Start(
                timing=timing, at=None if window.opens_at.year > 9000 else window.opens_at
            )
        late = change is not None and change.late
        return _Start(timing=timing, at=self.now if timing is Timing.NOW else None, late=late)

    def _timing(self) -> Timing:
        # What is served stays current while a gate keeps a higher release waiting.
        if self.version in (self.step.record.current, self.life.current):
            is_current = self.known is not None and self.known.current == self.version
            return Timing.CURRENT if is_current else Timing.NOW
        return Timing.WINDOW if self.version in self.life.testing else Timing.OVER

    @cached_property
    def before(self) -> Release | None:
        """The release that is current now; for one that is current, or never will be, the lower."""
        current = self.known.current if self.known is not None else None
        if current is not None and current != self.version and self.known is not None:
            return self.known.releases[current].release
        lower = [v for v in self.releases if semver_key(v) < semver_key(self.version)]
        effective = [v for v in lower if v in self.life.effective]
        return self.releases[(effective or lower)[-1]] if lower else None

    @cached_property
    def _settings(self) -> PackSettings | None:
        return Extensibility(self.tree, {self.pack: self.life}).pack(self.pack)

    def _required(self, version: str) -> tuple[tuple[str, str], ...]:
        settings = self._settings
        return settings.required(version) if settings and version in self.releases else ()

    def add(self, found: Siblings) -> None:
        """Counts rows of the pack."""
        fate = self._fate(found.alike)
        if fate is not None:
            ended = self._ended if fate is Fate.HIT and found.alike.release else None
            leaving = ended if ended and found.alike.release == ended else None
            self.tally.add(found, fate, leaving)

    @cached_property
    def _ended(self) -> str | None:
        """The pending release of which the testing period ends without its getting current."""
        pending = self.known.pending if self.known is not None else None
        is_over = self.start.timing is Timing.OVER
        return None if is_over or pending in (self.version, self.served.pending) else pending

    def _fate(self, alike: Alike) -> Fate | None:
        if alike not in self._fates:
            self._fates[alike] = self._decided(alike)
        return self._fates[alike]

    def _decided(self, alike: Alike) -> Fate | None:
        """None for a row that the release passes by."""
        if alike.release == self.version:
            if not self._reverts(alike):
                return Fate.RUNNING
            alike = alike._replace(release=self.step.record.current)
        if self.start.timing is Timing.OVER:
            return None
        if self._adopts(alike):
            return Fate.RUNNING
        step = move(self._before_it(alike), self.served, self.gates, closed=False)
        if step is None or step.after != self.version:  # it adopts the release above
            return None
        if step.gate is not None:
            return _KEPT_BACK[step.gate]
        installs = step.action is Action.INSTALL and self.base.applied is not None
        return Fate.INSTALLED if installs else Fate.HIT

    def _before_it(self, alike: Alike) -> Alike:
        """A row that runs nothing yet gets what is current first, unless that is this release.

        Nobody knows what the rows of an unknown install base run: they count as if they did.
        """
        if alike.release is not None or self.before is None:
            return alike
        in_time = self.start.is_later and not self._kept_out
        if in_time or self.base.applied is None:
            return alike._replace(release=self.before.version)
        return alike

    def _reverts(self, alike: Alike) -> bool:
        """Whether a row that adopted the release goes back to current, and gets it again."""
        record: PackRecord = self.step.record
        is_pending = self.start.is_later and record.pending == self.version
        return (
            is_pending and record.current is not None and not adopts(alike, record, self.gates.now)
        )

    @cached_property
    def _kept_out(self) -> bool:
        """Whether nobody can install the pack, or adopt it, until the release starts."""
        spec, at = self.tree.packs[self.pack].suspended, self.start.at
        if not self.start.is_later or at is None or not self.gates.enforced:
            return False
        return is_suspended(spec, self.zone, at - timedelta.resolution)

    def _adopts(self, alike: Alike) -> bool:
        """Whether the row gets the release at once, as one who adopts it."""
        record: PackRecord = self.step.record
        if not self.start.is_later or record.pending != self.version:
            return False
        if record.current is None or self._kept_out:  # a first release can't be adopted
            return False
        if self.gates.enforced and (alike.suspended or self.gates.pack_suspended):
            return False
        return adopts(alike, record, self.gates.now)

    def impact(self, files: Snapshot | None) -> Impact:
        """What was counted, and all that does not depend on rows."""
        tally, release, change = self.tally, self.release, self._change
        tally.end()
        declaration = self.tree.get(Kind.RELEASE, f"{self.pack}@{self.version}")
        origin = declaration.origin if declaration is not None else None
        found = contrast(self.tree, self.before, release)
        return Impact(
            pack=self.pack,
            version=self.version,
            before=self.before.version if self.before is not None else None,
            action=change.action if change is not None else None,
            timing=self.start.timing,
            window=release_window(release, self.zone),
            starts_at=self.start.at,
            waits=self.start.waits,
            late=self.start.late,
            emergency=release.emergency,
            stored=self._stored,
            path=origin.path if origin is not None else None,
            notes=release.notes,
            hit=tally.fates.hit(Fate.HIT),
            running=tally.fates.hit(Fate.RUNNING),
            installed=tally.fates.hit(Fate.INSTALLED),
            held=tally.fates.hit(Fate.HELD),
            suspended=tally.fates.hit(Fate.SUSPENDED),
            adopters=self._adopters(),
            groups=groups(tally),
            environments=environments(tally),
            zones=zones(tally, self.start.at, timed=self.start.timing is Timing.WINDOW),
            missing=self._missing(),
            gaps=tally.few_gaps(),
            contrast=found,
            version_notes=notes_between(self.tree, found),
            freezes=freezes(self.tree.publisher, release, self._since(), self.start.at, self.zone),
            assessment=assessment(release, files),
        )

    def _since(self) -> datetime:
        """When the testing period began, or will."""
        record = self.step.record.releases[self.version]
        return min(record.accepted_at, self.now)

    def _adopters(self) -> EarlyAdopters | None:
        ended = self._ended
        if ended is not None:
            lost = self.tally.leaving.hit(ended)
            return EarlyAdopters(release=ended, hit=lost, keep=False) if lost != Hit() else None
        running = self.tally.fates.hit(Fate.RUNNING)
        if self.start.timing in (Timing.CURRENT, Timing.OVER) or running == Hit():
            return None
        return EarlyAdopters(release=self.version, hit=running, keep=True)

    def _missing(self) -> tuple[MissingValue, ...]:
        settings = self._settings
        if settings is None or not self.tally.missing:
            return ()
        before = self._required(self.before.version) if self.before is not None else ()
        return tuple(
            MissingValue(
                name=name,
                setting=settings.settings(self.version)[name],
                is_new=name not in before,
                hit=self.tally.missing.hit(name),
            )
            for name in sorted(self.tally.missing)
        )
