"""Generated worlds: after each completed pass the pure model and the store agree."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.desired import requests
from reconciler.desired.renames import carried_base
from reconciler.desired.why import explanations
from reconciler.errors import NoStore, RequestRefused
from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.model.outcome import PassOutcome
from reconciler.model.requests import Decision
from reconciler.model.versions import semver_key
from reconciler.model.zones import zone
from reconciler.plan.advance import advance, granted
from reconciler.ports import Session, Store
from reconciler.reconcile import preview
from reconciler.rollout import carry_out
from reconciler.steps.complete import narrowed
from reconciler.steps.world import World
from reconciler.store import check
from reconciler.wiring import open_world

ACCOUNTS = ("acme", "globex", "hooli", "initech", "umbrella")
PACKS = ("orders", "stock")
START = datetime(2026, 11, 2, 12, tzinfo=UTC)
ZONES = ("America/New_York", "America/Havana", "Asia/Tokyo", "America/Santiago")


class Killed(Exception):
    """Stands for the end of the process between two transactions."""


def _comparable(base: InstallBase) -> dict[str, Any]:
    rows = {key: replace(row, updated_at=None) for key, row in base.attachments.items()}
    records = {name: record for name, record in base.packs.items() if record.declared}
    return {"rows": rows, "packs": records, "tree": {d.name: d.body for d in base.tree}}


class Worlds(RuleBasedStateMachine):
    """Packs, releases, accounts, groups, attachments, commits, time, requests and crashes."""

    office_type: Any = None
    new_database: Callable[[], str] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="worlds-"))
        self.now = START
        self.model = InstallBase()
        self.highest = {"orders": "1.0.0", "stock": "1.0.0"}
        self.dirty = True

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(
        time_zone=st.sampled_from(ZONES), policy=st.sampled_from(["asap", "next-window", "hold"])
    )
    def found_a_publisher(self, time_zone: str, policy: str) -> None:
        self.office = self.office_type.opened(self.folder / "repository")
        make = type(self).new_database
        if make is not None:
            self.office.server_url = make()
        self.publisher: dict[str, Any] = {
            "limits": {"maxUninstalls": "100%", "maxRollbacks": "100%"},
            "missedWindow": policy,
        }
        self.time_zone = time_zone
        self.office.publisher(time_zone, **self.publisher)
        self.office.pack("orders")
        self.office.pack("stock", mode="multiple")
        for account in ACCOUNTS:
            self.office.account(account)
        self.installs = {"orders": "manual", "stock": "manual"}
        self.office.group("everyone", list(ACCOUNTS), self.installs)
        for pack in PACKS:
            self.office.release(pack, "1.0.0")
        self.office.attach("acme", "orders")
        self.office.attach("globex", "orders")
        self.office.attach("acme", "stock", instance="east")
        self.pass_by()

    @rule(pack=st.sampled_from(PACKS), minor=st.booleans(), days=st.none() | st.integers(0, 5))
    def release(self, pack: str, minor: bool, days: int | None) -> None:
        major, middle, patch = map(int, self.highest[pack].split("."))
        version = f"{major}.{middle + 1}.0" if minor else f"{major}.{middle}.{patch + 1}"
        self.highest[pack] = version
        self.office.release(pack, version, on=self._day(days), emergency=days is None and minor)
        self.dirty = True

    @rule(pack=st.sampled_from(PACKS), days=st.none() | st.integers(0, 9))
    def date_the_highest_anew(self, pack: str, days: int | None) -> None:
        name = ("Release", f"{pack}@{self.highest[pack]}")
        record = self.model.packs[pack].releases.get(self.highest[pack])
        if name in self.office.documents and (record is None or record.promoted_at is None):
            schedule = "immediate" if days is None else {"date": self._day(days)}
            self.office.documents[name]["spec"]["schedule"] = schedule
            self.dirty = True

    @rule(pack=st.sampled_from(PACKS))
    def delete_the_highest_release(self, pack: str) -> None:
        versions = sorted(
            (
                identity.split("@")[1]
                for kind, identity in self.office.documents
                if kind == "Release" and identity.startswith(pack)
            ),
            key=semver_key,
        )
        if len(versions) > 1:
            self.office.drop("Release", f"{pack}@{versions[-1]}")
            self.dirty = True

    @rule(account=st.sampled_from(ACCOUNTS), suspended=st.booleans())
    def suspend_an_account(self, account: str, suspended: bool) -> None:
        self.office.account(account, **({"status": "suspended"} if suspended else {}))
        self.dirty = True

    @rule(pack=st.sampled_from(PACKS), days=st.none() | st.integers(1, 9))
    def suspend_a_pack(self, pack: str, days: int | None) -> None:
        mode = "single" if pack == "orders" else "multiple"
        more = {} if days is None else {"suspended": {"reason": "bug", "until": self._day(days)}}
        self.office.pack(pack, mode=mode, **more)
        self.dirty = True

    @rule(
        pack=st.sampled_from(PACKS),
        automatic=st.booleans(),
        members=st.sets(st.sampled_from(ACCOUNTS)),
    )
    def change_the_group(self, pack: str, automatic: bool, members: set[str]) -> None:
        self.installs[pack] = "automatic" if automatic else "manual"
        declared = {
            d["spec"]["account"]
            for (kind, _), d in self.office.documents.items()
            if kind == "Attachment"
        }
        self.office.group("everyone", sorted(members | declared), self.installs)
        self.dirty = True

    @rule(
        account=st.sampled_from(ACCOUNTS),
        pack=st.sampled_from(PACKS),
        hold=st.none() | st.integers(1, 9),
        adopt=st.booleans(),
    )
    def attach(self, account: str, pack: str, hold: int | None, adopt: bool) -> None:
        spec: dict[str, Any] = {"instance": "east"} if pack == "stock" else {}
        if hold is not None:
            spec["hold"] = {"until": self._day(hold), "reason": "stocktaking"}
        if adopt:
            spec["adopt"] = self.highest[pack]
        self.office.attach(account, pack, **spec)
        members = set(self.office.documents["AccountGroup", "everyone"]["spec"]["accounts"])
        self.office.group("everyone", sorted(members | {account}), self.installs)
        self.dirty = True

    @rule(place=st.integers(0, 50))
    def detach(self, place: int) -> None:
        names = [identity for kind, identity in self.office.documents if kind == "Attachment"]
        if names:
            self.office.drop("Attachment", names[place % len(names)])
            self.dirty = True

    @rule(days=st.none() | st.integers(0, 4), length=st.integers(1, 4))
    def freeze(self, days: int | None, length: int) -> None:
        self.publisher.pop("freezes", None)
        if days is not None:
            span = {"from": self._day(days), "until": self._day(days + length)}
            self.publisher["freezes"] = [{"name": "quiet", "reason": "sales", **span}]
        self.office.publisher(self.time_zone, **self.publisher)
        self.dirty = True

    @rule(time_zone=st.sampled_from(ZONES))
    def move_the_publisher(self, time_zone: str) -> None:
        self.time_zone = time_zone
        self.office.publisher(self.time_zone, **self.publisher)
        self.dirty = True

    @rule(minutes=st.sampled_from([-180, -1, 1, 20, 59, 61, 600, 1440, 5000]))
    def let_time_pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def what_is_due_comes(self) -> None:
        applied = self.model.applied
        if applied is not None and applied.next_due is not None:
            self.now = max(self.now, applied.next_due)
        self.pass_by()

    @rule(
        pack=st.sampled_from(PACKS),
        days=st.integers(1, 4),
        adopter=st.sampled_from(ACCOUNTS[:2]),
        what=st.sampled_from(["adopt", "slot"]),
        quarters=st.integers(1, 99),
    )
    def a_testing_period_begins(
        self, pack: str, days: int, adopter: str, what: str, quarters: int
    ) -> None:
        if self.model.packs[pack].pending is None:
            self.release(pack=pack, minor=True, days=days)
            self.pass_by()
        self.an_account_asks(account=adopter, pack=pack, what=what, quarters=quarters)

    @rule(
        account=st.sampled_from(ACCOUNTS),
        pack=st.sampled_from(PACKS),
        what=st.sampled_from(["adopt", "slot", "withdraw", "configure", "install", "uninstall"]),
        quarters=st.integers(1, 200),
    )
    def an_account_asks(self, account: str, pack: str, what: str, quarters: int = 1) -> None:
        own = what in ("install", "uninstall")
        instance = "" if pack == "orders" else "own" if own else "east"
        key = AttachmentKey(account=account, pack=pack, instance=instance)
        now = self.now
        slot = now.replace(minute=0, second=0, microsecond=0) + quarters * timedelta(minutes=15)
        decide: dict[str, Callable[[InstallBase], Decision]] = {
            "adopt": lambda base: requests.adopt(base, key, None, now, account),
            "slot": lambda base: requests.adopt(base, key, None, now, account, at=slot),
            "withdraw": lambda base: requests.withdraw_slot(base, key, now, account),
            "configure": lambda base: requests.configure(base, key, now, account, environments=()),
            "install": lambda base: requests.install(base, key, now, account),
            "uninstall": lambda base: requests.uninstall(base, key, now, account),
        }
        settings_ = self.office.settings(self.now)
        with open_world(settings_, store="existing", writes=True) as world:
            assert world.store is not None
            try:
                decision = world.store.request(account, pack, decide[what])
            except RequestRefused:
                with pytest.raises(RequestRefused):
                    decide[what](self.model)
                return
        event(f"granted: {decision.action}, {decision.event is not None}")
        assert decision == decide[what](self.model), "the slice decides as the whole base does"
        self.model = granted(self.model, decision)

    @rule(steps=st.integers(0, 4))
    def a_pass_is_killed_and_the_next_finishes_it(self, steps: int) -> None:
        expected = self._expected()
        with crashing_after(steps), suppress(Killed):
            self.office.apply(self.now)
        self._pass(expected)

    @rule()
    def pass_by(self) -> None:
        self._pass(self._expected())

    def _expected(self) -> PassOutcome:
        """What the pure planner says of the revision; commits what was changed."""
        if self.dirty:
            self.office.commit()
            self.dirty = False
        with open_world(self.office.settings(self.now), store="optional") as world:
            found = preview(world)
            if world.store is not None:
                self._changes_alone_come_to_the_same_plan(world, world.store, found)
        return found

    def _changes_alone_come_to_the_same_plan(
        self, world: World, store: Store, whole: PassOutcome
    ) -> None:
        assert whole.revision is not None
        short = narrowed(world, store, whole.revision, self.now)
        event(f"a part was enough: {short is not None}")
        if short is None or short.plan is None or whole.plan is None:
            return
        assert type(short.error) is type(whole.error)
        if short.error is None:
            assert self.office.said(short.plan) == self.office.said(whole.plan)

    def _pass(self, expected: PassOutcome) -> None:
        outcome = self.office.apply(self.now)
        stored = self.office.base()
        if expected.plan is not None:
            carried = carried_base(self.model, expected.plan.effects.renames)
            self.model = advance(carried, stored.tree, expected.plan, self.now)
        assert _comparable(stored) == _comparable(self.model)
        assert stored.applied is not None
        assert stored.applied.settled
        self.model = stored
        self._second_pass_is_empty()
        self._everybody_runs_what_they_should(stored)
        if outcome.error is None:
            self.accepted = deepcopy(self.office.documents)
        else:
            self.office.documents = deepcopy(self.accepted)
            self.dirty = True

    def _second_pass_is_empty(self) -> None:
        content = self.office.content()
        outcome = self.office.apply(self.now)
        assert outcome.moved == 0
        assert outcome.plan is None or outcome.plan.changes == ()
        if outcome.error is None:
            assert self.office.content() == content

    def _everybody_runs_what_they_should(self, stored: InstallBase) -> None:
        for key, row in stored.attachments.items():
            record = stored.packs[key.pack]
            if row.release in (record.current, record.pending):
                continue
            told = explanations(stored, key.account, key.pack, self.now, key.instance)[0]
            assert told.state in (
                "held",
                "suspended",
                "waiting",
                "not-installed",
                "not-entitled",
            ), told

    def _day(self, days: int | None) -> str | None:
        if days is None:
            return None
        local = self.now.astimezone(zone(self.time_zone)).date()
        return (local + timedelta(days=days)).isoformat()

    @invariant()
    def the_store_is_sound(self) -> None:
        if hasattr(self, "office"):
            with suppress(NoStore):
                assert check(self.office.store_url) == []


@contextmanager
def crashing_after(steps: int) -> Iterator[None]:
    """Passes end with Killed when their session has written `steps` times."""
    left = [steps]

    def counting(name: str) -> Callable[..., Any]:
        original = getattr(carry_out, name)

        def counted(session: Session, *words: Any, **more: Any) -> Any:
            return original(_Mortal(session, left), *words, **more)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        import reconciler.reconcile as spine

        patch.setattr(spine, "accept", counting("accept"))
        patch.setattr(spine, "roll_out", counting("roll_out"))
        yield


class _Mortal:
    """A session that does not survive more than so many calls."""

    def __init__(self, session: Session, left: list[int]) -> None:
        self._session, self._left = session, left

    def __getattr__(self, name: str) -> Any:
        if self._left[0] <= 0:
            raise Killed
        self._left[0] -= 1
        return getattr(self._session, name)


@pytest.fixture(autouse=True)
def _office_type(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worlds, "office_type", type(office))


def test_generated_worlds_agree_with_the_model() -> None:
    _run(25)


def test_generated_worlds_agree_with_the_model_on_a_server(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worlds, "new_database", staticmethod(new_database))
    _run(8)


def _run(examples: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Worlds,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
