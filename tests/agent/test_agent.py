"""`reconciler agent` as a process: what lies in its folder, whatever happens to it."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

LaidOut = Callable[[Path], dict[str, bytes]]

_KILLED = """
import os, signal, sys

calls, deadly = 0, {deadly}


def counted(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)

    return call


for name in ("link", "rename", "replace", "symlink", "fsync", "unlink", "mkdir", "rmdir", "chmod"):
    setattr(os, name, counted(getattr(os, name)))
from reconciler.cli import main

sys.argv[0] = "reconciler"
main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runtime"


def _stands(publisher: Any) -> tuple[str | None, str | None]:
    """The release that globex runs, by its reports, and why that is not what it should."""
    (line,) = publisher.ask("GET", "/agent").json["attachments"]
    return line["installed"], line["drift"] and line["drift"]["reason"]


def test_it_lays_out_what_the_account_should_run_and_reports_it(
    serving: Any, folder: Path, files: dict[str, bytes], laid_out: LaidOut
) -> None:
    code, said = serving.once(folder)
    assert code == 0, said
    assert laid_out(folder) == files
    assert os.access(folder / "current/orders/sync/1.0.0/bin/start", os.X_OK)
    assert not os.access(folder / "current/orders/sync/1.0.0/main.xml", os.X_OK)
    assert _stands(serving) == ("1.0.0", None)


def test_it_goes_from_one_bundle_to_the_next_and_keeps_the_one_before(
    serving: Any, folder: Path, laid_out: LaidOut
) -> None:
    serving.once(folder)
    before = (folder / "current").readlink()
    for version in ("1.1.0", "1.2.0"):
        serving.release(version, {"main.xml": version.encode(), "maps/large.bin": b"x"})
        assert serving.once(folder)[0] == 0
        assert laid_out(folder)["main.xml"] == version.encode()
        assert _stands(serving) == (version, None)
    kept = {path.name for path in (folder / "bundles").iterdir()}
    assert len(kept) == 2
    assert before.name not in kept
    assert len(list((folder / ".blobs").iterdir())) == 3, "what no bundle has is gone"


def test_it_follows_releases_as_they_come_until_it_is_asked_to_end(
    serving: Any, folder: Path, laid_out: LaidOut, ended: Callable[..., int]
) -> None:
    process = serving.agent(folder)
    first = process.stderr.readline()
    assert "runs: 1 attachments" in first
    serving.release("1.1.0", {"main.xml": b"new"})
    assert "runs: 1 attachments" in process.stderr.readline()
    assert laid_out(folder) == {"main.xml": b"new"}
    assert ended(process) == 0


def test_an_attachment_that_is_uninstalled_is_gone(serving: Any, folder: Path) -> None:
    serving.once(folder)
    text = (serving.root / "publisher.yaml").read_text().replace("automatic", "manual")
    (serving.root / "publisher.yaml").write_text(text)
    serving.git("commit", "--quiet", "--all", "--message", "manual")
    serving.run("apply")
    serving.run("account", "uninstall", "globex", "orders")
    assert serving.once(folder)[0] == 0
    assert {path.name for path in (folder / "current").iterdir()} == {"bundle.json", "files.json"}
    assert serving.ask("GET", "/agent").json["attachments"] == []


def test_killed_at_any_moment_it_goes_on_and_shows_old_or_new(
    serving: Any, folder: Path, files: dict[str, bytes], laid_out: LaidOut
) -> None:
    assert serving.once(folder)[0] == 0
    new = {
        "main.xml": b"new",
        "maps/large.bin": files["maps/large.bin"],
        "bin/start": b"#!/bin/true",
    }
    serving.release("1.1.0", new)
    deadly, killed = 1, 0
    while True:
        process = serving.agent(folder, "--once", program=_KILLED.replace("{deadly}", str(deadly)))
        _, said = process.communicate()
        assert laid_out(folder) in (files, new)
        if process.returncode == 0:
            break
        assert process.returncode == -9, said
        killed += 1
        deadly += 1 if deadly < 4 else 3
    assert killed > 5
    assert laid_out(folder) == new
    assert serving.once(folder)[0] == 0
    assert _stands(serving) == ("1.1.0", None)
    assert not list(folder.glob("bundles/.*"))


