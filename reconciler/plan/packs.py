"""A pack's record and its releases in a revision -> its new record, and the changes to releases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.gates import CONTESTED, Held, is_late, release_gate
from reconciler.desired.lifecycle import Lifecycle, lifecycle, release_window
from reconciler.model.base import PackRecord, ReleaseRecord
from reconciler.model.changes import Action, Change, Gate
from reconciler.model.declarations import IntegrationPack, Kind, Publisher, Release
from reconciler.model.versions import semver_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What every pack is judged by: the publisher, its zone, now, and whether gates count."""

    publisher: Publisher
    zone: ZoneInfo
    now: datetime
    gated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStep:
    """One pack after the plan. `closed`: a waiting release will supersede the pending one."""

    record: PackRecord
    changes: tuple[Change, ...] = ()
    waiting: tuple[Change, ...] = ()
    closed: bool = False


def pack_step(
    spec: IntegrationPack,
    record: PackRecord | None,
    releases: Mapping[str, Release],
    moment: Moment,
    contested: frozenset[str] = frozenset(),
) -> PackStep:
    """Moves a declared pack to what its releases amount to now (SPEC section 5).

    `contested` names versions whose promotion waits because a revision that a limit refused would
    withdraw, re-date or supersede them.
    """
    known = record or PackRecord(name=spec.name, mode=spec.attachment, deployment=spec.deployment)
    life = lifecycle(releases, known.promoted, moment.now, moment.zone)
    step = _Step(known, accepted(known, releases, moment), releases, life, moment)
    step.decide(contested)
    return PackStep(
        record=replace(
            known,
            declared=True,
            mode=spec.attachment,
            deployment=spec.deployment,
            current=step.current,
            pending=step.pending,
            testing_period=known.testing_period + step.periods,
            releases=step.marked(),
        ),
        changes=tuple(step.changes),
        waiting=tuple(step.waiting),
        closed=step.closed,
    )


def settled_step(record: PackRecord, releases: Mapping[str, Release], moment: Moment) -> PackStep:
    """The pack as recorded, nothing moved: what a pass that was cut short still rolls out."""
    life = lifecycle(releases, record.promoted, moment.now, moment.zone)
    step = _Step(record, dict(record.releases), releases, life, moment)
    return PackStep(record=record, closed=step.closed)


def undeclared(record: PackRecord) -> PackRecord:
    """The record of a pack that the revision does not declare any more: its releases are kept."""
    releases = {v: replace(found, declared=False) for v, found in record.releases.items()}
    return replace(
        record, declared=False, current=None, pending=None, due_at=None, releases=releases
    )


def accepted(
    record: PackRecord, releases: Mapping[str, Release], moment: Moment
) -> dict[str, ReleaseRecord]:
    """Every release that the pack ever had, with what the revision now says of it."""
    found = {version: replace(known, declared=False) for version, known in record.releases.items()}
    for version, release in releases.items():
        known = record.releases.get(version)
        opening = release_window(release, moment.zone)
        opens_at = opening.opens_at if opening else None
        if known is None:
            found[version] = ReleaseRecord(
                release=release, accepted_at=moment.now, opens_at=opens_at
            )
            continue
        anew = not known.declared or known.release.date_text != release.date_text
        found[version] = replace(
            known,
            release=release,
            declared=True,
            accepted_at=moment.now if anew and known.promoted_at is None else known.accepted_at,
            opens_at=opens_at if known.promoted_at is None else known.opens_at,
        )
    return found


