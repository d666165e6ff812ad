"""A file -> a lock between processes that goes with the process that holds it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

_LONGEST_STEP_SECONDS = 0.05


class LockBusy(Exception):
    """Somebody else kept the lock for as long as the caller would wait."""


@contextmanager
def held(path: Path, wait_seconds: float) -> Iterator[int]:
    """Holds the lock while the block runs; gives the open file's descriptor.

    Raises LockBusy after waiting, or OSError.

    The operating system frees it however the process ends. The file itself is never deleted: two
    processes could then hold locks on two files of the same name.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _acquire(descriptor, wait_seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    step, pause = 0.001, Event()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LockBusy from None
            pause.wait(min(step, left))
            step = min(2 * step, _LONGEST_STEP_SECONDS)
        else:
            return
