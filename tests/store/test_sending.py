"""Notifications by real connections: once however many send, and through kills at any moment."""

import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from reconciler.desired.channels import channel_draft
from reconciler.model.events import EventKind
from reconciler.model.notices import Channel, ChannelKind, NotificationState
from reconciler.notify.dispatch import Dispatcher, Pace, in_background, run_once
from reconciler.notify.post import Ways
from reconciler.ports import Store
from reconciler.ports.outbox import Outbox
from reconciler.store import check, outbox_of

QUIET = Pace(look_seconds=0.01)


@dataclass
class Receiver:
    """A web server that keeps what it took, and answers what it is told to."""

    server: ThreadingHTTPServer
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    @property
    def ids(self) -> Counter[str]:
        return Counter(headers["webhook-id"] for headers, _ in self.taken)


def _receiver() -> Receiver:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            if status < 300:
                found.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            found.arrived.set()

        def log_message(self, *_: object) -> None:
            """Tests read what was taken."""

    found = Receiver(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = _receiver()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


class Unlogged:
    def answered(self, *_: object) -> None: ...

    def trouble(self, error: Exception) -> None:
        raise error

    def recovered(self) -> None: ...


@pytest.fixture
def box(store: Store) -> Outbox:
    return outbox_of(store)


@pytest.fixture
def sender(box: Outbox, world: Any) -> Dispatcher:
    return Dispatcher(
        outbox=box, clock=world.clock, log=Unlogged(), ways=Ways(private=True), pace=QUIET
    )


@pytest.fixture
def listen(box: Outbox, world: Any) -> Callable[..., Channel]:
    def add(url: str, account: str | None = None) -> Channel:
        at, kind = world.clock.now(), ChannelKind.WEBHOOK
        return box.add_channel(channel_draft(account, kind, url, (), at, "ann", plain_http=True))

    return add


@pytest.fixture
def tell(store: Store, world: Any) -> Callable[..., None]:
    def append(number: int) -> None:
        events = [world.event(kind=EventKind.REFUSED, message=f"no {n}") for n in range(number)]
        with store.session(0) as session:
            session.accept(world.acceptance(world.plan().effects, *events))
            session.settle(None, world.clock.now())

    return append


def test_a_webhook_is_signed_as_the_standard_says(
    box: Outbox, world: Any, sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    world.clock.at = datetime.now(UTC)
    channel = listen(receiver.url)
    tell(1)
    run_once(sender)
    ((headers, body),) = receiver.taken
    said = Webhook(channel.secret).verify(body, headers)
    assert said["type"] == "refused"
    assert said["data"]["title"] == "Refused: no 0"
    (sent,) = box.notifications()
    assert headers["webhook-id"] == sent.message_id == f"msg_{channel.id}_{sent.event}"
    assert sent.state is NotificationState.SENT


def test_a_receiver_that_was_down_gets_all_when_it_is_up_again(
    box: Outbox, world: Any, sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    listen(receiver.url)
    tell(3)
    receiver.answers = [(500, {})]
    run_once(sender)
    assert receiver.taken == []
    assert {one.state for one in box.notifications()} == {NotificationState.DUE}
    run_once(sender)
    assert receiver.taken == [], "it is left alone for some seconds"
    world.later(seconds=7)
    run_once(sender)
    assert sorted(receiver.ids.values()) == [1, 1, 1]
    assert [one.attempts for one in box.notifications()].count(2) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_time_gets_it(
    world: Any,
    sender: Dispatcher,
    receiver: Receiver,
    listen: Any,
    tell: Any,
    status: int,
) -> None:
    listen(receiver.url)
    tell(2)
    receiver.answers = [(status, {"Retry-After": "3600"})]
    run_once(sender)
    world.later(minutes=59)
    run_once(sender)
    assert receiver.taken == []
    world.later(minutes=2)
    run_once(sender)
    assert sorted(receiver.ids.values()) == [1, 1]


def test_a_receiver_that_is_gone_is_left_alone_for_good(
    box: Outbox, sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    listen(receiver.url)
    tell(2)
    receiver.answers = [(410, {})]
    run_once(sender)
    assert box.channels() == []
    tell(1)
    run_once(sender)
    assert receiver.taken == []


def test_a_receiver_that_never_comes_back_leaves_dead_letters_after_a_day(
    box: Outbox, world: Any, sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    listen(receiver.url)
    tell(1)
    receiver.answers = [(500, {})] * 100
    for _ in range(60):
        run_once(sender)
        world.later(minutes=30)
    (dead,) = box.notifications(state=NotificationState.DEAD)
    assert dead.error == "answered with status 500"
    assert 8 <= dead.attempts <= 12
    receiver.answers.clear()
    assert box.resend(dead.number, None, world.clock.now())
    run_once(sender)
    assert receiver.ids == {dead.message_id: 1}


def test_redirects_are_not_followed_and_private_addresses_not_reached(
    box: Outbox, world: Any, sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    port = receiver.server.server_address[1]
    listen(receiver.url)
    receiver.answers = [(307, {"Location": receiver.url})]
    tell(1)
    run_once(sender)
    assert receiver.taken == []
    for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "127.1", "[::ffff:127.0.0.1]"):
        listen(f"http://{host}:{port}/hook")
    world.later(seconds=7)
    tell(1)
    guarded = Dispatcher(outbox=box, clock=world.clock, log=Unlogged(), ways=Ways(), pace=QUIET)
    run_once(guarded)
    assert receiver.taken == []
    states = {one.state for one in box.notifications()}
    assert NotificationState.SENT not in states


def test_one_dead_receiver_keeps_no_other_waiting(
    sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    closed.server_close()
    listen(f"http://127.0.0.1:{closed.server_address[1]}/")
    good = listen(receiver.url)
    tell(250)
    run_once(sender)
    assert len(receiver.ids) == 250
    assert {name.split("_")[1] for name in receiver.ids} == {str(good.id)}


def test_what_happens_while_it_runs_is_told_from_the_background(
    sender: Dispatcher, receiver: Receiver, listen: Any, tell: Any
) -> None:
    listen(receiver.url)
    with in_background(sender):
        tell(1)
        assert receiver.arrived.wait(30)
    assert sum(receiver.ids.values()) == 1


SEND = """
url, deadly_one, private = given
from reconciler.notify.dispatch import Dispatcher, run_once
from reconciler.notify.post import Ways
from reconciler.store import outbox_of

class Log:
    def answered(self, *_): pass
    def trouble(self, error): raise error
    def recovered(self): pass

store = open_store(url, mode="write", clock=Clock())
sender = Dispatcher(outbox=outbox_of(store), clock=Clock(), log=Log(), ways=Ways(private=True))
say("ready")
sys.stdin.readline()
statements, deadly = 0, deadly_one
run_once(sender)
"""


def test_several_senders_at_once_tell_each_once(
    store_url: str, box: Outbox, receiver: Receiver, listen: Any, tell: Any, child: Any
) -> None:
    for _ in range(5):
        listen(receiver.url)
    tell(40)
    senders = [child(SEND, (store_url, 0, True)) for _ in range(3)]
    for process in senders:
        assert process.stdout.readline() == "ready\n"
    for process in senders:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in senders:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert len(receiver.ids) == 200
    assert set(receiver.ids.values()) == {1}
    assert {one.state for one in box.notifications(limit=1000)} == {NotificationState.SENT}


def _killed_at(child: Any, store_url: str, deadly: int) -> int:
    process: subprocess.Popen[str] = child(SEND, (store_url, deadly, True))
    _, said = process.communicate("\n", timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode


def test_a_sender_killed_at_any_write_loses_nothing_and_repeats_under_the_same_id(
    database: str,
    store_url: str,
    box: Outbox,
    world: Any,
    sender: Dispatcher,
    receiver: Receiver,
    listen: Any,
    tell: Any,
    child: Any,
) -> None:
    listen(receiver.url)
    deadly, killed, repeated = 0, -signal.SIGKILL, 0
    while killed == -signal.SIGKILL:
        deadly += 1 if database == "sqlite" else 2
        receiver.taken.clear()
        tell(2)
        killed = _killed_at(child, store_url, deadly)
        world.later(minutes=3)  # what it had claimed is free
        run_once(sender)
        world.later(minutes=-3)
        assert len(receiver.ids) == 2, f"killed at {deadly}"
        assert max(receiver.ids.values()) <= 2
        repeated += max(receiver.ids.values()) == 2
        assert {one.state for one in box.notifications(limit=1000)} == {NotificationState.SENT}
        assert check(store_url) == []
    assert deadly > 6
    assert repeated > 0, "between sending and marking"


ACCEPT_AND_DIE = """
acceptance, url = given
store = open_store(url, mode="write", clock=Clock())
with store.session(60) as session:
    session.accept(acceptance)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_pass_killed_after_its_acceptance_is_told_of_once(
    store: Store,
    store_url: str,
    world: Any,
    sender: Dispatcher,
    receiver: Receiver,
    listen: Any,
    child: Any,
) -> None:
    listen(receiver.url)
    acceptance = world.acceptance(
        world.plan().effects, world.event(kind=EventKind.REFUSED, message="no")
    )
    killed = child(ACCEPT_AND_DIE, (acceptance, store_url), lease_seconds="0.5")
    assert killed.wait() == -signal.SIGKILL
    for _ in range(2):
        run_once(sender)
        world.later(minutes=3)
    ((_, body),) = receiver.taken
    assert json.loads(body)["data"]["title"] == "Refused: no"
    assert len(list(store.events())) == 2
