"""Judgements and outcomes as values, made without a repository or a store."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.base import Applied, InstallBase
from reconciler.model.changes import Action, Change, Effects, Gate, Plan
from reconciler.model.declarations import Kind
from reconciler.model.decode import declaration
from reconciler.model.findings import Finding, Severity
from reconciler.model.impact import Impact, Timing
from reconciler.model.outcome import Judgement, PassOutcome
from reconciler.model.tree import Tree
from reconciler.model.windows import Window

NOW = datetime(2026, 11, 22, 20, 4, tzinfo=UTC)
REVISION = "9e1b2d4" + "0" * 33
OPENS = datetime(2026, 12, 1, 5, tzinfo=UTC)


class Values:
    """Makes the values that renderers take."""

    now = NOW
    revision = REVISION
    window = Window(opens_at=OPENS, closes_at=OPENS + timedelta(hours=1))

    def finding(self, message: str = "it is wrong", **more: Any) -> Finding:
        fields: dict[str, Any] = {
            "path": "packs/orders.yaml",
            "line": 4,
            "column": 3,
            "rule": "schema",
            "severity": Severity.ERROR,
        }
        return Finding(message=message, **{**fields, **more})

    def judgement(self, *findings: Finding, revision: str | None = REVISION) -> Judgement:
        return Judgement(
            revision=revision, tree=Tree(()), findings=findings, documents=412, files=398
        )

    def change(self, action: str, name: str = "orders", **more: Any) -> Change:
        kind = more.pop("kind", Kind.RELEASE)
        return Change(action=Action(action), kind=kind, name=name, **more)

    def waiting(self, action: str, name: str = "orders", **more: Any) -> Change:
        return self.change(action, name, gate=Gate.FREEZE, **more)

    def base(self) -> InstallBase:
        publisher = declaration(Kind.PUBLISHER, {"name": "us"}, {"timeZone": "America/New_York"})
        applied = Applied(
            revision="51c0de2" + "0" * 33,
            applied_at=NOW,
            passed_at=NOW,
            settled=True,
            next_due=None,
            zone_rules="2026a",
        )
        return InstallBase(store_id="s", applied=applied, tree=Tree((publisher,)))

    def impact(self, pack: str, version: str, **more: Any) -> Impact:
        fields: dict[str, Any] = {"before": "1.0.0", "action": None, "timing": Timing.NOW}
        return Impact(pack=pack, version=version, **{**fields, **more})

    def outcome(self, *changes: Change, waiting: tuple[Change, ...] = (), **more: Any) -> Any:
        plan = Plan(
            revision=REVISION,
            store_id="s",
            now=NOW,
            gated=True,
            changes=changes,
            waiting=waiting,
            next_due=more.get("next_due"),
            digest="7f3c1a" + "0" * 58,
            effects=Effects(),
            descends=more.pop("descends", True),
        )
        fields: dict[str, Any] = {
            "revision": REVISION,
            "in_force": REVISION,
            "plan": plan,
            "base": self.base(),
        }
        return PassOutcome(**{**fields, **more})


@pytest.fixture
def values() -> Values:
    return Values()


@pytest.fixture
def output_schema() -> Callable[[str], Any]:
    """The JSON Schema of a command's output, by the command's name."""
    folder = Path(__file__).parents[2] / "schemas" / "output"

    def load(name: str) -> Any:
        found = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(found)
        return found

    return load
