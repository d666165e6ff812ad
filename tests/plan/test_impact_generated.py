"""Worlds edited at random: what an impact says beforehand is what a pass then does to the rows."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.desired.renames import carried_base, renames
from reconciler.model.base import Attached, AttachmentKey
from reconciler.model.declarations import Kind
from reconciler.model.impact import Hit, Impact, Timing
from reconciler.model.versions import semver_key
from reconciler.plan.impact import impacts

STEPS = 25
ACCOUNTS = tuple("abcdefgh")
PACKS = {"orders": "single", "stock": "multiple", "late": "single"}
ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "America/New_York")
Rows = Mapping[AttachmentKey, Attached]


class World:
    """A desk with a publisher who edits; `seen` counts what was compared."""

    def __init__(self, desk: Any, seed: int) -> None:
        self.desk, self.dice = desk, random.Random(seed)
        self.now = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
        self.seen: Counter[str] = Counter()
        self.versions = {"orders": 1, "stock": 0, "late": 0}
        desk.base = replace(desk.base, store_id="generated")
        for pack, mode in PACKS.items():
            desk.pack(pack, mode)
        for account in ACCOUNTS:
            self.change_an_account(account)
        self.change_groups()
        self.release("stock")
        self.release("late", on=self.day(2))

    def likely(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    def day(self, low: int = 1, high: int = 7) -> str:
        return (self.now + timedelta(days=self.dice.randint(low, high))).date().isoformat()

    def edit(self) -> None:
        for _ in range(self.dice.choice([1, 1, 2, 3])):
            self.dice.choice(
                [
                    *[lambda: self.release(self.dice.choice([*PACKS]))] * 3,
                    *[self.attach] * 4,
                    lambda: self.change_an_account(self.dice.choice(ACCOUNTS)),
                    self.change_groups,
                    self.change_a_pack,
                    self.change_the_publisher,
                    self.take_back,
                    self.date_anew,
                    self.drop_an_attachment,
                ]
            )()

    def release(self, pack: str, on: str | None = None) -> None:
        """A higher one; of several that are not effective yet only the last is kept."""
        if on is None and self.likely(50):
            on = self.day()
        self.versions[pack] += 1
        version = f"1.{self.versions[pack]}.0"
        self.package(version)
        self.drop_pending(pack)
        self.desk.release(version, on, pack, emergency=self.likely(20))

    def package(self, version: str) -> None:
        settings = {
            name: {"type": "string", "required": self.likely(70)}
            | ({"default": "x"} if self.likely(20) else {})
            for name in self.dice.sample(["region", "user", "key"], self.dice.randint(0, 3))
        }
        contains = [{"name": "erp", "type": "connection", "extensions": settings}]
        spec = {"component": "sync", "type": "process", "version": version, "shareable": True}
        if f"sync@{version}" not in [name for _, name in self.desk.documents]:
            self.desk.declare(Kind.PACKAGED_COMPONENT, {**spec, "contains": contains})

    def drop_pending(self, pack: str) -> None:
        record = self.desk.base.packs.get(pack)
        current = record.current if record is not None else None
        for name in self.releases(pack):
            if current is None or semver_key(name.partition("@")[2]) > semver_key(current):
                self.desk.drop(Kind.RELEASE, name)

    def releases(self, pack: str) -> list[str]:
        return [n for k, n in self.desk.documents if k is Kind.RELEASE and n.startswith(f"{pack}@")]

    def take_back(self) -> None:
        pack = self.dice.choice([*PACKS])
        found = sorted(self.releases(pack), key=lambda name: semver_key(name.partition("@")[2]))
        if len(found) > 1 and not self.likely(50):
            self.desk.drop(Kind.RELEASE, found[-1])

    def date_anew(self) -> None:
        for pack in PACKS:
            record = self.desk.base.packs.get(pack)
            if record is not None and record.pending and self.likely(60):
                name = f"{pack}@{record.pending}"
                if (Kind.RELEASE, name) in self.desk.documents:
                    self.desk.release(record.pending, self.day(), pack)

    def attach(self) -> None:
        pack, account = self.dice.choice([*PACKS]), self.dice.choice(ACCOUNTS)
        more: dict[str, Any] = {}
        if PACKS[pack] == "multiple":
            more["instance"] = self.dice.choice(["east", "west", "north"])
        if self.likely(30):
            more["environments"] = self.dice.sample(["live", "test"], self.dice.randint(0, 2))
        if self.likely(40):
            more["extensions"] = {"erp": {self.dice.choice(["region", "user"]): "x"}}
        if self.likely(30):
            more["hold"] = {"until": self.day(), "reason": "stocktaking"}
        if self.likely(30):
            more["adopt"] = f"1.{self.versions[pack]}.0"
        self.desk.attach(account, pack, **more)

    def drop_an_attachment(self) -> None:
        found = [name for kind, name in self.desk.documents if kind is Kind.ATTACHMENT]
        self.desk.drop(Kind.ATTACHMENT, self.dice.choice(found)) if found else None

    def change_an_account(self, name: str) -> None:
        spec: dict[str, Any] = {"status": "suspended"} if self.likely(15) else {}
        environment = {"name": "live", "classification": "production"}
        if self.likely(60):
            spec |= {"timeZone": self.dice.choice(ZONES), "environments": [environment]}
        self.desk.account(name, **spec)

    def change_groups(self) -> None:
        for name in ("first", "second", "third"):
            packs = [
                {"pack": pack, "install": self.dice.choice(["manual", "automatic"])}
                for pack in PACKS
                if self.likely(60)
            ]
            accounts = self.dice.sample(ACCOUNTS, self.dice.randint(0, 5))
            spec = {"packs": packs, "accounts": accounts}
            self.desk.declare(Kind.ACCOUNT_GROUP, spec, name)
        entitled = [{"pack": pack, "install": "manual"} for pack in PACKS]
        spec = {"packs": entitled, "accounts": list(ACCOUNTS)}
        self.desk.declare(Kind.ACCOUNT_GROUP, spec, "everyone")

    def change_a_pack(self) -> None:
        pack, more = self.dice.choice([*PACKS]), {}
        if self.likely(50):
            until = {"until": self.day()} if self.likely(70) else {}
            more["suspended"] = {"reason": "a fault", **until}
        self.desk.pack(pack, PACKS[pack], **more)

    def change_the_publisher(self) -> None:
        span = {"from": self.day(0, 3), "until": self.day(4, 9)}
        freezes = [{"name": "sales", **span}] if self.likely(60) else []
        missed = self.dice.choice(["asap", "next-window", "hold"])
        zone = self.dice.choice(["America/New_York", "America/New_York", "Pacific/Auckland"])
        self.desk.publisher(zone, freezes=freezes, missedWindow=missed)

    def step(self) -> None:
        """A commit and a pass; then, in a copy, all passes up to the windows announced."""
        self.now += timedelta(minutes=self.dice.choice([1, 600, 1440]))
        self.edit()
        self.accounts_adopt()
        before = self.carried()
        announced = self.impacts()
        self.desk.apply(self.now.isoformat())
        for found in announced:
            if found.timing is not Timing.WINDOW and found.waits is None:
                self.compare(found, before, dict(self.desk.base.attachments.items()))
        for found in (*announced, *self.impacts()):
            waits = found.timing is Timing.WINDOW or found.waits is not None
            if waits and found.starts_at is not None:
                self.wait_for(found)

    def accounts_adopt(self) -> None:
        for key, row in [*self.desk.base.attachments.items()]:
            record = self.desk.base.packs[key.pack]
            can = record.pending and record.current and row.release == record.current
            if can and not key.instance and self.likely(15):
                quarters = self.dice.choice([0, 0, 1, 40, 100, 300])
                slot = self.now + quarters * timedelta(minutes=15)
                self.desk.adopt(key.account, key.pack, slot if quarters else None)

    def carried(self) -> Rows:
        tree = self.desk.tree()
        base = carried_base(self.desk.base, renames(self.desk.base.tree, tree))
        return dict(base.attachments.items())

    def impacts(self) -> tuple[Impact, ...]:
        tree = self.desk.tree()
        base = carried_base(self.desk.base, renames(self.desk.base.tree, tree))
        every = [(pack, version) for pack in PACKS for version in tree.releases.get(pack, {})]
        return impacts(base, tree, every, self.now)

    def wait_for(self, found: Impact) -> None:
        """Passes at each instant that the plans name, until the release starts."""
        kept = copy(self.desk)
        at, instant = found.starts_at, self.now
        assert at is not None
        try:
            while instant < at:
                due = self.desk.plan(instant.isoformat()).next_due
                before = dict(self.desk.base.attachments.items())
                instant = at if due is None else min(due, at)
                self.desk.apply(instant.isoformat())
            # A second gate may follow the first; of a window nothing but its freezes is known.
            if found.waits is None or self.desk.base.packs[found.pack].current == found.version:
                self.compare(found, before, dict(self.desk.base.attachments.items()))
        finally:
            self.desk = kept

    def compare(self, found: Impact, before: Rows, after: Rows) -> None:
        runs = [k for k, r in after.items() if k.pack == found.pack and r.release == found.version]
        had = {key: before[key].release if key in before else None for key in runs}
        moved = [key for key in runs if had[key] not in (None, found.version)]
        assert found.hit == hit(moved), found
        own = [key for key in after if key.pack == found.pack and key in before]
        assert found.running == hit(k for k in own if before[k].release == found.version), found
        assert found.installed == hit(key for key in runs if had[key] is None), found
        ends = found.adopters if found.timing is Timing.NOW and found.waits is None else None
        if ends is not None and not ends.keep:
            assert ends.hit == hit(key for key in moved if had[key] == ends.release)
            self.seen["adopters"] += 1
        self.compare_places(found, moved, after)
        if found.timing is not Timing.OVER:
            self.compare_missing(found, before, after)
        self.seen[found.timing] += 1
        self.seen["moved"] += bool(moved)

    def compare_places(self, found: Impact, moved: list[AttachmentKey], after: Rows) -> None:
        tree = self.desk.tree()
        in_zones = by(moved, lambda k: [tree.accounts[k.account].time_zone or self.zone()])
        assert {one.zone: one.hit for one in found.zones.items} == in_zones
        entitling = {n for n, g in tree.groups.items() if found.pack in [r.pack for r in g.packs]}
        groups = {k: [n for n in entitling if k.account in tree.members[n]] for k in moved}
        assert {one.group: one.hit for one in found.groups.items} == by(moved, groups.__getitem__)
        told = {(one.environment, one.classification): one.hit for one in found.environments.items}
        assert told == by(moved, lambda k: self.environments(after[k]))

    def environments(self, row: Attached) -> list[tuple[str | None, str | None]]:
        declared = self.desk.tree().accounts[row.key.account].environments
        known = {one.name: str(one.classification) for one in declared}
        return [(name, known.get(name)) for name in row.settings.environments or ()] or [
            (None, None)
        ]

    def zone(self) -> str:
        return str(self.desk.tree().publisher.time_zone)

    def compare_missing(self, found: Impact, before: Rows, after: Rows) -> None:
        """Of all that run the release, or will once nothing keeps them back."""
        pending = self.desk.base.packs[found.pack].pending
        rows = [
            (key, row)
            for key, row in after.items()
            if key.pack == found.pack
            and (
                (key in before and before[key].release == found.version)
                or pending in (None, found.version)
                or pending not in (row.adopt_declared, row.adopt_requested)
            )
        ]
        packaged = self.desk.tree().components["sync"].get(found.version)
        lacking: dict[tuple[str, str], list[AttachmentKey]] = defaultdict(list)
        for contained in packaged.contains if packaged is not None else ():
            for name, setting in contained.extensions.items():
                for key, row in rows:
                    given = (row.settings.extensions or {}).get(contained.name, {})
                    if setting.required and setting.default is None:
                        lacking[contained.name, name] += [] if name in given else [key]
        told = {name: hit(keys) for name, keys in lacking.items() if keys}
        assert {one.name: one.hit for one in found.missing} == told
        assert len(found.gaps) == hit(key for keys in lacking.values() for key in keys).accounts
        self.seen["missing"] += bool(told)


def hit(keys: Iterable[AttachmentKey]) -> Hit:
    every = list(keys)
    return Hit(attachments=len(every), accounts=len({key.account for key in every}))


def by(
    keys: Iterable[AttachmentKey], places: Callable[[AttachmentKey], Iterable[Any]]
) -> dict[Any, Hit]:
    found: dict[Any, list[AttachmentKey]] = defaultdict(list)
    for key in keys:
        for place in places(key):
            found[place].append(key)
    return {place: hit(several) for place, several in found.items()}


@pytest.mark.parametrize("seed", range(6))
def test_an_impact_counts_the_rows_that_passes_then_move(desk: Any, seed: int) -> None:
    world = World(desk, seed)
    for _ in range(STEPS):
        world.step()
    assert world.seen[Timing.WINDOW]
    assert world.seen["moved"]
