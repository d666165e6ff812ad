"""A publisher in memory: declare, let passes go by, and look at plans and at the base."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.desired.renames import carried_base, renames
from reconciler.model.base import AttachmentKey, InstallBase, RowsInMemory
from reconciler.model.changes import Change, Plan
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.decode import declaration
from reconciler.model.tree import Tree
from reconciler.plan.advance import advance
from reconciler.plan.build import plan


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@dataclass
class Desk:
    """One publisher, one pack "orders", accounts a, b and c, all entitled, a and b attached."""

    documents: dict[tuple[Kind, str], Declaration] = field(default_factory=dict)
    base: InstallBase = field(default_factory=InstallBase)
    commits: int = 0

    def declare(self, kind: Kind, spec: Mapping[str, Any], name: str = "", **metadata: Any) -> None:
        found = declaration(kind, {"name": name, **metadata} if name else metadata, spec)
        self.documents[found.kind, found.name] = found

    def drop(self, kind: Kind, name: str) -> None:
        del self.documents[kind, name]

    def publisher(self, time_zone: str = "America/New_York", **spec: Any) -> None:
        self.declare(Kind.PUBLISHER, {"timeZone": time_zone, **spec}, "us")

    def pack(self, name: str = "orders", mode: str = "single", **spec: Any) -> None:
        body = {"attachment": mode, "components": ["sync"], **spec}
        self.declare(Kind.INTEGRATION_PACK, body, name)

    def release(
        self, version: str, on: str | None = None, pack: str = "orders", **spec: Any
    ) -> None:
        schedule = "immediate" if on is None else {"date": on}
        body = {"pack": pack, "version": version, "components": {"sync": version}}
        self.declare(Kind.RELEASE, {**body, "schedule": schedule, **spec})

    def account(self, name: str, **spec: Any) -> None:
        self.declare(Kind.MANAGED_ACCOUNT, spec, name)

    def group(self, accounts: list[str], name: str = "everyone", install: str = "manual") -> None:
        packs = [{"pack": "orders", "install": install}]
        self.declare(Kind.ACCOUNT_GROUP, {"accounts": accounts, "packs": packs}, name)

    def attach(self, account: str, pack: str = "orders", **spec: Any) -> None:
        self.declare(Kind.ATTACHMENT, {"account": account, "pack": pack, **spec})

    def tree(self) -> Tree:
        return Tree(self.documents.values())

    def plan(self, now: str) -> Plan:
        tree = self.tree()
        names = renames(self.base.tree, tree)
        carried = carried_base(self.base, names)
        revision = f"{self.commits:040x}"
        return plan(carried, tree, revision=revision, now=instant(now), renames=names)

    def apply(self, now: str) -> Plan:
        """One commit and one pass; a second pass must find nothing."""
        self.commits += 1
        found = self.plan(now)
        carried = carried_base(self.base, found.effects.renames)
        self.base = advance(carried, self.tree(), found, instant(now))
        again = self.plan(now)
        assert again.changes == ()
        assert again.effects.empty
        return found

    def runs(self) -> dict[str, str | None]:
        """attachment -> the release that it runs."""
        return {str(key): row.release for key, row in self.base.attachments.items()}

    def adopt(self, account: str, pack: str = "orders", at: datetime | None = None) -> None:
        """What the store does when an account adopts for itself, or chooses a slot."""
        record = self.base.packs[pack]
        key = AttachmentKey(account=account, pack=pack)
        row = self.base.attachments[key]
        adopted = replace(
            row,
            release=record.pending if at is None else row.release,
            adopt_requested=record.pending,
            adopted_in=record.testing_period,
            adopt_at=at,
        )
        self.base = InstallBase(
            store_id=self.base.store_id,
            applied=self.base.applied,
            tree=self.base.tree,
            packs=self.base.packs,
            attachments=RowsInMemory(
                {**self.base.attachments, key: adopted}, self.base.tree.suspended
            ),
        )


def told(plan: Plan) -> list[str]:
    """The release and attachment changes, short: "promote 1.0.0>1.1.0 x2"."""
    return [
        short(change)
        for change in plan.changes
        if change.kind in (Kind.RELEASE, Kind.ATTACHMENT)
        and change.action not in ("create", "update", "delete")
    ]


def short(change: Change) -> str:
    count = f" x{change.attachments}" if change.attachments else ""
    return f"{change.action} {change.before}>{change.after}{count}"


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.publisher()
    found.pack()
    for name in ("a", "b", "c"):
        found.account(name)
    found.group(["a", "b", "c"])
    found.attach("a")
    found.attach("b")
    found.release("1.0.0")
    assert Counter(told(found.apply("2026-11-01T12:00"))) == {
        "release None>1.0.0": 1,
        "install None>1.0.0 x2": 1,
    }
    return found


@pytest.fixture
def shortened() -> Any:
    """Functions that tests of this folder share."""
    return told
