"""What a server looks after while it answers: a thread that calls each duty again and again."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from reconciler.errors import ReconcilerError

EVERY_SECONDS = 30.0
Duty = Callable[[], object]
"""Called until it returns something false: each call is bounded."""

_log = logging.getLogger(__name__)


@contextmanager
def looking_after(duties: Sequence[Duty], every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """For the block, and once more at its end. Trouble is logged, and tried again."""
    stop = threading.Event()
    thread = threading.Thread(target=_look_after, args=(duties, every_seconds, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _look_after(duties: Sequence[Duty], every_seconds: float, stop: threading.Event) -> None:
    last = False
    while True:
        for duty in duties:
            try:
                while duty() and not stop.is_set():
                    pass
            except ReconcilerError as error:
                _log.warning("%s", error.message)
        if last:
            return
        last = stop.wait(every_seconds)
