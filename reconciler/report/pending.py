"""A pending release that was moved or withdrawn -> text, JSON, and the message of a commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.base import AttachmentKey
from reconciler.model.declarations import Release
from reconciler.model.windows import Window
from reconciler.report import commit, written
from reconciler.report.escape import terminal
from reconciler.report.objects import Fields
from reconciler.report.release import when
from reconciler.report.times import iso_or_none
from reconciler.report.words import counted


class Rescheduling(Protocol):
    """A release before and after; `window` None: as soon as it is applied."""

    @property
    def before(self) -> Release: ...
    @property
    def after(self) -> Release: ...
    @property
    def window(self) -> Window | None: ...


class Withdrawal(Protocol):
    """The release that goes, what is current without it, and who runs or asks for it."""

    @property
    def release(self) -> Release: ...
    @property
    def current(self) -> str | None: ...
    @property
    def adopters(self) -> int: ...
    @property
    def named(self) -> Sequence[AttachmentKey]: ...
    @property
    def asking(self) -> Sequence[AttachmentKey]: ...


def rescheduled_text(
    moved: Rescheduling, delivered: written.Delivered, zone: ZoneInfo, now: datetime
) -> str:
    """The file, the old date and the new moment, and the next step."""
    release = moved.after
    lines = [
        f"{written.done(delivered, 'Changed')}: {release.pack} {release.version} comes "
        f"{when(moved.window, zone, now)}; {_was(moved.before)}.",
        written.following(delivered),
    ]
    return "".join(f"{terminal(line)}\n" for line in lines)


def rescheduled_message(moved: Rescheduling, zone: ZoneInfo, whom: str) -> str:
    """The message of a commit that moves the release."""
    release = moved.after
    to = "immediate" if release.date_text is None else release.date_text
    urgent = "It is an emergency: freezes do not hold it back." if release.emergency else None
    return commit.message(
        f"Reschedule {release.pack} {release.version} to {to}",
        commit.sentences(
            [f"It comes {when(moved.window, zone, None)}; {_was(moved.before)}.", urgent, whom]
        ),
    )


def rescheduled_fields(moved: Rescheduling, delivered: written.Delivered) -> Fields:
    """The same as JSON."""
    window = moved.window
    return {
        "pack": moved.after.pack,
        "version": moved.after.version,
        "before": moved.before.date_text,
        "date": moved.after.date_text,
        "opens_at": iso_or_none(window.opens_at if window is not None else None),
        "closes_at": iso_or_none(window.closes_at if window is not None else None),
        "emergency": moved.after.emergency,
        **written.fields(delivered),
    }


def withdrawn_text(gone: Withdrawal, delivered: written.Delivered, *, whole: bool) -> str:
    """The file, who goes back, who still asks for it, and the next step.

    `whole`: the file went; otherwise it holds other manifests.
    """
    release = gone.release
    done = written.done(delivered, "Deleted" if whole else "Changed")
    lines = [
        f"{done}: {release.pack} {release.version} is withdrawn; {_remains(gone)}.",
        *_adopters(gone),
        written.following(delivered),
    ]
    return "".join(f"{terminal(line)}\n" for line in lines)


def withdrawn_message(gone: Withdrawal) -> str:
    """The message of a commit that withdraws the release."""
    release = gone.release
    date = "it was immediate" if release.date_text is None else f"it was due {release.date_text}"
    return commit.message(
        f"Withdraw {release.pack} {release.version}",
        f"{date[0].upper()}{date[1:]}; {_remains(gone)}.",
        "\n".join(_adopters(gone)) or None,
    )


def withdrawn_fields(gone: Withdrawal, delivered: written.Delivered) -> Fields:
    """The same as JSON."""
    return {
        "pack": gone.release.pack,
        "version": gone.release.version,
        "date": gone.release.date_text,
        "current": gone.current,
        "adopters": gone.adopters,
        "named": [str(key) for key in gone.named],
        "asking": [str(key) for key in gone.asking],
        **written.fields(delivered),
    }


def _was(before: Release) -> str:
    return "it was immediate" if before.date_text is None else f"it was dated {before.date_text}"


def _remains(gone: Withdrawal) -> str:
    if gone.current is None:
        return f"{gone.release.pack} has no release then"
    return f"{gone.current} stays current"


def _adopters(gone: Withdrawal) -> list[str]:
    lines = []
    if gone.adopters:
        verb = "goes" if gone.adopters == 1 else "go"
        lines.append(
            f"{counted(gone.adopters, 'attachment')} adopted it and {verb} back to {gone.current}: "
            f"{_names(gone.named, gone.adopters)}."
        )
    if gone.asking:
        verb = "says" if len(gone.asking) == 1 else "say"
        lines.append(
            f"{counted(len(gone.asking), 'manifest')} still {verb} adopt: {gone.release.version}: "
            f"{_names(gone.asking, len(gone.asking))}."
        )
    return lines


def _names(keys: Sequence[AttachmentKey], number: int) -> str:
    shown = [str(key) for key in keys[:10]]
    more = number - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more > 0 else [])])
