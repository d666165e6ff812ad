"""Events -> notifications: for whom, once, and what becomes of them; on both databases."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from reconciler.desired.channels import channel_draft
from reconciler.desired.notices import settled
from reconciler.errors import RequestRefused
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.model.notices import (
    PUBLISHER,
    Answer,
    Answered,
    Channel,
    ChannelKind,
    Claim,
    NotificationState,
)
from reconciler.ports import Store
from reconciler.ports.outbox import Outbox
from reconciler.store import check, copy, open_store, outbox_of

ADDRESS = "https://hooks.example/x"


@pytest.fixture
def box(store: Store) -> Outbox:
    return outbox_of(store)


@pytest.fixture
def listen(box: Outbox, world: Any) -> Callable[..., Channel]:
    """Adds channels: of the publisher, or of an account."""

    def add(account: str | None = None, *topics: str) -> Channel:
        at = world.clock.now()
        draft = channel_draft(account, ChannelKind.WEBHOOK, ADDRESS, topics, at, "ann")
        return box.add_channel(draft)

    return add


@pytest.fixture
def tell(store: Store, world: Any) -> Callable[..., None]:
    """Appends events, in the transaction of an acceptance that changes nothing else."""

    def append(*events: Any, settle: bool = True) -> None:
        with store.session(0) as session:
            session.accept(world.acceptance(world.plan().effects, *events))
            if settle:
                session.settle(None, world.clock.now())

    return append


def expanded(box: Outbox, now: datetime) -> None:
    while box.waiting(now).events:
        box.expand(now)


def claimed(box: Outbox, now: datetime, limit: int = 100) -> list[Claim]:
    return box.claim(now, now + timedelta(minutes=2), limit, ())


def installed(store: Store, world: Any, *accounts: str) -> None:
    rows = tuple(world.row(account, release="1.0.0") for account in accounts)
    world.fill(store, world.pack(), rows=rows)


def test_an_event_of_a_pack_is_told_to_the_publisher_and_to_accounts_that_have_it(
    store: Store, store_url: str, box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    installed(store, world, "globex", "initech")
    publisher, globex = listen(), listen("globex")
    tell(world.event(kind=EventKind.WITHDRAW, pack="orders", details={"before": "1.1.0"}))
    tell(world.event(kind=EventKind.WITHDRAW, pack="others", details={"before": "1.1.0"}))
    tell(world.event(kind=EventKind.REFUSED, message="bad"))
    tell(world.event(kind=EventKind.ACCEPTED, message="fine"))
    expanded(box, world.clock.now())
    found = sorted((one.channel, one.topic.value) for one in box.notifications())
    assert found == [
        (publisher.id, "refused"),
        (publisher.id, "withdrawn"),
        (publisher.id, "withdrawn"),
        (globex.id, "withdrawn"),
    ]
    assert [one.channel for one in box.notifications("globex")] == [globex.id]
    assert {one.channel for one in box.notifications(PUBLISHER)} == {publisher.id}
    assert check(store_url) == []


def test_a_channel_hears_of_what_happens_after_it_was_made_and_of_its_topics(
    box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    listen()
    tell(world.event(kind=EventKind.REFUSED))
    late, choosy = listen(), listen(None, "set-aside")
    tell(world.event(kind=EventKind.SET_ASIDE, pack="orders"))
    tell(world.event(kind=EventKind.REFUSED))
    expanded(box, world.clock.now())
    found = [one.topic.value for one in box.notifications(channel=late.id)]
    assert sorted(found) == ["refused", "set-aside"]
    assert [one.topic.value for one in box.notifications(channel=choosy.id)] == ["set-aside"]


def test_nothing_is_written_while_nobody_wants_to_be_told(
    store: Store, box: Outbox, world: Any, tell: Any, content: Any
) -> None:
    installed(store, world, "globex")
    tell(world.event(kind=EventKind.REFUSED))
    before = content()
    now = world.clock.now()
    assert not box.waiting(now).events
    box.remind(now, (timedelta(days=7),))
    box.forget(now)
    assert content() == before


def test_events_are_looked_at_in_bounded_parts_and_each_is_told_once(
    store: Store,
    store_url: str,
    box: Outbox,
    world: Any,
    listen: Any,
    tell: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.store.expanding.CHANNELS", 3)
    monkeypatch.setattr("reconciler.store.expanding.EVENTS", 2)
    accounts = [f"a{number}" for number in range(8)]
    installed(store, world, *accounts)
    for account in accounts:
        listen(account)
    for _ in range(5):
        tell(world.event(kind=EventKind.SUPERSEDE, pack="orders", details={"before": "1.1.0"}))
    rounds = 0
    while box.waiting(world.clock.now()).events:
        box.expand(world.clock.now())
        assert check(store_url) == []
        rounds += 1
    assert rounds > 5
    assert len(box.notifications(limit=1000)) == 5 * len(accounts)


def test_an_account_is_told_that_a_release_was_applied_when_its_rows_were_moved(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    rows = (
        world.row("globex", release="1.0.0"),
        world.row("held", release="1.0.0", hold_until=date(2027, 1, 1)),
    )
    world.fill(store, world.pack(), rows=rows)
    for account in (None, "globex", "held"):
        listen(account)
    world.later(minutes=1)
    pack = world.pack(current="2.0.0", effective=("1.0.0",))
    event = world.event(
        kind=EventKind.RELEASE, pack="orders", details={"before": "1.0.0", "after": "2.0.0"}
    )
    put = tuple(found for found in world.tree(pack) if found.kind is Kind.RELEASE)
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=put, packs=(pack,)), event))
        now = world.clock.now()
        expanded(box, now)
        assert claimed(box, now) == []
        assert {one.state for one in box.notifications()} == {NotificationState.DUE}
        world.roll_out(session)
        later = now + timedelta(seconds=2)
        (moved,) = claimed(box, later)
        assert moved.notice.account == "globex"
        (move,) = moved.notice.moves
        assert (move.before, move.after, move.action) == ("1.0.0", "2.0.0", "upgrade")
        session.settle(None, now)
    later = now + timedelta(minutes=1)
    (publisher,) = claimed(box, later)
    assert publisher.notice.account is None
    (held,) = box.notifications("held")
    assert (held.state, held.error) == (
        NotificationState.MOOT,
        "no attachment of the account was moved",
    )


def test_two_events_of_one_pass_tell_an_account_of_its_moves_once(
    store: Store, box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    installed(store, world, "globex")
    listen("globex")
    listen()
    world.later(minutes=1)
    tell(
        world.event(kind=EventKind.PROMOTE, pack="orders", details={"after": "2.0.0"}),
        world.event(kind=EventKind.UPGRADE, pack="orders", details={"after": "2.0.0"}),
        world.event(kind=EventKind.UNINSTALL, pack="orders", details={"before": "2.0.0"}),
    )
    expanded(box, world.clock.now())
    assert [one.topic.value for one in box.notifications("globex")] == ["uninstalled", "applied"]
    assert len(box.notifications(PUBLISHER)) == 3


def test_an_event_that_names_all_whom_it_moved_is_told_to_them_alone(
    store: Store, box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    installed(store, world, "globex", "initech")
    listen("globex")
    listen("initech")
    world.later(minutes=1)
    details = {"after": "1.0.0", "attachments": 1, "members": ["initech/orders"]}
    tell(world.event(kind=EventKind.UPGRADE, pack="orders", details=details))
    expanded(box, world.clock.now())
    assert [one.account for one in box.notifications()] == ["initech"]


def _one_due(box: Outbox, world: Any, listen: Any, tell: Any) -> Claim:
    listen()
    tell(world.event(kind=EventKind.REFUSED))
    expanded(box, world.clock.now())
    (claim,) = claimed(box, world.clock.now())
    return claim


def test_what_is_claimed_is_nobody_elses_until_the_claim_runs_out(
    box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    first = _one_due(box, world, listen, tell)
    now = world.clock.now()
    assert claimed(box, now + timedelta(seconds=119)) == []
    (second,) = claimed(box, now + timedelta(seconds=121))
    assert second.notice.id == first.notice.id
    assert second.attempts == 2
    sent = settled(first, Answer(answered=Answered.NEVER), now)
    box.settle([sent], now)
    (still,) = box.notifications()
    assert still.state is NotificationState.DUE, "a claim that ran out is another's"
    box.settle([settled(second, Answer(answered=Answered.TAKEN), now)], now)
    (done,) = box.notifications()
    assert (done.state, done.attempts) == (NotificationState.SENT, 2)


def test_a_dead_one_is_seen_and_sent_again_under_the_same_id(
    box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    claim = _one_due(box, world, listen, tell)
    now = world.clock.now()
    box.settle([settled(claim, Answer(answered=Answered.NEVER, error="no"), now)], now)
    (dead,) = box.notifications(state=NotificationState.DEAD)
    assert dead.error == "no"
    assert not box.resend(dead.number, "globex", now), "another's is not even there"
    assert box.resend(dead.number, PUBLISHER, now)
    assert not box.resend(dead.number, PUBLISHER, now)
    (again,) = claimed(box, now)
    assert (again.notice.id, again.attempts) == (claim.notice.id, 1)


def test_a_receiver_that_is_gone_closes_its_channel_with_all_that_was_due(
    store: Store, store_url: str, box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    claim = _one_due(box, world, listen, tell)
    tell(world.event(kind=EventKind.REFUSED))
    expanded(box, world.clock.now())
    now = world.clock.now()
    gone = Answer(answered=Answered.GONE, error="answered with status 410")
    box.settle([settled(claim, gone, now)], now)
    states = [one.state for one in box.notifications()]
    assert states == [NotificationState.MOOT, NotificationState.DEAD]
    assert box.channels() == []
    (closed,) = box.channels(closed=True)
    assert closed.closed_at == now
    assert [e.draft.kind for e in store.events()][-1] is EventKind.CHANNEL_CLOSED
    with pytest.raises(RequestRefused, match="closed"):
        box.resend(claim.number, None, now)
    assert check(store_url) == []


def test_a_channel_is_its_owners_and_its_secret_is_shown_once(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    installed(store, world, "globex", "initech")
    made = listen("globex")
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert [one.secret for one in box.channels("globex")] == [None]
    assert box.channels("initech") == []
    assert box.channels(PUBLISHER) == []
    assert box.channel(made.id, "initech") is None
    now = world.clock.now()
    assert not box.remove_channel(made.id, "initech", now, "eve")
    assert box.remove_channel(made.id, "globex", now, "ann")
    assert not box.remove_channel(made.id, "globex", now, "ann")
    kinds = [event.draft.kind for event in store.events(account="globex")]
    assert kinds == [EventKind.CHANNEL_ADDED, EventKind.CHANNEL_REMOVED]
    with pytest.raises(RequestRefused, match="no account"):
        listen("nobody")


def test_nobody_has_more_channels_than_the_most(listen: Any) -> None:
    for _ in range(20):
        listen()
    with pytest.raises(RequestRefused, match="20 channels"):
        listen()


def test_what_was_sent_is_forgotten_after_thirty_days_and_what_is_dead_is_kept(
    box: Outbox, world: Any, listen: Any, tell: Any
) -> None:
    claim = _one_due(box, world, listen, tell)
    tell(world.event(kind=EventKind.REFUSED))
    expanded(box, world.clock.now())
    now = world.clock.now()
    (other,) = claimed(box, now)
    sent, dead = Answer(answered=Answered.TAKEN), Answer(answered=Answered.NEVER)
    box.settle([settled(claim, sent, now), settled(other, dead, now)], now)
    box.forget(now + timedelta(days=29))
    assert len(box.notifications()) == 2
    box.forget(now + timedelta(days=31))
    assert [one.state for one in box.notifications()] == [NotificationState.DEAD]


def test_a_copied_store_goes_on_where_the_other_was(
    store_url: str,
    new_url: Any,
    box: Outbox,
    world: Any,
    listen: Any,
    tell: Any,
) -> None:
    listen()
    tell(world.event(kind=EventKind.REFUSED))
    expanded(box, world.clock.now())
    tell(world.event(kind=EventKind.SET_ASIDE, pack="orders"))
    target = new_url()
    copy(store_url, target)
    there = outbox_of(open_store(target, mode="write", clock=world.clock))
    expanded(there, world.clock.now())
    expanded(box, world.clock.now())
    ids = [found.notice.id for found in claimed(there, world.clock.now())]
    assert ids == [found.notice.id for found in claimed(box, world.clock.now())]
    assert len(ids) == 2
    assert check(target) == []
