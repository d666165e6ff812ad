"""A holder of locks that falls silent in the middle of a transaction, wherever that is."""

import signal
from typing import Any

import pytest

from reconciler.model.changes import Effects
from reconciler.ports import Store


@pytest.fixture
def database() -> str:
    return "postgresql"


HEAD = """
from reconciler.store import session as sessions
store = open_store(given, mode="write", clock=Clock())
with store.session(60) as session:
    with session._fenced() as connection:
"""
AFTER_MANY = """
        connection.executemany("UPDATE applied SET zone_rules = :rules", [{"rules": "stale"}])
        say("inside")
        sys.stdin.readline()
"""
INSIDE_COPY = """
        def rows():
            yield {"account": "acme"}
            say("inside")
            sys.stdin.readline()
        connection.raw.execute("CREATE TEMPORARY TABLE one (account TEXT) ON COMMIT DROP")
        connection._copy("one", ["account"], ([row["account"]] for row in rows()))
"""
INSIDE_PIPELINE = """
        def rows():
            yield {"rules": "stale"}
            connection.raw.pgconn.send_flush_request()
            connection.raw.pgconn.flush()
            say("inside")
            sys.stdin.readline()
        connection.executemany("UPDATE applied SET zone_rules = :rules", rows())
"""


@pytest.mark.parametrize("code", [AFTER_MANY, INSIDE_COPY, INSIDE_PIPELINE])
def test_the_lease_of_a_process_that_is_stopped_inside_a_statement_can_be_taken_over(
    store: Store, store_url: str, world: Any, child: Any, code: str
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    stopped = child(HEAD + code, store_url, lease_seconds="0.5")
    assert stopped.stdout.readline() == "inside\n"
    stopped.send_signal(signal.SIGSTOP)
    with store.session(60):
        pass
    stopped.kill()


def test_a_request_that_is_stopped_before_its_end_gives_its_locks_back(
    store: Store, store_url: str, world: Any, child: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    code = """
from reconciler.store.postgres import connection as connections
connections.PostgresWriter.__init__.__kwdefaults__["stopped_seconds"] = 0.5
store = open_store(given, mode="write", clock=Clock())
with store.database.writing() as writer, writer.transaction() as connection:
    connection.executemany("UPDATE chain_end SET number = :number", [{"number": 7}])
    say("inside")
    sys.stdin.readline()
"""
    stopped = child(code, store_url)
    assert stopped.stdout.readline() == "inside\n"
    stopped.send_signal(signal.SIGSTOP)
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(), revision="b" * 40))
    stopped.kill()
