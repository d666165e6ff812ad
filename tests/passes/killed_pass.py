"""One pass in a process of its own that ends itself with SIGKILL at its n-th write; 0: never.

Arguments: repository, store URL, now, n. Prints how many writes there were when it is not killed.
"""

import os
import signal
import sqlite3
import sys
from datetime import datetime
from typing import Any

from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.wiring import open_world

WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE", "COMMIT", "PRAGMA WAL_CHECKPOINT")
connect = sqlite3.connect
fatal = int(sys.argv[4])
seen = 0


def count(statement: str) -> None:
    """The trace comes before the statement runs: the n-th write does not happen."""
    global seen
    if statement.lstrip().upper().startswith(WRITES):
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def traced(*words: Any, **more: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = connect(*words, **more)
    connection.set_trace_callback(count)
    return connection


sqlite3.connect = traced  # type: ignore[assignment]
settings = Settings(
    repository=sys.argv[1],
    store_url=sys.argv[2],
    now=datetime.fromisoformat(sys.argv[3]),
    actor="tests",
)
with open_world(settings, store="create") as world:
    reconcile(world)
print(seen)