def test_a_download_that_is_cut_goes_on_where_it_was(
    serving: Any,
    folder: Path,
    files: dict[str, bytes],
    laid_out: LaidOut,
    cutting: Callable[..., Any],
) -> None:
    proxy = cutting(serving.address, cut_after=900_000, cuts=2)
    code, said = serving.once(folder, server=proxy.address)
    assert code == 0, said
    assert proxy.cuts_left == 0
    assert laid_out(folder) == files
    resumed = [text for text in proxy.requests if "range: bytes=" in text.lower()]
    assert len(resumed) == 2
    assert all("if-range" in text.lower() for text in resumed)


def test_two_agents_do_not_share_a_folder(serving: Any, folder: Path) -> None:
    first = serving.agent(folder)
    assert "runs" in first.stderr.readline()
    code, said = serving.once(folder)
    assert code == 1
    assert "another agent keeps" in said


def test_a_second_folder_needs_another_name_or_the_first_retired(
    serving: Any, folder: Path, tmp_path: Path
) -> None:
    serving.once(folder)
    code, said = serving.once(tmp_path / "other", "--name", "runtime-2")
    assert code == 1
    assert "another agent, runtime" in said
    assert "retire" in said


def test_a_token_that_is_not_good_is_said(serving: Any, folder: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("not-a-token\n")
    code, said = serving.once(folder, "--token-file", str(token))
    assert (code, "refuses (401)" in said) == (1, True)
    assert "not-a-token" not in said


def test_a_content_that_can_not_be_delivered_is_reported_and_the_old_bundle_stays(
    serving: Any, folder: Path, files: dict[str, bytes], laid_out: LaidOut
) -> None:
    serving.once(folder)
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    serving.release("1.1.0", {"big.bin": pointer})
    code, said = serving.once(folder)
    assert code == 1
    assert "Git LFS" in said
    assert laid_out(folder) == files
    assert _stands(serving) == ("1.0.0", "failed")
    (line,) = serving.ask("GET", "/agent").json["attachments"]
    assert "Git LFS" in line["drift"]["message"]
    assert serving.run("apply", code=7)


def test_a_bundle_that_is_too_large_is_not_taken(serving: Any, folder: Path) -> None:
    serving.release("1.1.0", {f"{n}.bin": os.urandom(64) * 10_000 for n in range(3)})
    small = serving.agent(
        folder,
        "--once",
        program=_KILLED.replace("{deadly}", "0").replace(
            "main()", "import reconciler.cli.agent as a\na._GIB = 20\nmain()"
        ),
    )
    _, said = small.communicate()
    assert small.returncode == 1
    assert "larger than" in said
    assert not (folder / "current").exists()


class _Hostile(http.server.BaseHTTPRequestHandler):
    """Answers by a table of path ends."""

    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        for end, (status, headers, body) in self.answers.items():
            if path.endswith(end):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
        self.send_error(404)

    do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def hostile() -> Iterator[Callable[..., str]]:
    """Starts a server that answers what it is told to; its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(**answers: tuple[int, dict[str, str], bytes]) -> str:
        handler = type("Handler", (_Hostile,), {"answers": answers})
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_redirect_does_not_take_the_token_along(
    serving: Any, folder: Path, hostile: Callable[..., str]
) -> None:
    away = hostile(desired=(302, {"Location": f"{serving.address}/steal"}, b""))
    code, said = serving.once(folder, server=away)
    assert code == 1
    assert "where the token is not sent" in said


def test_a_server_that_talks_nonsense_is_not_believed(
    serving: Any, folder: Path, hostile: Callable[..., str]
) -> None:
    for body in (b"<html>", b"[]", b'{"attachments": 1}', b'{"a":' * 100_000, b'"\\ud800"'):
        code, said = serving.once(folder, server=hostile(desired=(200, {}, body)))
        assert (code, "Traceback" in said) == (1, False)
    assert not (folder / "current").exists()


def test_a_corrupted_file_is_refused_and_fetched_again(
    serving: Any,
    folder: Path,
    files: dict[str, bytes],
    laid_out: LaidOut,
    hostile: Callable[..., str],
) -> None:
    bundle = serving.ask("GET", "/desired").body
    content = serving.content_id("1.0.0")
    listed = serving.ask("GET", f"/content/{content}")
    answers: dict[str, Any] = {
        file["sha256"]: (200, {}, files[file["path"]].replace(b"process", b"PROCESS"))
        for file in listed.json["files"]
    }
    bad = hostile(
        desired=(200, {}, bundle),
        agent=(404, {}, b"{}"),
        report=(200, {}, b"{}"),
        **{content: (200, {}, listed.body)},
        **answers,
    )
    code, said = serving.once(folder, server=bad)
    assert code == 1
    assert "came corrupted" in said
    assert not (folder / "current").exists()
    assert serving.once(folder)[0] == 0
    assert laid_out(folder) == files


def test_files_that_git_does_not_have_so_are_refused(
    serving: Any, folder: Path, hostile: Callable[..., str]
) -> None:
    import hashlib
    import json

    bundle = serving.ask("GET", "/desired").body
    content = serving.content_id("1.0.0")
    sha256 = hashlib.sha256(b"evil").hexdigest()
    file = {"path": "main.xml", "mode": "100644", "size": 4, "sha256": sha256}
    listed = json.dumps({"content": content, "files": [file]}).encode()
    bad = hostile(
        desired=(200, {}, bundle),
        agent=(404, {}, b"{}"),
        report=(200, {}, b"{}"),
        **{content: (200, {}, listed), sha256: (200, {}, b"evil")},
    )
    code, said = serving.once(folder, server=bad)
    assert code == 1
    assert "is not what was committed" in said


def test_a_busy_server_is_asked_again_when_it_says(
    serving: Any, folder: Path, hostile: Callable[..., str]
) -> None:
    for wait in ("0", "Fri, 31 Dec 99999999999999999999999 23:59:59 GMT"):
        busy = hostile(desired=(503, {"Retry-After": wait}, b""))
        code, said = serving.once(folder, server=busy)
        assert code == 1
        assert "answers 503" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_can_not_be_written_is_said(serving: Any, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    code, said = serving.once(locked / "runtime")
    assert code == 1
    assert "can't be written" in said


def test_a_full_disk_is_said_and_the_old_bundle_stays(
    serving: Any, folder: Path, files: dict[str, bytes], laid_out: LaidOut
) -> None:
    assert serving.once(folder)[0] == 0
    serving.release("1.1.0", {"large.bin": os.urandom(1 << 20)})
    limited = _KILLED.replace("{deadly}", "0").replace(
        "sys.argv[0]",
        "import resource\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.argv[0]",
    )
    process = serving.agent(folder, "--once", program=limited)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "can't be written" in said
    assert laid_out(folder) == files
    assert _stands(serving) == ("1.0.0", "failed")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--server", "ftp://x"], "takes an address"),
        (["--server", "https://user:pw@x"], "takes an address"),
        (["--server", "http://packs.example"], "in the clear"),
        (["--server", "https://packs.example"], "RECONCILER_TOKEN"),
    ],
)
def test_wrong_usage_is_said(
    publisher: Any, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = subprocess.run(
        [
            *("env", "-u", "RECONCILER_TOKEN", *_COMMAND, *arguments),
            *("--account", "globex", "--folder", str(tmp_path / "x")),
        ],
        env=publisher.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert words in done.stderr


_COMMAND = (sys.executable, "-m", "reconciler", "agent")
