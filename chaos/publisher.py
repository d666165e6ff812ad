"""A publisher's intentions -> commits of a repository with any number of accounts in it."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "publisher",
    "GIT_AUTHOR_EMAIL": "publisher@example.com",
    "GIT_COMMITTER_NAME": "publisher",
    "GIT_COMMITTER_EMAIL": "publisher@example.com",
}
_GUIDES = {"installation": "https://example.com/i", "user": "https://example.com/u"}


def account(number: int) -> str:
    return f"account-{number:06}"


@dataclass
class Publisher:
    """Two packs: every member of a group has orders, every tenth account stock, twice.

    JSON is YAML, so that the files need no renderer.
    """

    folder: Path
    accounts: int
    members: range = range(0)
    adopters: dict[int, str] = field(default_factory=dict)
    releases: dict[str, dict[str, str | None]] = field(
        default_factory=lambda: {"orders": {"1.0.0": None}, "stock": {"1.0.0": None}}
    )
    packaged: set[str] = field(default_factory=set)
    freezes: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._git("init", "-q", "-b", "main")

    @property
    def stockists(self) -> range:
        return range(0, self.accounts, 10)

    def release(self, pack: str, version: str, on: str | None = None) -> None:
        """At once, or on a date."""
        self.releases[pack][version] = on

    def withdraw(self, pack: str, version: str) -> None:
        """Takes a release out: a withdrawal while it is pending, a roll-back once it is current."""
        del self.releases[pack][version]

    def commit(self) -> str:
        """Writes everything, and commits it; the revision."""
        for name, kind, items in self._files():
            text = json.dumps(
                {"apiVersion": "reconciler/v1", "kind": f"{kind}List", "items": items}
            )
            (self.folder / name).write_text(text.replace("}, {", "},\n{") + "\n", encoding="utf-8")
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", "change")
        return self._git("rev-parse", "HEAD")

    def break_manifests(self) -> None:
        """A commit that no pass accepts."""
        (self.folder / "broken.yaml").write_text("kind: [\n", encoding="utf-8")
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "break")

    def mend_manifests(self) -> None:
        """The commit after break_manifests()."""
        (self.folder / "broken.yaml").unlink()
        self.commit()

    def _files(self) -> Iterator[tuple[str, str, list[Any]]]:
        spec: dict[str, Any] = {"timeZone": "America/New_York", "freezes": self.freezes}
        spec["limits"] = {"maxUninstalls": "100%", "maxRollbacks": "100%"}
        yield "publisher.yaml", "Publisher", [_named("us", spec)]
        yield "packs.yaml", "IntegrationPack", [_pack("orders", "single"),
                                                _pack("stock", "multiple")]  # fmt: skip
        self.packaged |= {v for versions in self.releases.values() for v in versions}
        yield (
            "components.yaml",
            "PackagedComponent",
            [{"spec": _packaged(v)} for v in sorted(self.packaged)],
        )
        yield (
            "releases.yaml",
            "Release",
            [
                {"spec": _release(pack, version, on)}
                for pack, versions in self.releases.items()
                for version, on in versions.items()
            ],
        )
        yield (
            "accounts.yaml",
            "ManagedAccount",
            [_named(account(number), {}) for number in range(self.accounts)],
        )
        yield "groups.yaml", "AccountGroup", [
            _group("members", self.members, "orders", "automatic"),
            _group("stockists", self.stockists, "stock", "manual"),
        ]  # fmt: skip
        yield "attachments.yaml", "Attachment", list(self._attachments())

    def _attachments(self) -> Iterator[dict[str, Any]]:
        for number in self.stockists:
            for instance in ("east", "west"):
                spec = {"account": account(number), "pack": "stock", "instance": instance}
                yield {"spec": spec}
        for number, version in self.adopters.items():
            yield {"spec": {"account": account(number), "pack": "orders", "adopt": version}}

    def _git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words],
            env={**os.environ, **_GIT},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def _named(name: str, spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec}


def _pack(name: str, mode: str) -> dict[str, Any]:
    spec = {
        "attachment": mode,
        "components": ["sync"],
        "contact": {"email": "help@example.com"},
        "documentation": _GUIDES,
    }
    return _named(name, spec)


def _packaged(version: str) -> dict[str, Any]:
    return {"component": "sync", "type": "process", "version": version, "shareable": True}


def _release(pack: str, version: str, on: str | None) -> dict[str, Any]:
    schedule = "immediate" if on is None else {"date": on}
    return {
        "pack": pack, "version": version, "components": {"sync": version}, "schedule": schedule,
    }  # fmt: skip


def _group(name: str, accounts: range, pack: str, install: str) -> dict[str, Any]:
    resources = [{"pack": pack, "install": install}]
    return _named(name, {"accounts": [account(n) for n in accounts], "packs": resources})
