"""A publisher in memory with its install base: declare, apply, decide requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.desired.renames import carried_base, renames
from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.model.changes import Plan
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.decode import declaration
from reconciler.model.requests import Decision
from reconciler.model.tree import Tree
from reconciler.plan.advance import advance, granted
from reconciler.plan.build import plan


@dataclass
class Shop:
    """A pack "orders" (single) and a pack "stock" (multiple), accounts acme and globex."""

    documents: dict[tuple[Kind, str], Declaration] = field(default_factory=dict)
    base: InstallBase = field(default_factory=InstallBase)

    def declare(self, kind: str, spec: Mapping[str, Any], name: str | None = None) -> None:
        found = declaration(Kind(kind), {"name": name} if name else {}, spec)
        self.documents[found.kind, found.name] = found

    def publisher(self, **spec: Any) -> None:
        self.declare("Publisher", {"timeZone": "America/New_York", **spec}, "us")

    def pack(self, name: str, **spec: Any) -> None:
        body = {"attachment": "single", "components": ["sync"], **spec}
        self.declare("IntegrationPack", body, name)

    def release(self, pack: str, version: str, on: str | None = None, **spec: Any) -> None:
        schedule = "immediate" if on is None else {"date": on}
        body = {"pack": pack, "version": version, "components": {"sync": version}}
        self.declare("Release", {**body, "schedule": schedule, **spec})

    def package(self, version: str, **spec: Any) -> None:
        body = {"component": "sync", "type": "process", "version": version, "shareable": True}
        self.declare("PackagedComponent", {**body, **spec})

    def account(self, name: str, **spec: Any) -> None:
        self.declare("ManagedAccount", spec, name)

    def group(self, name: str, accounts: list[str], packs: Mapping[str, str]) -> None:
        resources = [{"pack": pack, "install": install} for pack, install in packs.items()]
        self.declare("AccountGroup", {"accounts": accounts, "packs": resources}, name)

    def attach(self, account: str, pack: str, **spec: Any) -> None:
        self.declare("Attachment", {"account": account, "pack": pack, **spec})

    def tree(self) -> Tree:
        return Tree(self.documents.values())

    def plan(self, at: datetime) -> Plan:
        tree = self.tree()
        names = renames(self.base.tree, tree)
        carried = carried_base(self.base, names)
        return plan(carried, tree, revision="a" * 40, now=at, renames=names)

    def apply(self, now: str) -> None:
        at, tree = self.instant(now), self.tree()
        names = renames(self.base.tree, tree)
        carried = carried_base(self.base, names)
        found = plan(carried, tree, revision="a" * 40, now=at, renames=names)
        self.base = advance(carried, tree, found, at)

    def take(self, decision: Decision) -> None:
        """What the store does with a decision."""
        self.base = granted(self.base, decision)

    def key(self, account: str, pack: str, instance: str = "") -> AttachmentKey:
        return AttachmentKey(account=account, pack=pack, instance=instance)

    def instant(self, text: str) -> datetime:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@pytest.fixture
def shop() -> Shop:
    """Orders and stock 1.0.0 are current; acme has orders by manifest, globex nothing."""
    found = Shop()
    found.publisher()
    found.pack("orders")
    found.pack("stock", attachment="multiple")
    found.account("acme", environments=[{"name": "live", "classification": "production"}])
    found.account("globex", timeZone="Europe/Paris")
    found.group("retail", ["acme", "globex"], {"orders": "manual", "stock": "manual"})
    found.attach("acme", "orders")
    found.package("1.0.0")
    found.package("1.1.0")
    found.release("orders", "1.0.0")
    found.release("stock", "1.0.0")
    found.apply("2026-11-01T12:00")
    return found
