"""What an attachment should run and what was said of it -> the difference, since when, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.model.base import AttachmentKey
from reconciler.model.delivery import (
    LONGEST_FAILURE,
    Agent,
    Aim,
    Bundle,
    Drift,
    DriftReason,
    Report,
    Said,
)
from reconciler.model.events import EventDraft, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a report, or a look at what was reported, makes of the rows that are kept of an account.

    `gone` were uninstalled, and the runtime says so. `ended` had been told of as overdue.
    """

    changed: tuple[Report, ...]
    gone: tuple[AttachmentKey, ...] = ()
    ended: tuple[Report, ...] = ()


def difference(aim: Aim | None, report: Report | None) -> DriftReason | None:
    """The first reason that fits; `aim` None: the account should not run it."""
    if aim is None:
        lies_there = report is not None and report.version is not None
        return DriftReason.NOT_REMOVED if lies_there else None
    if report is None or report.reported_at is None:
        return DriftReason.NOT_REPORTED
    if report.failure is not None:
        return DriftReason.FAILED
    if report.version != aim.release:
        return DriftReason.OTHER_RELEASE
    return None if report.digest == aim.digest else DriftReason.OTHER_CONTENT


def drift(
    aim: Aim | None, report: Report | None, agent: Agent, now: datetime, timeout: timedelta
) -> Drift | None:
    """How an attachment of an account with an agent differs from what it should run."""
    reason = difference(aim, report)
    if reason is None:
        return None
    since = _since(aim, report, agent, now)
    return Drift(
        reason=reason,
        since=since,
        overdue_at=since + timeout,
        overdue=since + timeout <= now or (report is not None and report.told),
        message=_message(reason, report),
    )


def looked_at(
    aims: Mapping[AttachmentKey, Aim],
    reports: Mapping[AttachmentKey, Report],
    agent: Agent,
    now: datetime,
) -> Weighed:
    """What was reported, held against what should run now: when differences began, or are over."""
    changed, gone, ended = [], [], []
    for key in sorted({*aims, *reports}):
        aim, before = aims.get(key), reports.get(key)
        after = _marked(before or Report(key=key), aim, before, agent, now)
        if before is not None and before.told and not after.told:
            ended.append(after)
        if aim is None and after.version is None:
            gone.append(key)
        elif after != before:
            changed.append(after)
    return Weighed(changed=tuple(changed), gone=tuple(gone), ended=tuple(ended))


def weighed(
    said: Iterable[Said],
    bundle: Bundle,
    reports: Mapping[AttachmentKey, Report],
    agent: Agent,
    now: datetime,
) -> Weighed:
    """A report, which tells of everything that the runtime runs.

    What it does not mention it does not run; of what the account never had it may say what it
    likes.
    """
    aims = {target.key: target.aim for target in bundle.targets}
    told = {AttachmentKey(bundle.account, one.pack, one.instance): one for one in said}
    changed, gone, ended = [], [], []
    for key in sorted({*aims, *reports}):
        aim, before = aims.get(key), reports.get(key)
        after = _marked(_reported(key, told.get(key), aim, before, now), aim, before, agent, now)
        if before is not None and before.told and not after.told:
            ended.append(after)
        if aim is None and after.version is None:
            gone.append(key)
        elif before is None or _says_more(after, before, aim):
            changed.append(after)
    return Weighed(changed=tuple(changed), gone=tuple(gone), ended=tuple(ended))


def _says_more(after: Report, before: Report, aim: Aim | None) -> bool:
    """Whether it is worth a write; that a report was made again is not, once it is newer than the
    row.
    """
    older = aim is not None and (before.reported_at or aim.since) < aim.since
    return older or replace(after, reported_at=before.reported_at) != before


def _reported(
    key: AttachmentKey,
    said: Said | None,
    aim: Aim | None,
    before: Report | None,
    now: datetime,
) -> Report:
    if said is None:
        return Report(key=key, reported_at=now)
    same = before is not None and (before.version, before.digest) == (said.version, said.digest)
    fits = aim is not None and (aim.release, aim.digest) == (said.version, said.digest)
    return Report(
        key=key,
        version=said.version,
        digest=said.digest,
        verified=fits or (same and before is not None and before.verified),
        failure=_one_line(said.failure) if said.failure else None,
        reported_at=now,
    )


def _one_line(failure: str) -> str:
    """Bounded, and without what a database does not take: a runtime may say anything."""
    clean = "".join(c if c.isprintable() else " " for c in failure[:LONGEST_FAILURE])
    return clean.strip() or "it does not say why"


def _marked(
    after: Report, aim: Aim | None, before: Report | None, agent: Agent, now: datetime
) -> Report:
    """With the beginning of the difference, if there is one."""
    if difference(aim, after) is None:
        return replace(after, behind_since=None, told=False)
    told = before is not None and before.told
    return replace(after, behind_since=_since(aim, before, agent, now), told=told)


def _since(aim: Aim | None, before: Report | None, agent: Agent, now: datetime) -> datetime:
    """A difference goes on until it is over. Else it began when the row changed, unless what was
    reported since then was right: then the runtime left it just now.
    """
    if before is not None and before.behind_since is not None:
        return before.behind_since
    reported_at = before.reported_at if before is not None else None
    if aim is None or (reported_at is not None and reported_at >= aim.since):
        return now
    return max(aim.since, agent.first_seen_at)


def _message(reason: DriftReason, report: Report | None) -> str:
    runs = "nothing" if report is None or report.version is None else report.version
    match reason:
        case DriftReason.FAILED:
            said = (report.failure or "" if report is not None else "").rstrip(". ")
            return f"it reports a failure: {said}"
        case DriftReason.NOT_REPORTED:
            return "it has not reported yet"
        case DriftReason.NOT_REMOVED:
            return f"it still runs {runs}, which was uninstalled"
        case DriftReason.OTHER_RELEASE:
            return f"it reports that it runs {runs}"
        case DriftReason.OTHER_CONTENT:
            return f"it reports {runs} with other content or settings than it should have"


def overdue_event(
    account: str, pack: str, instance: str, since: datetime, failure: str | None, now: datetime
) -> EventDraft:
    """That a difference lasts longer than it may."""
    name = str(AttachmentKey(account, pack, instance))
    why = (
        f"its runtime reports a failure: {failure}"
        if failure
        else "its runtime does not confirm it"
    )
    return EventDraft(
        kind=EventKind.DELIVERY_OVERDUE,
        at=now,
        actor="reconciler",
        pack=pack,
        account=account,
        message=f"{name} does not run what it should since {since:%Y-%m-%d %H:%M} UTC: {why}",
        details={"instance": instance or None, "since": since.isoformat(), "failure": failure},
    )


def installed_event(report: Report, actor: str, now: datetime) -> EventDraft:
    """That a difference which was told of is over."""
    runs = "is gone" if report.version is None else f"runs {report.version}"
    return EventDraft(
        kind=EventKind.DELIVERY_INSTALLED,
        at=now,
        actor=actor,
        pack=report.key.pack,
        account=report.key.account,
        message=f"{report.key} {runs}, as it should; its delivery had been overdue",
        details={"instance": report.key.instance or None, "release": report.version},
    )
