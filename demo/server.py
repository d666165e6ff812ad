"""A stage -> a real server of its store, at its time."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TextIO

from demo.stage import Stage, StoryError

_GRACE_SECONDS = 20


@contextmanager
def served(stage: Stage, said: TextIO, port: int = 0) -> Iterator[tuple[Thread, str]]:
    """A server of the stage's store at the stage's time: what ends with it, and its address.

    What it says goes to `said`. Raises StoryError when it can't be started.
    """
    process = stage.begin(["serve", ".", "--port", str(port), "--now", stage.now])
    try:
        address = _address(process)
        listener = Thread(target=_repeat, args=(process, said))
        listener.start()
        yield listener, address
        process.send_signal(signal.SIGTERM)
        listener.join(_GRACE_SECONDS)
    finally:
        process.kill()
        process.wait()


def _repeat(process: subprocess.Popen[str], said: TextIO) -> None:
    """Until the server ends; a pipe that nobody reads would stop it."""
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            said.write(line)


def _address(process: subprocess.Popen[str]) -> str:
    """Where it serves, once it does. Raises StoryError with what it says instead."""
    said = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if line.startswith("serving on "):
            return line.split()[2]
    raise StoryError("".join(said).rstrip() or "the server ended before it began")
