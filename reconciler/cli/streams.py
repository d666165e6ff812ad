"""Standard streams as a caller leaves them -> streams that no reader or disk makes fail oddly."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TextIO

from reconciler.errors import ReconcilerError


def prepare() -> None:
    """Closed streams lead nowhere, and what an encoding lacks is shown as an escape.

    A file that is opened later must not get the number of a stream that the caller closed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for name in ("stdout", "stderr"):
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def write(text: str) -> bool:
    """Writes to stdout; False when nobody reads it any more.

    A reader that went away (`| head`) neither ends a command nor changes its exit code. Raises
    ReconcilerError when the text can't be written for another reason.
    """
    return _tried(lambda: sys.stdout.write(text))


def flush() -> bool:
    """What was written to stdout so far goes out; returns and raises as write does."""
    return _tried(sys.stdout.flush)


def say(line: str) -> None:
    """A line on stderr; work goes on where nobody reads it, or where it goes to a full disk."""
    try:
        print(line, file=sys.stderr)
    except OSError:
        _silence(sys.stderr)


def _tried(put: Callable[[], object]) -> bool:
    try:
        put()
    except BrokenPipeError:
        _silence(sys.stdout)
        return False
    except OSError as error:
        _silence(sys.stdout)
        message = f"cannot write the output: {error.strerror}"
        raise ReconcilerError(message, "what the command had to do, it has done") from error
    return True


def _silence(stream: TextIO) -> None:
    """What is still buffered, and what comes, must not raise again, nor when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