class _Step:
    """The decision for one pack while it is being made."""

    def __init__(
        self,
        known: PackRecord,
        records: dict[str, ReleaseRecord],
        releases: Mapping[str, Release],
        life: Lifecycle,
        moment: Moment,
    ) -> None:
        self.known, self.records, self.releases = known, records, releases
        self.life, self.moment = life, moment
        self.current, self.pending = known.current, known.pending
        self.periods = 0
        self.moved = False
        self.changes: list[Change] = []
        self.waiting: list[Change] = []

    @property
    def closed(self) -> bool:
        """Whether the pending release has a waiting release above it."""
        if self.pending is None or self.life.current is None:
            return False
        return semver_key(self.life.current) > semver_key(self.pending)

    def decide(self, contested: frozenset[str]) -> None:
        held: Held | None = None
        if self.life.current != self.known.current:
            held = self._move_current(contested)
        self._move_pending(held)

    def _move_current(self, contested: frozenset[str]) -> Held | None:
        before, after = self.known.current, self.life.current
        if after is None or (before is not None and semver_key(after) < semver_key(before)):
            self._take(after, self._change(Action.ROLLBACK, before, after, self._rollback(after)))
            return None
        action = Action.PROMOTE if after == self.known.pending else Action.RELEASE
        held = self._gate(after, contested)
        release = self.releases[after]
        moment = self.moment
        late = moment.gated and is_late(release, moment.publisher, moment.zone, moment.now)
        change = replace(self._change(action, before, after, None), late=late)
        if held is None:
            self._take(after, change)
        else:
            self.waiting.append(
                replace(change, gate=held.gate, reason=held.reason, until=held.until, late=False)
            )
        return held

    def _gate(self, version: str, contested: frozenset[str]) -> Held | None:
        if not self.moment.gated:
            return None
        if version in contested:
            return CONTESTED
        release = self.releases[version]
        known = self.known.releases.get(version)
        if known is not None and not (
            known.declared and known.release.date_text == release.date_text
        ):
            known = None
        moment = self.moment
        return release_gate(release, known, moment.publisher, moment.zone, moment.now)

    def _rollback(self, after: str | None) -> str | None:
        if after is None or self.records[after].current_at is not None:
            return None
        return f"{after} was superseded before; it has never been current"

    def _take(self, version: str | None, change: Change) -> None:
        self.current, self.moved = version, True
        self.changes.append(change)

    def _move_pending(self, held: Held | None) -> None:
        before, after = self.known.pending, self.life.pending
        if before is not None and before != after:
            self._leave(before, held)
        if before is not None and before == after:
            self._stay(before)
        elif after is not None:
            self._schedule(after, held)

    def _leave(self, pending: str, held: Held | None) -> None:
        """The pending release is promoted, superseded or withdrawn; or waits for one of these."""
        if pending == self.life.current:
            self.pending = self.pending if held else None
        elif pending not in self.releases:
            self.pending = None
            self.changes.append(self._change(Action.WITHDRAW, pending, None, None))
        else:
            reason = f"{self.life.current} comes instead; its testing period ends"
            change = self._change(Action.SUPERSEDE, pending, None, reason)
            if held is None:
                self.pending = None
                self.changes.append(change)
            else:
                self.waiting.append(replace(change, gate=Gate.BEHIND, until=held.until))

    def _stay(self, pending: str) -> None:
        was, now = self.known.releases[pending], self.records[pending]
        dates = (was.release.date_text, now.release.date_text)
        if dates[0] != dates[1]:
            reason = "the testing period goes on"
        elif was.opens_at != now.opens_at:
            reason = "the window moved: the zone, or its rules, changed"
        else:
            return
        change = self._change(Action.RESCHEDULE, None, pending, reason)
        self.changes.append(replace(change, before=dates[0], after=dates[1]))

    def _schedule(self, version: str, held: Held | None) -> None:
        change = self._change(Action.SCHEDULE, self.current, version, None)
        if held is None and self.pending is None:
            self.pending = version
            self.periods += 1
            self.changes.append(change)
            return
        until = held.until if held else None
        reason = f"{self.life.current} has to be released first"
        self.waiting.append(replace(change, gate=Gate.BEHIND, reason=reason, until=until))

    def _change(
        self, action: Action, before: str | None, after: str | None, reason: str | None
    ) -> Change:
        version = after or before
        release = self.releases.get(version) if version else None
        return Change(
            action=action,
            kind=Kind.RELEASE,
            name=self.known.name,
            before=before,
            after=after,
            release=version,
            reason=reason,
            window=release_window(release, self.moment.zone) if release else None,
        )

    def marked(self) -> Mapping[str, ReleaseRecord]:
        """The release records, with what became effective, or current, by this step."""
        if not self.moved:
            return self.records
        now = self.moment.now
        found = dict(self.records)
        for version in self.life.effective:
            found[version] = replace(found[version], promoted_at=found[version].promoted_at or now)
        if self.current is not None:
            record = found[self.current]
            found[self.current] = replace(record, current_at=record.current_at or now)
        return found
