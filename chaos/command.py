"""`python -m chaos.command WORDS`: the program's command line, with small batches and a fate.

CHAOS_BATCH is the number of rows of a batch. CHAOS_FATE is kill:N or stop:N: the process sends
itself that signal instead of its N-th write. CHAOS_RETRY_SECONDS is how soon `run` tries again
after trouble. CHAOS_COUNT names a file that gets the number of writes. The writes of the main
thread count, on both databases.
"""

import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from reconciler.cli import main
from reconciler.store import membership
from reconciler.store.session import SqlSession

_READS = ("SELECT", "PRAGMA BUSY", "PRAGMA FOREIGN", "WITH")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Fate:
    """Counts writes, and strikes at the one that is named."""

    def __init__(self, text: str) -> None:
        name, _, number = text.partition(":")
        self.signal = _SIGNALS.get(name)
        self.fatal = int(number or 0)
        self.seen = 0

    def before(self, statement: str) -> None:
        """The statement is about to run: the fatal one does not, or not before SIGCONT."""
        words = statement.lstrip().upper()
        if words.startswith(_READS) or threading.current_thread() is not threading.main_thread():
            return
        self.seen += 1
        if self.seen == self.fatal and self.signal is not None:
            os.kill(os.getpid(), self.signal)


def _watch_sqlite(fate: Fate) -> None:
    connect = sqlite3.connect

    def traced(*words: Any, **more: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*words, **more)
        connection.set_trace_callback(fate.before)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]


def _watch_postgres(fate: Fate) -> None:
    import psycopg

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Any, query: Any, *words: Any, **more: Any) -> Any:
            fate.before(query if isinstance(query, str) else "COPY")
            return method(self, query, *words, **more)

        return run

    for name in ("execute", "executemany", "copy"):
        setattr(psycopg.Cursor, name, watched(getattr(psycopg.Cursor, name)))


if __name__ == "__main__":
    own_fate = Fate(os.environ.get("CHAOS_FATE", ""))
    on_server = os.environ.get("RECONCILER_STORE", "").startswith("postgresql")
    (_watch_postgres if on_server else _watch_sqlite)(own_fate)
    if "CHAOS_RETRY_SECONDS" in os.environ:
        from reconciler import loop

        loop._RETRY = timedelta(seconds=float(os.environ["CHAOS_RETRY_SECONDS"]))
    if "CHAOS_BATCH" in os.environ:
        SqlSession.batch = int(os.environ["CHAOS_BATCH"])
        membership.change_membership.__defaults__ = (SqlSession.batch,)
    try:
        main()
    finally:
        if "CHAOS_COUNT" in os.environ:
            Path(os.environ["CHAOS_COUNT"]).write_text(str(own_fate.seen))
