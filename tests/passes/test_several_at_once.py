"""Several processes, packs and zones at once: real commands beside each other on one store."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import pytest

from reconciler.desired import requests
from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.ports import Store
from reconciler.reconcile import reconcile
from reconciler.store import check
from reconciler.wiring import open_world

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(office: Any) -> Start:
    """Starts `reconciler WORDS` in a process of its own."""

    def started(*words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=office.folder,
            env={**os.environ, "RECONCILER_STORE": office.store_url, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def test_an_adoption_that_races_with_the_withdrawal_is_refused_or_taken_back(
    office: Any, start: Start
) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply("2026-11-20T12:00")
    office.drop("Release", "orders@1.1.0")
    office.commit()
    now = ("--now", "2026-11-21T12:00:00Z")
    adopt = start("account", "adopt", "acme", "orders", *now)
    withdraw = start("apply", *now)
    assert withdraw.communicate()[1] == ""
    adopt.communicate()
    assert (withdraw.returncode, adopt.returncode) in ((0, 0), (0, 1))
    office.apply("2026-11-21T12:00")
    assert set(office.runs().values()) == {"1.0.0"}
    assert check(office.store_url) == []


def test_an_adoption_while_the_window_opens_ends_on_the_release_either_way(
    office: Any, start: Start
) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply("2026-11-20T12:00")
    now = ("--now", "2026-12-01T05:00:00Z")
    both = [start("account", "adopt", "acme", "orders", *now), start("apply", *now)]
    for process in both:
        process.communicate()
    assert office.runs()["acme/orders"] == "1.1.0"
    assert check(office.store_url) == []


def test_four_passes_at_once_do_the_work_once(office: Any, start: Start) -> None:
    office.commit()
    passes = [start("apply", "--now", "2026-11-20T12:00:00Z", "--format", "json") for _ in range(4)]
    reports = [json.loads(process.communicate()[0]) for process in passes]
    assert [process.returncode for process in passes] == [0] * 4
    assert sorted(report["applied"]["attachments"] for report in reports) == [0, 0, 0, 5]
    assert check(office.store_url) == []


class Meanwhile:
    """A store in which an account asks for something just after the pass has read the base."""

    def __init__(self, store: Store, ask: Callable[[Store], object]) -> None:
        self._store, self._ask = store, ask
        self._asked = False

    def base(self) -> InstallBase:
        found = self._store.base()
        if not self._asked:
            self._asked = True
            self._ask(self._store)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_what_an_account_asks_for_while_a_pass_plans_is_judged_again(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply("2026-11-20T12:00")
    office.drop("Release", "orders@1.1.0")
    for kind, name in list(office.documents):
        if "stock" in name:
            office.drop(kind, name)
    office.group("everyone", ["acme", "globex", "hooli"], {"orders": "manual"})
    office.commit()

    def ask(store: Store) -> None:
        adopter = AttachmentKey(account="acme", pack="orders")
        new = AttachmentKey(account="umbrella", pack="stock", instance="own")
        at = datetime.fromisoformat("2026-11-21T12:00+00:00")
        store.request("acme", "orders", lambda b: requests.adopt(b, adopter, None, at, "acme"))
        store.request("umbrella", "stock", lambda b: requests.install(b, new, at, "umbrella"))

    with open_world(office.settings("2026-11-21T12:00"), store="create") as world:
        assert world.store is not None
        world.store = cast(Store, Meanwhile(world.store, ask))
        assert reconcile(world).error is None
    assert office.runs() == dict.fromkeys(("acme/orders", "globex/orders", "hooli/orders"), "1.0.0")
    assert office.apply("2026-11-21T12:00").plan is None
    assert check(office.store_url) == []


@pytest.mark.parametrize("server_zone", ["Pacific/Kiritimati", "America/Havana", "Etc/GMT+12"])
def test_the_servers_zone_decides_nothing(office: Any, start: Start, server_zone: str) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    words = ("plan", "--now", "2026-12-01T04:59:59Z", "--format", "json")
    here, there = start(*words, TZ="UTC"), start(*words, TZ=server_zone)
    assert json.loads(here.communicate()[0]) == json.loads(there.communicate()[0])


def test_everything_that_is_due_at_one_midnight_goes_in_one_pass(office: Any) -> None:
    packs = [f"pack-{number:02}" for number in range(40)]
    for pack in packs:
        office.pack(pack)
        office.release(pack, "1.0.0")
    office.group("all", ["acme", "globex"], dict.fromkeys(packs, "automatic"))
    office.commit()
    office.apply("2026-11-20T12:00")
    for pack in packs:
        office.release(pack, "1.1.0", on="2026-12-01")
    office.commit()
    assert office.apply("2026-11-21T12:00").moved == 0
    outcome = office.apply("2026-12-01T05:00")
    assert (outcome.moved, outcome.late) == (80, 0)
    assert office.apply("2026-12-01T05:00").plan is None
