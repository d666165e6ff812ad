"""Text and trouble -> stdout and stderr, in colour where a terminal reads along."""

import os
import sys
from typing import TextIO

from reconciler.cli import streams
from reconciler.errors import ReconcilerError
from reconciler.model.outcome import PassOutcome
from reconciler.ports import Source
from reconciler.report.escape import terminal
from reconciler.report.layout import Style
from reconciler.report.plan import totals


def style(stream: TextIO | None = None) -> Style:
    """Colour only for terminals that have it, and not with NO_COLOR (no-color.org)."""
    target = sys.stdout if stream is None else stream
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Style(colour=target.isatty() and not plain)


def write(text: str) -> bool:
    """What the command was asked for, on stdout; False when nobody reads it any more."""
    return streams.write(text)


def note(text: str) -> None:
    """What is worth knowing beside it, on stderr."""
    streams.say(f"reconciler: {terminal(text)}")


def tell(error: ReconcilerError) -> None:
    """The reason for a failure in one line on stderr, and what to do in another."""
    note(error.message)
    _hint(error)


def _hint(error: ReconcilerError) -> None:
    if error.hint:
        streams.say(f"hint: {terminal(error.hint)}")


def tell_outcome(outcome: PassOutcome, *, in_text: bool) -> None:
    """Why a revision was not accepted, if it was not.

    `in_text`: the text on stdout gives the reason for a refusal; only the way out is left to say.
    """
    if outcome.error is None:
        return
    streams.flush()  # one pipe may take both streams: the way out comes after what it leads out of
    if not in_text or not totals.is_refused(outcome):
        tell(outcome.error)
    elif not totals.is_invalid(outcome):
        _hint(outcome.error)


def note_uncommitted(source: Source, what: str) -> None:
    """Says how many manifests differ from HEAD, which alone is read."""
    number = source.uncommitted()
    if number:
        noun = "manifest is" if number == 1 else "manifests are"
        note(f"{number:,} {noun} uncommitted and not {what}; HEAD was read")
