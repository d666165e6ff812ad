"""Remote repositories, kept in a local mirror that is fetched on demand and read offline."""

from __future__ import annotations

import base64
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from reconciler.errors import SourceError, StalePlan
from reconciler.source import MirrorSource, open_source

if TYPE_CHECKING:
    from tests.source.conftest import Cloner, Repo


def mirror_of(repo: Repo, folder: str = "", ref: str | None = None) -> MirrorSource:
    source = open_source(f"file://{repo.path}{folder and '#' + folder}", ref=ref)
    assert isinstance(source, MirrorSource)
    return source


def test_a_url_is_fetched_into_the_cache_and_read_from_there(repo: Repo, tmp_path: Path) -> None:
    source = mirror_of(repo)
    assert not (tmp_path / "cache").exists()
    source.refresh()
    snapshot = source.snapshot(source.resolve())
    assert source.resolve() == repo.git("rev-parse", "HEAD")
    assert [file.path for file in snapshot.manifests()] == ["packs/orders.yaml", "publisher.yaml"]
    (mirror,) = (tmp_path / "cache/integration-pack-reconciler/mirrors").glob("*/")
    assert mirror == source.path
    assert source.uncommitted() == 0
    with pytest.raises(SourceError, match="no files on disk"):
        source.worktree()


def test_the_folder_for_mirrors_can_be_chosen_and_repositories_do_not_share_one(
    repo: Repo, tmp_path: Path
) -> None:
    one = open_source(f"file://{repo.path}", mirror_root=tmp_path / "m")
    other = open_source("https://git.example/acme.git", mirror_root=tmp_path / "m")
    assert isinstance(one, MirrorSource)
    assert isinstance(other, MirrorSource)
    assert one.path.parent == other.path.parent == tmp_path / "m"
    assert one.path != other.path


def test_a_mirror_that_was_never_fetched_says_so(repo: Repo) -> None:
    source = mirror_of(repo)
    for ask in (source.resolve, lambda: source.resolve("main"), lambda: source.snapshot("main")):
        with pytest.raises(SourceError, match="was never fetched"):
            ask()


def test_each_refresh_follows_new_deleted_and_moved_branches_and_tags(repo: Repo) -> None:
    source = mirror_of(repo)
    repo.git("branch", "old")
    repo.git("tag", "v1")
    source.refresh()
    first = source.resolve("old")
    repo.git("branch", "--delete", "old")
    repo.git("branch", "old/nested")
    second = repo.commit()
    repo.git("tag", "--force", "v1")
    source.refresh()
    assert source.resolve() == source.resolve("v1") == source.resolve("HEAD") == second
    assert source.resolve("old/nested") == source.resolve("HEAD~1") == first
    with pytest.raises(SourceError, match="has no revision old"):
        source.resolve("old")


def test_the_default_branch_of_the_remote_is_followed(repo: Repo) -> None:
    source = mirror_of(repo)
    source.refresh()
    repo.git("checkout", "--quiet", "-b", "trunk")
    newer = repo.commit()
    source.refresh()
    assert source.resolve() == newer


def test_another_branch_can_be_the_default(repo: Repo) -> None:
    stable = repo.git("rev-parse", "HEAD")
    repo.git("branch", "stable")
    repo.commit()
    source = mirror_of(repo, ref="stable")
    source.refresh()
    assert source.resolve() == stable
    gone = mirror_of(repo, ref="gone")
    gone.refresh()
    with pytest.raises(SourceError, match="has no revision gone"):
        gone.resolve()


def test_a_folder_of_a_remote_is_the_root(repo: Repo) -> None:
    repo.put("eu/acme/publisher.yaml", "kind: Publisher\n")
    repo.commit()
    source = mirror_of(repo, folder="eu/acme")
    source.refresh()
    assert [file.path for file in source.snapshot("main").manifests()] == ["publisher.yaml"]
    assert source.shown.endswith("acme#eu/acme")
    with pytest.raises(SourceError, match="has no folder none"):
        mirror_of(repo, folder="none").snapshot("main")


def test_an_unreachable_remote_fails_to_refresh_and_the_last_state_stays(repo: Repo) -> None:
    source = mirror_of(repo)
    source.refresh()
    head = source.resolve()
    repo.path.rename(repo.path.with_name("moved"))
    with pytest.raises(SourceError) as refused:
        source.refresh()
    assert refused.value.message.startswith(f"cannot fetch file://{repo.path}: ")
    assert "\n" not in refused.value.message
    assert refused.value.hint
    assert source.resolve() == head
    assert len(source.snapshot(head).manifests()) == 2


