"""A release that was just written -> what is in it, when it comes, and what to do next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.declarations import Release
from reconciler.model.windows import Window
from reconciler.report import commit, written
from reconciler.report.escape import terminal
from reconciler.report.layout import aligned
from reconciler.report.objects import Fields
from reconciler.report.times import iso, span_and_utc


class Draft(Protocol):
    """A release and what it changes; `reason`: why it has this version, None where it was given."""

    @property
    def release(self) -> Release: ...
    @property
    def changes(self) -> Mapping[str, tuple[str | None, str | None]]: ...
    @property
    def window(self) -> Window | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def supersedes(self) -> Release | None: ...


def when(window: Window | None, zone: ZoneInfo, now: datetime | None) -> str:
    """ "Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC", or "as soon as it is applied"."""
    return "as soon as it is applied" if window is None else span_and_utc(window, zone, now)


def superseding(draft: Draft) -> str | None:
    """What becomes of the release that is pending now; None where there is none."""
    ended = draft.supersedes
    if ended is None:
        return None
    return f"Ends the testing period of {ended.version}: nobody gets it on {ended.date_text}."


def text(draft: Draft, delivered: written.Delivered, zone: ZoneInfo, now: datetime) -> str:
    """The file, the moment, the components that differ from current, and the next step."""
    release = draft.release
    head = f"{written.done(delivered)}: {release.pack} {release.version}, "
    rows = [
        [f"  {name}", f"{before or 'new'} → {after or 'removed'}"]
        for name, (before, after) in draft.changes.items()
    ]
    lines = [
        f"{head}{when(draft.window, zone, now)}.",
        *aligned(rows),
        *filter(None, [superseding(draft)]),
        *([f"Version {release.version}: {draft.reason}."] if draft.reason else []),
        *(
            f"Changed {path}: its components are now those of this release."
            for path in delivered.files[1:]
        ),
        written.following(delivered),
    ]
    return "".join(f"{terminal(line)}\n" for line in lines)


def message(
    draft: Draft, zone: ZoneInfo, whom: str, *, also: str | None = None, trailer: str | None = None
) -> str:
    """The message of a commit that proposes the release: what changes, when, whom, why.

    `also` is a paragraph of its own.
    """
    release = draft.release
    at = "" if release.date_text is None else f" on {release.date_text}"
    moment = when(draft.window, zone, None)
    urgent = "It is an emergency: freezes do not hold it back." if release.emergency else None
    return commit.message(
        f"Release {release.pack} {release.version}{at}",
        commit.sentences([f"{moment[0].upper()}{moment[1:]}.", urgent, whom, superseding(draft)]),
        commit.changed(draft.changes),
        f"Version {release.version}: {draft.reason}." if draft.reason else None,
        release.notes,
        also,
        trailer=trailer,
    )


def fields(draft: Draft, delivered: written.Delivered) -> Fields:
    """The same as JSON."""
    release, window = draft.release, draft.window
    return {
        "pack": release.pack,
        "version": release.version,
        "reason": draft.reason,
        "components": dict(release.components),
        "removes": list(release.removes),
        "date": release.date_text,
        "opens_at": None if window is None else iso(window.opens_at),
        "closes_at": None if window is None else iso(window.closes_at),
        "emergency": release.emergency,
        "supersedes": None if draft.supersedes is None else draft.supersedes.version,
        "changes": {
            name: {"before": before, "after": after}
            for name, (before, after) in draft.changes.items()
        },
        **written.fields(delivered),
    }
