"""A server over the install base of example-repo, in the middle of a testing period."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.requests import adopt
from reconciler.model.access import Role
from reconciler.model.base import AttachmentKey
from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.store import access_of
from reconciler.wiring import open_world

TOP = Path(__file__).parents[3]
NOW = "2026-11-27T15:00:00+00:00"
MARKUP = '<script>alert("1")</script>'
RIGHT_TO_LEFT = "\u202ereversed"
GUIDE = "javascript:alert(1)"
HELD = "attachments/wonka/stock-levels-production.yaml"
_ROLES = (
    (Role.PUBLISHER_VIEWER, None),
    (Role.PUBLISHER_ADMIN, None),
    (Role.ACCOUNT, "globex"),
)
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


_INLINE = {"a", "bdi", "code", "span", "strong", "time"}


@dataclass
class Element:
    """One element of a page; `text` is all that it holds."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: tuple[str, ...] = ()


@dataclass
class Document(HTMLParser):
    """A page as a browser would read it. Raises AssertionError where tags do not fit together."""

    markup: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.markup)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute of {tag} stands there twice: {names}"
        if tag not in _INLINE:
            self.handle_data(" ")
        inside = tuple(element.name for element in self._open)
        element = Element(name=tag, attributes=dict(attrs), inside=inside)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str) -> list[Element]:
        return [element for element in self.elements if element.name == name]

    def one(self, name: str) -> Element:
        (found,) = self.all(name)
        return found

    @property
    def text(self) -> str:
        return " ".join(self.one("main").text.split())


@dataclass
class Site:
    """A server, and who asks it."""

    server: Any
    tokens: dict[str, str]
    store_file: Path

    def reply(self, path: str, role: str = "publisher-viewer") -> Any:
        return self.server.get(path, self.tokens[role])

    def page(self, path: str, status: int = 200, role: str = "publisher-viewer") -> Document:
        found = self.reply(path, role)
        assert found.status == status, found.body.decode()[:2000]
        assert found.headers["content-type"] == "text/html; charset=utf-8"
        return Document(found.body.decode())


def _git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Larkfield", "-c", "user.email=releases@larkfield.example"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *words], cwd=folder, env=environment, check=True)


def _document(kind: str, name: str | None, spec: dict[str, Any]) -> str:
    header = {"metadata": {"name": name}} if name else {}
    return json.dumps({"apiVersion": "reconciler/v1", "kind": kind, **header, "spec": spec})


def _hostile() -> str:
    """A pack of which every text that is free was written by somebody who means ill."""
    evil = f"{MARKUP} {RIGHT_TO_LEFT} {'long' * 30}"
    packaged = {"component": "evil-sync", "type": "process", "shareable": True}
    pack = {
        "displayName": evil,
        "description": evil[:400],
        "attachment": "single",
        "components": ["evil-sync"],
        "documentation": {"installation": "https://example.com/?a=1&b=<x>", "user": GUIDE},
        "contact": {"name": evil, "url": "https://example.com"},
        "prerequisites": [evil],
    }
    release = {"pack": "evil", "version": "1.0.0", "components": {"evil-sync": "1.0"}}
    extension = {"required": True, "type": "string"}
    contained = [{"name": evil[:60], "type": "map", "extensions": {MARKUP: extension}}]
    return "\n---\n".join(
        (
            _document("IntegrationPack", "evil", pack),
            _document(
                "PackagedComponent",
                None,
                {**packaged, "version": "1.0", "notes": evil, "contains": contained},
            ),
            _document("Release", None, {**release, "schedule": "immediate", "notes": evil}),
            _document("ManagedAccount", "mallory", {"displayName": evil}),
            _document(
                "AccountGroup", "evil", {"accounts": ["mallory"], "packs": [{"pack": "evil"}]}
            ),
            _document("Attachment", None, {"account": "mallory", "pack": "evil"}),
        )
    )


def _at(folder: Path, now: str) -> Settings:
    return Settings(
        repository=str(folder / "repository"),
        store_url=f"sqlite:///{folder / 'install-base.db'}",
        now=datetime.fromisoformat(now),
        actor=f"desk {MARKUP}",
    )


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with example-repo and its store: applied, and one account has adopted since."""
    folder = tmp_path_factory.mktemp("larkfield")
    repository = folder / "repository"
    shutil.copytree(TOP / "example-repo", repository)
    (repository / GUIDE).write_text("A file may be called so.", encoding="utf-8")
    with (repository / HELD).open("a", encoding="utf-8") as attachment:
        attachment.write("  hold: {until: 2026-12-10, reason: Stocktaking}\n")
    (repository / "packs" / "evil.yaml").write_text(_hostile(), encoding="utf-8")
    _git(repository, "init", "--quiet", "--initial-branch=main")
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "-m", "All")
    with open_world(_at(folder, "2026-11-23T15:00:00+00:00"), store="create") as world:
        outcome = reconcile(world)
        assert outcome.error is None, [f for f in outcome.findings if f.severity == "error"]
    with open_world(_at(folder, "2026-11-24T09:00:00+00:00"), store="existing") as world:
        assert world.store is not None
        now = world.clock.now()
        key = AttachmentKey("globex", "stock-levels", "paris")
        world.store.request(
            "globex",
            "stock-levels",
            lambda base: adopt(base, key, None, now, "globex"),
        )
    return folder


@pytest.fixture(scope="module")
def site(seeded: Path, serve_in: Callable[..., Any]) -> Site:
    with open_world(_at(seeded, NOW), store="existing", writes=True) as world:
        assert world.store is not None
        known, now = access_of(world.store), world.clock.now()
        tokens = {}
        for role, account in _ROLES:
            _, tokens[role.value] = known.create_token(
                "reader", role, account=account, actor="desk", now=now, expires_at=None
            )
    server = serve_in(seeded, "--now", NOW)
    return Site(server=server, tokens=tokens, store_file=seeded / "install-base.db")