def test_an_empty_remote_has_no_default_branch(empty_repo: Repo) -> None:
    with pytest.raises(SourceError, match="its default branch has no commits"):
        mirror_of(empty_repo).refresh()


def test_a_forced_push_backwards_is_fetched_and_does_not_descend(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit()
    source = mirror_of(repo)
    source.refresh()
    source.keep(second)
    repo.git("reset", "--quiet", "--hard", first)
    source.refresh()
    assert source.resolve() == first
    assert not source.descends(first, second)
    assert source.descends(second, first)


def test_an_applied_commit_outlives_forced_pushes_and_garbage_collection(
    repo: Repo,
) -> None:
    first = repo.git("rev-parse", "HEAD")
    dropped = repo.commit()
    source = mirror_of(repo)
    source.refresh()
    source.keep(dropped)
    repo.git("reset", "--quiet", "--hard", first)
    repo.git("commit", "--quiet", "--amend", "--message", "rewritten")
    source.refresh()
    mirror = type(repo)(path=source.path)
    mirror.git("gc", "--quiet", "--prune=now")
    assert source.resolve(dropped) == dropped
    assert len(source.snapshot(dropped).manifests()) == 2
    with pytest.raises(SourceError, match="no revision"):
        source.keep("0" * 40)


def test_a_commit_that_the_mirror_lacks_is_no_ancestor(repo: Repo) -> None:
    source = mirror_of(repo)
    source.refresh()
    assert not source.descends(source.resolve(), "1" * 40)


def test_a_remote_that_is_a_shallow_clone_is_read_but_cannot_tell_descent(
    repo: Repo, clone: Cloner
) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit()
    source = mirror_of(clone(repo, "shallow", "--depth=1"))
    source.refresh()
    assert len(source.snapshot(source.resolve()).manifests()) == 2
    with pytest.raises(StalePlan) as refused:
        source.descends(source.resolve(), first)
    assert "fetch-depth: 0" in str(refused.value.hint)


def test_two_refreshes_at_once_both_succeed(repo: Repo) -> None:
    failures: list[Exception] = []

    def refresh() -> None:
        try:
            mirror_of(repo).refresh()
        except SourceError as error:
            failures.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert mirror_of(repo).resolve() == repo.git("rev-parse", "HEAD")


def test_a_mirror_that_was_deleted_is_made_anew(repo: Repo) -> None:
    source = mirror_of(repo)
    source.refresh()
    shutil.rmtree(source.path)
    with pytest.raises(SourceError, match="was never fetched"):
        source.resolve()
    source.refresh()
    assert source.resolve() == repo.git("rev-parse", "HEAD")


def test_a_cache_that_cannot_be_written_is_one_clear_line(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    source = open_source(f"file://{repo.path}", mirror_root=tmp_path / "file/mirrors")
    with pytest.raises(SourceError, match="cannot keep a mirror of file://"):
        source.refresh()


class _Refusing(BaseHTTPRequestHandler):
    """Answers 401 to everything and notes the credentials that came."""

    seen: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def refusing_server() -> Iterator[str]:
    _Refusing.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_token_reaches_the_host_and_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_GIT_TOKEN", "t0ken")
    with refusing_server() as host, pytest.raises(SourceError) as refused:
        open_source(f"http://{host}/acme.git").refresh()
    expected = "Basic " + base64.b64encode(b"x-access-token:t0ken").decode()
    assert _Refusing.seen[0] == expected
    assert refused.value.message.startswith(f"cannot fetch http://{host}/acme.git: ")
    assert "t0ken" not in f"{refused.value.message} {refused.value.hint}"
    assert "RECONCILER_GIT_TOKEN" in str(refused.value.hint)


def test_credentials_of_a_url_reach_the_host_and_no_message() -> None:
    with refusing_server() as host, pytest.raises(SourceError) as refused:
        open_source(f"http://ann:s3cret@{host}/acme.git").refresh()
    assert _Refusing.seen[0] == "Basic " + base64.b64encode(b"ann:s3cret").decode()
    assert "s3cret" not in f"{refused.value.message} {refused.value.hint}"
    assert f"http://{host}/acme.git" in refused.value.message
