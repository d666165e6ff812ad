"""Working copies, bare repositories and folders inside both, read as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SourceError, StalePlan
from reconciler.ports import PathState, Source
from reconciler.source import open_source

if TYPE_CHECKING:
    from tests.source.conftest import Cloner, Repo

PUBLISHER = "kind: Publisher\n"


def texts(source: Source, revision: str | None = None) -> dict[str, bytes]:
    snapshot = source.snapshot(source.resolve(revision))
    return {file.path: content for file, content in snapshot.read(snapshot.manifests())}


def refusal(location: str | Path, revision: str | None = None) -> SourceError:
    with pytest.raises(SourceError) as refused:
        texts(open_source(str(location)), revision)
    assert refused.value.exit_code == 1
    assert "\n" not in f"{refused.value.message}{refused.value.hint}"
    return refused.value


def test_a_working_copy_is_read_at_its_head(repo: Repo) -> None:
    repo.put("packs/orders.yaml", "not committed\n")
    source = open_source(str(repo.path))
    assert source.resolve() == repo.git("rev-parse", "HEAD")
    assert list(texts(source)) == ["packs/orders.yaml", "publisher.yaml"]
    assert texts(source)["packs/orders.yaml"] == b"kind: IntegrationPack\n"


def test_a_revision_may_be_a_branch_a_tag_or_the_start_of_an_id(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.git("tag", "--annotate", "--message", "one", "v1")
    repo.git("branch", "old")
    second = repo.commit("second")
    source = open_source(str(repo.path))
    assert [source.resolve(name) for name in ("v1", "old", first[:8], "HEAD~1")] == [first] * 4
    assert source.resolve("main") == second
    assert source.snapshot("v1").revision == first


def test_the_default_branch_can_be_chosen_and_wins_over_a_tag_of_its_name(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.git("branch", "stable")
    second = repo.commit("second")
    repo.git("tag", "stable", second)
    assert open_source(str(repo.path), ref="stable").resolve() == first
    assert open_source(str(repo.path), ref="stable").resolve("HEAD") == second
    with pytest.raises(SourceError, match="no revision gone"):
        open_source(str(repo.path), ref="gone").resolve()


def test_a_bare_repository_is_read_without_a_checkout(repo: Repo, clone: Cloner) -> None:
    bare = clone(repo, "acme.git", "--bare")
    source = open_source(str(bare.path))
    assert list(texts(source)) == ["packs/orders.yaml", "publisher.yaml"]
    assert source.uncommitted() == 0
    source.refresh()
    with pytest.raises(SourceError, match="bare"):
        source.worktree()


def test_a_folder_inside_a_working_copy_or_a_bare_repository_is_the_root(
    repo: Repo, clone: Cloner
) -> None:
    repo.put("eu/acme/publisher.yaml", PUBLISHER)
    repo.put("eu/acme/packs/a.yaml")
    repo.put("eu/other.yaml")
    repo.commit()
    bare = clone(repo, "acme.git", "--bare")
    for location in (repo.path / "eu/acme", bare.path / "eu/acme", f"{bare.path}/eu//acme/"):
        source = open_source(str(location))
        snapshot = source.snapshot(source.resolve())
        assert list(texts(source)) == ["packs/a.yaml", "publisher.yaml"]
        assert snapshot.lookup("packs/a.yaml").state is PathState.FOUND
        assert snapshot.lookup("../other.yaml").state is PathState.ESCAPES
        assert snapshot.lookup(".").object_id == repo.git("rev-parse", "HEAD:eu/acme")


def test_a_linked_working_copy_is_a_working_copy(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked/new.yaml").write_text("a: 1\n")
    source = open_source(str(tmp_path / "linked"))
    assert len(texts(source)) == 2
    assert len(source.worktree().manifests()) == 3
    assert source.uncommitted() == 1


def test_a_folder_that_is_in_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    error = refusal(tmp_path / "plain")
    assert error.message == f"{tmp_path}/plain is not in a git repository"
    assert "git init" in str(error.hint)


def test_a_missing_folder_is_refused(tmp_path: Path, repo: Repo) -> None:
    assert "does not exist" in refusal(tmp_path / "none").message
    assert "does not exist" in refusal(repo.path / "none").message
    assert "is not a folder" in refusal(repo.path / "publisher.yaml").message
    assert "working copy's own folder" in str(refusal(repo.path / ".git").hint)


def test_a_repository_without_commits_is_refused(empty_repo: Repo) -> None:
    empty_repo.put("publisher.yaml", PUBLISHER)
    assert "has no commits yet" in refusal(empty_repo.path).message


def test_an_unknown_revision_is_refused(repo: Repo) -> None:
    assert refusal(repo.path, "nonsense").message == f"{repo.path} has no revision nonsense"
    assert "has no revision" in refusal(repo.path, "0" * 40).message
    tree = repo.git("rev-parse", "HEAD^{tree}")
    assert "has no revision" in refusal(repo.path, tree).message


@pytest.mark.parametrize(
    "revision", ["", "-x", "--all", "--output=/tmp/x", "a\nb", "a\0b", "x" * 2000]
)
def test_a_hostile_revision_never_reaches_git(repo: Repo, revision: str) -> None:
    with pytest.raises(SourceError, match=r"revision"):
        open_source(str(repo.path)).resolve(revision)


@pytest.mark.parametrize("ref", ["", "-x", "a\nb"])
def test_a_hostile_branch_is_refused_at_once(repo: Repo, ref: str) -> None:
    with pytest.raises(SourceError, match="branch"):
        open_source(str(repo.path), ref=ref)


def test_the_root_is_never_searched_for_but_the_hint_names_a_near_miss(
    empty_repo: Repo, clone: Cloner
) -> None:
    empty_repo.put("readme.md")
    empty_repo.commit()
    assert "no publisher.yaml at the top" in refusal(empty_repo.path).message
    empty_repo.put("eu/acme/publisher.yaml", PUBLISHER)
    empty_repo.commit()
    assert "eu/acme" in str(refusal(empty_repo.path).hint)
    assert "no publisher.yaml at the top" in refusal(empty_repo.path / "eu").message
    empty_repo.put("publisher.yml", PUBLISHER)
    empty_repo.commit()
    assert "rename publisher.yml" in str(refusal(empty_repo.path).hint)
    bare = clone(empty_repo, "acme.git", "--bare")
    assert "has no folder none/at/all" in refusal(bare.path / "none/at/all").message
    assert "has no folder readme.md" in refusal(bare.path / "readme.md").message


def test_a_publisher_that_is_a_link_is_refused(repo: Repo) -> None:
    repo.git("mv", "publisher.yaml", "real.yaml")
    (repo.path / "publisher.yaml").symlink_to("real.yaml")
    repo.commit()
    assert "symbolic link" in refusal(repo.path).message


def test_a_missing_git_is_one_clear_line(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo.path))
    error = refusal(repo.path)
    assert error.message == "git can't be run: it is not on the PATH"
    assert error.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_another_user_is_refused_with_the_way_out(repo: Repo) -> None:
    repo.put("eu/publisher.yaml", PUBLISHER)
    repo.commit()
    for path in (repo.path, repo.path / ".git", repo.path / "eu"):
        os.chown(path, 12345, 12345)
    error = refusal(repo.path / "eu")
    assert error.message == f"{repo.path} belongs to another user, so git does not read it"
    assert error.hint == (f"if you trust it: git config --global --add safe.directory {repo.path}")


def test_variables_that_git_sets_for_its_hooks_lead_nowhere_else(
    repo: Repo, clone: Cloner, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clone(repo, "other")
    other.put("other.yaml")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    source = open_source(str(repo.path))
    assert "other.yaml" not in texts(source)
    assert len(source.worktree().manifests()) == 2


def test_a_pre_receive_hook_judges_commits_that_are_not_accepted_yet(
    repo: Repo, clone: Cloner
) -> None:
    bare = clone(repo, "acme.git", "--bare")
    hook = bare.put(
        "hooks/pre-receive",
        f"#!{sys.executable}\n"
        "import sys\n"
        "from reconciler.source import open_source\n"
        "old, new, ref = sys.stdin.read().split()\n"
        "print(len(open_source('.').snapshot(new).manifests()), 'manifests')\n"
        "sys.exit(1)\n",
    )
    hook.chmod(0o755)
    repo.put("new.yaml")
    repo.commit()
    pushed = subprocess.run(
        ["git", "push", str(bare.path), "main"],
        cwd=repo.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "remote: 3 manifests" in pushed.stderr


def test_hooks_and_monitors_of_the_repository_are_never_run(repo: Repo, tmp_path: Path) -> None:
    spy = repo.put(".git/spy", f"#!/bin/sh\ntouch {tmp_path}/pwned\n")
    spy.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (repo.path / ".git/hooks").mkdir(exist_ok=True)
        (repo.path / ".git/hooks" / hook).symlink_to(spy)
    repo.git("config", "core.fsmonitor", str(spy))
    (tmp_path / "pwned").unlink(missing_ok=True)
    source = open_source(str(repo.path))
    assert len(texts(source)) == 2
    assert source.uncommitted() == 0
    assert len(source.worktree().manifests()) == 2
    assert not (tmp_path / "pwned").exists()


def test_a_replaced_commit_is_read_as_it_was_committed(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.put("new.yaml")
    second = repo.commit()
    repo.git("replace", second, first)
    assert "new.yaml" in texts(open_source(str(repo.path)), second)


def test_descent_follows_the_history(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit()
    repo.git("checkout", "--quiet", "-b", "side", first)
    side = repo.commit("side")
    source = open_source(str(repo.path))
    assert source.descends(second, second)
    assert source.descends(second, first)
    assert not source.descends(first, second)
    assert not source.descends(side, second)
    assert not source.descends(second, "0" * 40)
    with pytest.raises(SourceError, match="no revision"):
        source.descends("0" * 40, second)


def test_a_shallow_clone_is_deepened_to_tell_descent(repo: Repo, clone: Cloner) -> None:
    first = repo.git("rev-parse", "HEAD")
    for _ in range(3):
        repo.commit()
    repo.git("checkout", "--quiet", "--orphan", "elsewhere")
    stranger = repo.commit()
    repo.git("checkout", "--quiet", "main")
    shallow = clone(repo, "shallow", "--depth=1")
    refs = shallow.git("for-each-ref")
    source = open_source(str(shallow.path))
    head = source.resolve()
    assert source.descends(head, head)
    assert shallow.git("rev-parse", "--is-shallow-repository") == "true"
    assert source.descends(head, first)
    assert not source.descends(head, stranger)
    assert shallow.git("for-each-ref") == refs


def test_a_shallow_clone_that_lacks_the_ancestor_for_good_says_no(
    repo: Repo, clone: Cloner
) -> None:
    repo.commit()
    shallow = clone(repo, "shallow", "--depth=1")
    source = open_source(str(shallow.path))
    assert not source.descends(source.resolve(), "1" * 40)


@pytest.mark.parametrize(
    "command", [["remote", "remove", "origin"], ["config", "remote.origin.url", "/none"]]
)
def test_a_shallow_clone_that_cannot_be_deepened_is_no_ground_to_decide(
    repo: Repo, clone: Cloner, command: list[str]
) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit()
    shallow = clone(repo, "shallow", "--depth=1")
    shallow.git(*command)
    source = open_source(str(shallow.path))
    with pytest.raises(StalePlan) as refused:
        source.descends(source.resolve(), first)
    assert refused.value.exit_code == 5
    assert "fetch-depth: 0" in str(refused.value.hint)
    assert "fetch-depth: 0" in str(refusal(shallow.path, first).hint)
