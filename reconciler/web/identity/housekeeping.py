"""Tokens that were used -> the time of it in the store; and what time has ended -> dropped."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from reconciler.errors import ReconcilerError
from reconciler.model.access import Token
from reconciler.ports import Access, Clock

_log = logging.getLogger(__name__)
_WRITTEN_EVERY = timedelta(minutes=1)
_PAUSE_SECONDS = 5.0
_ROUNDS_UNTIL_SWEEP = 12


class Uses:
    """Which tokens were used and when, until it is written: no request waits for that."""

    def __init__(self) -> None:
        self._at: dict[int, datetime] = {}
        self._lock = threading.Lock()

    def note(self, token: Token, now: datetime) -> None:
        """Nothing, when its last use was written less than a minute ago."""
        if token.last_used_at is None or now - token.last_used_at >= _WRITTEN_EVERY:
            with self._lock:
                self._at[token.id] = now

    def taken(self) -> dict[int, datetime]:
        """What is to be written; forgotten here."""
        with self._lock:
            found, self._at = self._at, {}
        return found


@contextmanager
def housekeeping(access: Access, clock: Clock, uses: Uses) -> Iterator[None]:
    """For the block a thread writes what was used, and drops what has ended, each minute."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_keep_house, args=(access, clock, uses, stop), name="housekeeping"
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_house(access: Access, clock: Clock, uses: Uses, stop: threading.Event) -> None:
    rounds = 0
    while True:
        ended = stop.is_set()
        try:
            if rounds % _ROUNDS_UNTIL_SWEEP == 0:
                access.sweep(clock.now())
            access.used(uses.taken())
        except ReconcilerError as error:
            _log.warning("housekeeping: %s", error.message)
        if ended:
            return
        rounds += 1
        stop.wait(_PAUSE_SECONDS)
