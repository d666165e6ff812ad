"""Text and trouble -> stdout and stderr, in colour where a terminal reads along."""

import os
import sys
from typing import TextIO

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import PassOutcome
from reconciler.ports import Source
from reconciler.report.escape import terminal
from reconciler.report.layout import Style


def style(stream: TextIO | None = None) -> Style:
    """Colour only for terminals that have it, and not with NO_COLOR (no-color.org)."""
    target = sys.stdout if stream is None else stream
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Style(colour=target.isatty() and not plain)


def write(text: str) -> None:
    """What the command was asked for, on stdout."""
    sys.stdout.write(text)


def note(text: str) -> None:
    """What is worth knowing beside it, on stderr."""
    print(f"reconciler: {terminal(text)}", file=sys.stderr)


def tell(error: ReconcilerError) -> None:
    """The reason for a failure in one line on stderr, and what to do in another."""
    print(f"reconciler: {terminal(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"hint: {terminal(error.hint)}", file=sys.stderr)


def tell_outcome(outcome: PassOutcome) -> None:
    """Why a revision was not accepted, if it was not."""
    if outcome.error is not None:
        tell(outcome.error)


def note_uncommitted(source: Source, what: str) -> None:
    """Says how many manifests differ from HEAD, which alone is read."""
    number = source.uncommitted()
    if number:
        noun = "manifest is" if number == 1 else "manifests are"
        note(f"{number:,} {noun} uncommitted and not {what}; HEAD was read")
