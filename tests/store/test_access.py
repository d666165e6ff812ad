"""Tokens, sessions and failed sign-ins in a store: who may come in, and until when."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import RequestRefused
from reconciler.model import tokens
from reconciler.model.access import Principal, Role, TokenState
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.ports.access import Access
from reconciler.store import access_of, check, copy, open_store

_INSTANT = timedelta(microseconds=1)


@pytest.fixture
def served(store: Store, world: Any) -> Store:
    """Two accounts that run a pack."""
    rows = (world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0"))
    world.fill(store, world.pack(), rows=rows)
    return store


@pytest.fixture
def doors(served: Store) -> Access:
    return access_of(served)


def _make(doors: Access, world: Any, name: str = "ci", **given: Any) -> Any:
    given.setdefault("role", Role.PUBLISHER_ADMIN)
    given.setdefault("expires_at", None)
    return doors.create_token(name, now=world.clock.at, actor="ann", **given)


def test_a_token_is_found_by_its_digest_and_by_nothing_else(doors: Access, world: Any) -> None:
    token, text = _make(doors, world, role=Role.ACCOUNT, account="globex")
    assert doors.token(tokens.digest(text)) == token
    assert (token.role, token.account, token.hint) == (Role.ACCOUNT, "globex", text[:10])
    for other in (text, "", token.hint, tokens.digest(text).upper()):
        assert doors.token(other) is None


def test_the_store_never_holds_the_token(
    doors: Access, store_url: str, store_path: Path, world: Any, sql: Any, served: Store
) -> None:
    _, text = _make(doors, world)
    doors.used({1: world.clock.at})
    doors.revoke_token(1, now=world.clock.at, actor="ann")
    secret = text[len("ipr_") + 6 :]
    if store_url.startswith("sqlite"):
        files = [path for path in store_path.parent.iterdir() if path.is_file()]
        assert files
        assert not [path for path in files if secret.encode() in path.read_bytes()]
    for table in ("token", "session", "event"):
        assert secret not in repr(sql(f"SELECT * FROM {table}"))
    assert secret not in repr(list(served.events()))


def test_making_and_revoking_are_events_with_their_actor(
    doors: Access, served: Store, world: Any, store_url: str
) -> None:
    token, _ = _make(doors, world, role=Role.ACCOUNT, account="globex")
    world.later(hours=1)
    revoked = doors.revoke_token(token.id, now=world.clock.at, actor="bob")
    assert revoked is not None
    assert revoked.revoked_at == world.clock.at
    made, ended = (event.draft for event in served.events(limit=2))
    assert (made.kind, made.actor, made.account) == (EventKind.TOKEN_CREATED, "ann", "globex")
    assert (ended.kind, ended.actor, ended.at) == (EventKind.TOKEN_REVOKED, "bob", world.clock.at)
    assert made.details == {
        "token": token.id, "name": "ci", "role": "account", "expires_at": None,
    }  # fmt: skip
    assert check(store_url) == []


def test_revoking_again_changes_nothing_and_an_unknown_token_is_none(
    doors: Access, served: Store, world: Any
) -> None:
    token, _ = _make(doors, world)
    first = doors.revoke_token(token.id, now=world.clock.at, actor="ann")
    events = len(list(served.events()))
    world.later(hours=1)
    assert doors.revoke_token(token.id, now=world.clock.at, actor="bob") == first
    assert doors.revoke_token(99, now=world.clock.at, actor="bob") is None
    assert len(list(served.events())) == events


def test_a_token_lives_until_the_instant_at_which_it_expires(doors: Access, world: Any) -> None:
    end = world.clock.at + timedelta(days=30)
    _, text = _make(doors, world, expires_at=end)
    found = doors.token(tokens.digest(text))
    assert found is not None
    assert found.state(end - _INSTANT) is TokenState.LIVE
    assert found.state(end) is TokenState.EXPIRED
    assert len(doors.tokens(live_at=end - _INSTANT)) == 1
    assert not doors.tokens(live_at=end)


def test_what_makes_no_sense_is_refused(doors: Access, world: Any, served: Store) -> None:
    events = len(list(served.events()))
    wrong: list[dict[str, Any]] = [
        {"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "\x1b[31m"}, {"name": "\x00"},
        {"name": "x" * 101}, {"name": "\u202eevil"}, {"expires_at": world.clock.at},
        {"role": Role.ACCOUNT}, {"account": "globex"},
        {"role": Role.ACCOUNT, "account": "initech"},
    ]  # fmt: skip
    for given in wrong:
        with pytest.raises(RequestRefused):
            _make(doors, world, **given)
    assert not doors.tokens()
    assert len(list(served.events())) == events


def test_hostile_names_are_kept_as_they_are(doors: Access, world: Any) -> None:
    names = ["<script>alert(1)</script>", "::error::x", "'; DROP TABLE token; --", "%s :name"]
    for name in names:
        _make(doors, world, name)
    assert [token.name for token in doors.tokens()] == names


def test_tokens_are_listed_in_pages_and_by_account(doors: Access, world: Any) -> None:
    for number in range(5):
        _make(doors, world, f"agent {number}", role=Role.ACCOUNT, account="globex")
    _make(doors, world, role=Role.ACCOUNT, account="acme")
    doors.revoke_token(2, now=world.clock.at, actor="ann")
    assert [token.id for token in doors.tokens(account="globex", limit=2)] == [1, 2]
    assert [token.id for token in doors.tokens(account="globex", after=2)] == [3, 4, 5]
    assert [token.id for token in doors.tokens(live_at=world.clock.at)] == [1, 3, 4, 5, 6]
    assert not doors.tokens(account="initech")


def test_use_is_written_at_most_once_a_minute(doors: Access, world: Any) -> None:
    token, text = _make(doors, world)
    doors.used({token.id: world.clock.at})
    at = world.clock.at
    world.later(seconds=59)
    doors.used({token.id: world.clock.at})
    found = doors.token(tokens.digest(text))
    assert found is not None
    assert found.last_used_at == at
    world.later(seconds=1)
    doors.used({token.id: world.clock.at})
    found = doors.token(tokens.digest(text))
    assert found is not None
    assert found.last_used_at == at + timedelta(minutes=1)


def test_a_session_ends_with_its_time_its_token_and_on_signing_out(
    doors: Access, world: Any
) -> None:
    token, _ = _make(doors, world, expires_at=world.clock.at + timedelta(hours=2))
    end = world.clock.at + timedelta(hours=12)
    for digest in ("a", "b"):
        doors.begin_session(digest, token.principal, now=world.clock.at, expires_at=end)
    found = doors.session("a")
    assert found is not None
    assert found.principal == token.principal
    assert found.lives(world.clock.at + timedelta(hours=2) - _INSTANT)
    assert not found.lives(world.clock.at + timedelta(hours=2))
    doors.end_session("a")
    assert doors.session("a") is None
    assert doors.session("b") is not None
    doors.revoke_token(token.id, now=world.clock.at, actor="ann")
    assert doors.session("b") is None


def test_an_operator_ends_all_sessions_or_those_of_one(
    doors: Access, served: Store, world: Any
) -> None:
    end, events = world.clock.at + timedelta(hours=1), len(list(served.events()))
    for digest, name in (("a", "eve"), ("b", "eve"), ("c", "gus"), ("d", "gus")):
        person = Principal(name=name, role=Role.PUBLISHER_VIEWER)
        doors.begin_session(digest, person, now=world.clock.at, expires_at=end)
    assert doors.end_sessions("eve", now=world.clock.at, actor="ann") == 2
    assert [doors.session(digest) is None for digest in "abcd"] == [True, True, False, False]
    assert doors.end_sessions("eve", now=world.clock.at, actor="ann") == 0
    assert doors.end_sessions(None, now=world.clock.at, actor="ann") == 2
    told = [event.draft for event in served.events()][events:]
    assert [(event.kind, event.actor, event.details["sessions"]) for event in told] == [
        (EventKind.SESSIONS_ENDED, "ann", 2),
        (EventKind.SESSIONS_ENDED, "ann", 2),
    ]


def test_a_revoked_token_begins_no_session_and_one_that_is_there_is_dead(
    doors: Access, world: Any, sql: Any, store_url: str
) -> None:
    token, _ = _make(doors, world)
    end = world.clock.at + timedelta(hours=12)
    doors.begin_session("s", token.principal, now=world.clock.at, expires_at=end)
    sql("UPDATE token SET revoked_at = created_at")
    found = doors.session("s")
    assert found is not None
    assert not found.lives(world.clock.at)
    assert check(store_url) == ["a session of token 1 is there, which was revoked"]
    with pytest.raises(RequestRefused):
        doors.begin_session("late", token.principal, now=world.clock.at, expires_at=end)


def test_a_person_signs_in_without_a_token(doors: Access, world: Any) -> None:
    person = Principal(name="eve via login.example", role=Role.ACCOUNT, account="globex")
    end = world.clock.at + timedelta(hours=12)
    doors.begin_session("p", person, now=world.clock.at, expires_at=end)
    found = doors.session("p")
    assert found is not None
    assert found.principal == person
    assert found.lives(end - _INSTANT)
    assert not found.lives(end)
    stranger = Principal(name="eve", role=Role.ACCOUNT, account="initech")
    with pytest.raises(RequestRefused):
        doors.begin_session("q", stranger, now=world.clock.at, expires_at=end)


def _rename(store: Store, world: Any, former: str, name: str) -> None:
    effects = Effects(renames={(Kind.MANAGED_ACCOUNT, former): name})
    with store.session(0) as session:
        session.accept(world.acceptance(effects, revision="c" * 40))
        session.settle(None, world.clock.at)


def test_a_token_follows_its_account_and_never_falls_to_another_of_its_name(
    doors: Access, served: Store, world: Any
) -> None:
    _, of_acme = _make(doors, world, role=Role.ACCOUNT, account="acme")
    _, of_globex = _make(doors, world, role=Role.ACCOUNT, account="globex")
    person = Principal(name="eve", role=Role.ACCOUNT, account="globex")
    doors.begin_session(
        "p", person, now=world.clock.at, expires_at=world.clock.at + timedelta(hours=1)
    )
    _rename(served, world, "acme", "globex")
    found = doors.token(tokens.digest(of_acme))
    assert found is not None
    assert found.account == "globex"
    assert doors.token(tokens.digest(of_globex)) is None
    assert doors.session("p") is None


def test_five_failures_in_a_quarter_of_an_hour_block_where_they_came_from(
    doors: Access, world: Any
) -> None:
    start = world.clock.at
    for _ in range(4):
        doors.failed({"address 192.0.2.1", "hint ipr_aaaaaa"}, world.clock.at)
        world.later(minutes=1)
    assert doors.blocked_until({"address 192.0.2.1"}, world.clock.at) is None
    doors.failed({"address 192.0.2.1"}, world.clock.at)
    until = start + timedelta(minutes=15)
    assert doors.blocked_until({"address 192.0.2.1", "hint x"}, world.clock.at) == until
    assert doors.blocked_until({"address 192.0.2.2", "hint ipr_aaaaaa"}, world.clock.at) is None
    assert doors.blocked_until({"address 192.0.2.1"}, until - _INSTANT) == until
    assert doors.blocked_until({"address 192.0.2.1"}, until) is None
    doors.failed({"address 192.0.2.1"}, until)
    assert doors.blocked_until({"address 192.0.2.1"}, until) is None


def test_what_time_has_ended_is_swept_and_nothing_is_written_without_it(
    doors: Access, world: Any, content: Any, sql: Any
) -> None:
    token, _ = _make(doors, world)
    end = world.clock.at + timedelta(hours=12)
    doors.begin_session("s", token.principal, now=world.clock.at, expires_at=end)
    doors.failed({"address 192.0.2.1"}, world.clock.at)
    before = content()
    assert doors.sweep(world.clock.at) == 0
    assert content() == before
    assert doors.sweep(world.clock.at + timedelta(minutes=15)) == 1
    assert doors.sweep(end) == 1
    assert sql("SELECT count(*) FROM session") == [(0,)]
    assert len(doors.tokens()) == 1


def test_the_oldest_failures_go_first_when_there_are_too_many(
    doors: Access, world: Any, monkeypatch: pytest.MonkeyPatch, sql: Any
) -> None:
    from reconciler.store import signing_in

    few = [(table, over.replace("100000", "3")) for table, over in signing_in._SWEPT]
    monkeypatch.setattr(signing_in, "_SWEPT", few)
    for number in range(5):
        doors.failed({f"address 192.0.2.{number}"}, world.clock.at)
        world.later(seconds=1)
    doors.sweep(world.clock.at)
    rows = sql("SELECT origin FROM failed_login ORDER BY origin")
    assert rows == [(f"address 192.0.2.{number}",) for number in (1, 2, 3, 4)]


def test_who_may_come_in_moves_with_the_install_base(
    doors: Access, world: Any, store_url: str, tmp_path: Path
) -> None:
    token, text = _make(doors, world, role=Role.ACCOUNT, account="globex")
    doors.begin_session(
        "s", token.principal, now=world.clock.at, expires_at=world.clock.at + timedelta(hours=1)
    )
    target = f"sqlite:///{tmp_path}/moved.db"
    copy(store_url, target)
    moved = access_of(open_store(target, mode="read", clock=world.clock))
    assert moved.token(tokens.digest(text)) == token
    assert moved.session("s") == doors.session("s")


def test_an_export_holds_no_token_and_a_restored_store_knows_none(
    doors: Access, world: Any, served: Store
) -> None:
    from reconciler.store import export

    _, text = _make(doors, world)
    assert not [line for line in export(served) if tokens.digest(text) in line]
