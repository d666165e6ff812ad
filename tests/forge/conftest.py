"""A site with one request to comment on, served as GitHub and as GitLab serve theirs."""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

TOP = Path(__file__).parents[2]
SHIPPED = (
    ".pre-commit-hooks.yaml", "LICENSE", "README.md", "action.yml", "pyproject.toml", "reconciler",
    "schemas",
)  # fmt: skip
NUMBER = 12
PROJECT = "4711"
REPOSITORY = "acme/packs"
BOT, STRANGER, READER = 1, 2, 3
USERS = {"bot-token": BOT, "stranger-token": STRANGER, "reader-token": READER}
FORBIDDEN = "Resource not accessible by integration"


@dataclass(kw_only=True)
class Note:
    """A comment as the site keeps it."""

    id: int
    author: int
    body: str
    system: bool = False


@dataclass
class Site:
    """What is on the site, and what was asked of it.

    `busy`: answers to give first. `circling`: behind the last page comes the first one again.
    """

    notes: list[Note] = field(default_factory=list)
    busy: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    silent: bool = False
    circling: bool = False

    def say(self, author: int, *bodies: str, system: bool = False) -> None:
        for body in bodies:
            self.add(author, body, system=system)

    def add(self, author: int, body: str, *, system: bool = False) -> Note:
        note = Note(id=1000 + len(self.notes), author=author, body=body, system=system)
        self.notes.append(note)
        return note

    def bodies(self, author: int = BOT) -> list[str]:
        return [note.body for note in self.notes if note.author == author]

    def note(self, id_: int) -> Note:
        return next(note for note in self.notes if note.id == id_)

    def user(self, request: web.Request) -> int:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = shown or request.headers.get("PRIVATE-TOKEN") or request.headers.get("JOB-TOKEN")
        if token not in USERS:
            raise web.HTTPUnauthorized(text='{"message": "Bad credentials"}')
        return USERS[token]

    @web.middleware
    async def watched(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        if self.silent:
            await asyncio.Event().wait()
        if self.busy:
            status, headers = self.busy.pop(0)
            return web.Response(status=status, headers=headers, text='{"message": "no"}')
        response: web.StreamResponse = await handler(request)
        return response

    async def graphql(self, request: web.Request) -> web.Response:
        """GitHub: 200 for everything that the token is good for, errors in the body."""
        user = self.user(request)
        asked = await request.json()
        query, given = asked["query"], asked["variables"]
        if "updateIssueComment" in query:
            note = self.note(int(given["comment"]))
            if note.author != user:
                return self._failed("FORBIDDEN", "not your comment")
            note.body = given["body"]
            return self._data({"updateIssueComment": {"issueComment": {"url": self._link(note)}}})
        if "addComment" in query:
            assert given["request"] == f"PR_{NUMBER}"
            if user == READER:
                return self._failed("FORBIDDEN", FORBIDDEN)
            link = self._link(self.add(user, given["body"]))
            return self._data({"addComment": {"commentEdge": {"node": {"url": link}}}})
        if (f"{given['owner']}/{given['name']}", given["number"]) != (REPOSITORY, NUMBER):
            return self._failed("NOT_FOUND", "Could not resolve to a Repository")
        return self._data({"repository": {"pullRequest": self._request(user, query, given)}})

    def _request(self, user: int, query: str, given: dict[str, Any]) -> dict[str, Any]:
        found = re.search(r"first: (\d+)", query)
        assert found is not None
        start = int(given["after"] or 0)
        end = start + int(found.group(1))
        nodes = [
            {
                "id": str(note.id),
                "body": note.body,
                "url": self._link(note),
                "viewerDidAuthor": note.author == user,
            }
            for note in self.notes[start:end]
        ]
        more = end < len(self.notes)
        cursor = str(end) if more or not self.circling else "0"
        page = {"hasNextPage": more or self.circling, "endCursor": cursor}
        return {"id": f"PR_{NUMBER}", "comments": {"nodes": nodes, "pageInfo": page}}

    def _link(self, note: Note) -> str:
        return f"https://github.example/{REPOSITORY}/pull/{NUMBER}#issuecomment-{note.id}"

    def _data(self, data: dict[str, Any]) -> web.Response:
        return web.json_response({"data": data})

    def _failed(self, kind: str, message: str) -> web.Response:
        return web.json_response({"data": None, "errors": [{"type": kind, "message": message}]})

    async def whoami(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self.user(request)})

    async def job(self, request: web.Request) -> web.Response:
        return web.json_response({"id": 9, "user": {"id": self.user(request)}})

    async def list_notes(self, request: web.Request) -> web.Response:
        self._found(request)
        each, page = int(request.query["per_page"]), int(request.query["page"])
        some = self.notes[(page - 1) * each : page * each]
        more = page * each < len(self.notes)
        found = [
            {"id": note.id, "body": note.body, "author": {"id": note.author}, "system": note.system}
            for note in some
        ]
        etag = hashlib.sha256(str(found).encode()).hexdigest()
        last = "1" if self.circling else ""
        headers = {"X-Next-Page": str(page + 1) if more else last, "ETag": f'W/"{etag}"'}
        return web.json_response(found, headers=headers)

    async def add_note(self, request: web.Request) -> web.Response:
        self._found(request)
        user = self.user(request)
        if user == READER:
            raise web.HTTPForbidden(text='{"message": "403 Forbidden"}')
        note = self.add(user, (await request.json())["body"])
        return web.json_response({"id": note.id}, status=201)

    async def edit_note(self, request: web.Request) -> web.Response:
        self._found(request)
        note = self.note(int(request.match_info["note"]))
        if note.author != self.user(request):
            raise web.HTTPForbidden(text='{"message": "403 Forbidden"}')
        note.body = (await request.json())["body"]
        return web.json_response({"id": note.id})

    def _found(self, request: web.Request) -> None:
        self.user(request)
        named = (request.match_info["project"], request.match_info["number"])
        if named not in {(PROJECT, str(NUMBER)), (REPOSITORY, str(NUMBER))}:
            raise web.HTTPNotFound(text='{"message": "404 Project Not Found"}')

    def application(self) -> web.Application:
        notes = "/api/v4/projects/{project}/merge_requests/{number}/notes"
        app = web.Application(middlewares=[self.watched])
        app.router.add_post("/graphql", self.graphql)
        app.router.add_get("/api/v4/user", self.whoami)
        app.router.add_get("/api/v4/job", self.job)
        app.router.add_get(notes, self.list_notes)
        app.router.add_post(notes, self.add_note)
        app.router.add_put(notes + "/{note}", self.edit_note)
        return app


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that listens on a port of this machine."""
    found, ready, loop = Site(), threading.Event(), asyncio.new_event_loop()

    async def listen() -> web.AppRunner:
        runner = web.AppRunner(found.application(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        found.url = f"http://{host}:{port}"
        ready.set()
        return runner

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(listen())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(30)
    yield found
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A folder and the environment of a CI in which commands run."""

    folder: Path
    environment: dict[str, str]
    token: str = ""
    python: str = sys.executable

    def run(self, *words: str, **more: str) -> Done:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def reconciler(self, *words: str, **more: str) -> Done:
        return self.run(sys.executable, "-m", "reconciler", *words, **more)

    def git(self, *words: str) -> str:
        done = self.run("git", *words)
        assert done.code == 0, done.err
        return done.out.strip()

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder; nothing of the user's settings is seen."""
    return _desk_in(tmp_path)


@pytest.fixture(scope="session")
def desk_in() -> Callable[[Path], Desk]:
    """The same for fixtures that live longer than one test."""
    return _desk_in


def _desk_in(home: Path) -> Desk:
    folder = home / "work"
    folder.mkdir()
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "ann"), ("EMAIL", "ann@example.com"))
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(TOP),
        **author,
    }
    return Desk(folder=folder, environment=environment)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What others get who name this project's repository: an action, hooks, a package."""
    desk = _desk_in(tmp_path_factory.mktemp("project"))
    for name in SHIPPED:
        source, target = TOP / name, desk.folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    desk.git("init", "--quiet", "--initial-branch", "main")
    desk.commit("All of it")
    return desk.folder


@pytest.fixture(scope="session")
def offline() -> dict[str, str]:
    """Lets pip build and install the project with the libraries of this environment alone."""
    return {
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
    }
