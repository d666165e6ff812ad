"""Tokens that were used -> when, until it is written: no request waits for that."""

import threading
from datetime import datetime, timedelta

from reconciler.model.access import Token

_WRITTEN_EVERY = timedelta(minutes=1)


class Uses:
    """May be told from several threads."""

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
