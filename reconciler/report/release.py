"""A release that was just written -> what is in it, when it comes, and what to do next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.declarations import Release
from reconciler.model.windows import Window
from reconciler.report.escape import terminal
from reconciler.report.layout import aligned
from reconciler.report.objects import Fields
from reconciler.report.times import iso, span_and_utc


class Draft(Protocol):
    """A release and what it changes."""

    @property
    def release(self) -> Release: ...
    @property
    def changes(self) -> Mapping[str, tuple[str | None, str | None]]: ...
    @property
    def window(self) -> Window | None: ...


def text(draft: Draft, written: Sequence[str], zone: ZoneInfo, now: datetime) -> str:
    """The file, the moment, the components that differ from current, and the next step."""
    release = draft.release
    when = "as soon as it is applied"
    if draft.window is not None:
        when = span_and_utc(draft.window, zone, now)
    head = f"Wrote {written[0]}: {release.pack} {release.version}, {when}."
    rows = [
        [f"  {name}", f"{before or 'new'} → {after or 'removed'}"]
        for name, (before, after) in draft.changes.items()
    ]
    also = [
        f"Changed {path}: its components are now those of this release." for path in written[1:]
    ]
    following = f"Next: git add and commit {' '.join(written)}, reconciler plan"
    lines = [head, *aligned(rows), *also, following]
    return "".join(f"{terminal(line)}\n" for line in lines)


def fields(draft: Draft, written: Sequence[str]) -> Fields:
    """The same as JSON."""
    release, window = draft.release, draft.window
    return {
        "pack": release.pack,
        "version": release.version,
        "components": dict(release.components),
        "removes": list(release.removes),
        "date": release.date_text,
        "opens_at": None if window is None else iso(window.opens_at),
        "closes_at": None if window is None else iso(window.closes_at),
        "emergency": release.emergency,
        "changes": {
            name: {"before": before, "after": after}
            for name, (before, after) in draft.changes.items()
        },
        "files": list(written),
    }
