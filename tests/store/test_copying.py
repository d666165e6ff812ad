"""An install base moves to another database, with all that is in it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import LeaseHeld, StoreError
from reconciler.model.base import AttachmentOrigin, InstallBase, Settings, TemplateCopy
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision
from reconciler.ports import Refusal, Store
from reconciler.store import backup, check, copy, open_store


@pytest.fixture
def target(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A place in the other database."""
    if database == "sqlite":
        return str(request.getfixturevalue("new_database")())
    return f"sqlite:///{tmp_path}/target.db"


@pytest.fixture
def lived_in(store: Store, world: Any) -> Store:
    """Something in every table."""
    orders = world.pack("orders", "1.10.0", "2.0.0", effective=("1.9.0",), testing_period=1)
    rows = (
        world.row("acme", release="1.9.0", requested=Settings(extensions={"api": {"t": "é\t\\n"}}),
                  adopt_requested="2.0.0", adopted_in=1, adopt_at=world.clock.now()),
        world.row("globex", release="2.0.0", adopt_requested="2.0.0", adopted_in=1, entitled=False),
        world.row("globex", "returns", "test", origin=AttachmentOrigin.ACCOUNT),
    )  # fmt: skip
    world.fill(store, orders, world.pack("returns", None, "1.0.0", multiple=True), rows=rows,
               suspended=("initech",))  # fmt: skip
    kept = TemplateCopy(
        account="acme", component="t", version="1", copied_at=world.clock.now(), actor="ann"
    )
    event = world.event("copied", kind=EventKind.ACCOUNT_COPY_TEMPLATE, account="acme")
    store.request("acme", None, lambda _: Decision(action="", message="", copy=kept, event=event))
    refusal = Refusal(revision="c" * 40, reason="limit", message="5", at=world.clock.now())
    with store.session(0) as session:
        session.refuse(refusal, (world.event("refused"),))
    return store


def test_nothing_is_lost_on_the_way_to_another_database(
    lived_in: Store, store_url: str, target: str, world: Any, facts: Any
) -> None:
    assert copy(store_url, target) > 20
    moved = open_store(target, mode="write", clock=world.clock)
    assert facts(moved.base()) == facts(lived_in.base())
    assert list(moved.history()) == list(lived_in.history())
    assert list(moved.events()) == list(lived_in.events())
    assert (moved.store_id, moved.rehearsal) == (lived_in.store_id, lived_in.rehearsal)
    assert moved.last_refusal() == lived_in.last_refusal()
    assert [row.updated_at for row in moved.attached()] == [
        row.updated_at for row in lived_in.attached()
    ]
    assert check(target) == []


def test_work_goes_on_where_the_copy_lies(
    lived_in: Store, store_url: str, target: str, world: Any
) -> None:
    copy(store_url, target)
    moved = open_store(target, mode="write", clock=world.clock)
    newer = world.pack("orders", "2.0.0", effective=("1.9.0", "1.10.0"), testing_period=1)
    world.serve(moved, newer)
    with moved.session(0) as session:
        assert world.roll_out(session).attachments == 1
        session.settle(None, world.clock.now())
    world.fill(moved, world.pack("brand-new"), rows=(world.row("newcomer", "brand-new"),))
    assert check(target) == []
    assert lived_in.counts()["orders"] == {"1.9.0": 1, "2.0.0": 1}


@pytest.mark.usefixtures("lived_in")
def test_there_and_back_again_is_the_same(
    store_url: str, target: str, new_url: Any, world: Any, facts: Any
) -> None:
    again = new_url()
    copy(store_url, target)
    copy(target, again)
    first, last = (open_store(url, mode="read", clock=world.clock) for url in (store_url, again))
    assert facts(first.base()) == facts(last.base())
    assert list(first.events()) == list(last.events())
    assert list(first.history()) == list(last.history())


def test_a_copy_never_replaces_a_store_and_waits_for_no_pass(
    lived_in: Store, store_url: str, target: str, world: Any
) -> None:
    with lived_in.session(0), pytest.raises(LeaseHeld):
        copy(store_url, target)
    made = open_store(target, mode="create", clock=world.clock)
    with pytest.raises(StoreError, match=r"there is an install base at .* already"):
        copy(store_url, target)
    assert made.applied() is None


def test_a_copy_that_an_account_made_stale_is_not_made(
    lived_in: Store, store_url: str, target: str, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reconciler.store import copying

    rows = copying._rows

    def meanwhile(connection: Any, table: str) -> Any:
        if table == "attachment":
            asked = Decision(
                action="uninstall",
                removed=world.row("acme").key,
                event=world.event("gone"),
                message="",
            )
            lived_in.request("acme", "orders", lambda _: asked)
        return rows(connection, table)

    monkeypatch.setattr(copying, "_rows", meanwhile)
    with pytest.raises(StoreError, match=r"an account changed .* meanwhile; nothing was copied"):
        copy(store_url, target)
    with pytest.raises(StoreError, match="there is no install base"):
        open_store(target, mode="read", clock=world.clock)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_backup_of_a_server_is_a_file_that_can_be_copied_back(
    lived_in: Store, store_url: str, new_url: Any, tmp_path: Path, world: Any, facts: Any
) -> None:
    file = tmp_path / "backup.db"
    with lived_in.session(0):
        backup(store_url, str(file))
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.db"]
    restored = new_url()
    copy(f"sqlite:///{file}", restored)
    found: InstallBase = open_store(restored, mode="read", clock=world.clock).base()
    assert facts(found) == facts(lived_in.base())
    assert check(restored) == []


@pytest.mark.usefixtures("lived_in")
def test_the_command_says_what_it_did_and_shows_no_password(store_url: str, target: str) -> None:
    secret = [f"{url}{'&' if '?' in url else '?'}password=hush" for url in (store_url, target)]
    urls = [new if old.startswith("postgresql") else old
            for old, new in zip((store_url, target), secret, strict=True)]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "store", "copy", *urls, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["rows"] > 20
    assert "hush" not in done.stdout + done.stderr
