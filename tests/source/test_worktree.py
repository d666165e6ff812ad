"""The files on disk, read as a tree of their own, with nothing written to the repository."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SourceError
from reconciler.ports import PathState
from reconciler.source import open_source

if TYPE_CHECKING:
    from reconciler.source.snapshot import GitSnapshot
    from tests.source.conftest import Cloner, Repo


def texts(snapshot: GitSnapshot) -> dict[str, bytes]:
    return {file.path: content for file, content in snapshot.read(snapshot.manifests())}


def test_a_clean_working_copy_is_the_same_as_its_commit(repo: Repo) -> None:
    source = open_source(str(repo.path))
    commit, worktree = source.snapshot(source.resolve()), source.worktree()
    assert worktree.revision is None
    assert worktree.manifests() == commit.manifests()
    assert worktree.lookup("docs") == commit.lookup("docs")
    assert worktree.lookup(".") == commit.lookup(".")
    assert texts(worktree) == texts(commit)


def test_edits_on_disk_are_seen_and_the_repository_is_left_as_it_was(repo: Repo) -> None:
    repo.put(".gitignore", "/ignored\n*.log.yaml\n")
    repo.put("gone.yaml")
    repo.commit()
    repo.put("packs/orders.yaml", "changed\n")
    repo.put("packs/new.yaml", "new\n")
    repo.put("packs/staged.yaml", "staged\n")
    repo.git("add", "packs/staged.yaml")
    repo.put("packs/staged.yaml", "edited after that\n")
    repo.put("docs/guide.md", "longer guide\n")
    repo.put("ignored/x.yaml")
    repo.put("x.log.yaml")
    (repo.path / "gone.yaml").unlink()
    before = repo.listing()
    source = open_source(str(repo.path))
    worktree = source.worktree()
    assert texts(worktree) == {
        "packs/new.yaml": b"new\n",
        "packs/orders.yaml": b"changed\n",
        "packs/staged.yaml": b"edited after that\n",
        "publisher.yaml": texts(source.snapshot("HEAD"))["publisher.yaml"],
    }
    assert worktree.lookup("docs/guide.md").object_id == repo.git("hash-object", "docs/guide.md")
    assert worktree.content("docs/guide.md") == b"longer guide\n"
    assert worktree.lookup("docs") != source.snapshot("HEAD").lookup("docs")
    assert worktree.lookup("ignored/x.yaml").state is PathState.MISSING
    assert source.uncommitted() == 4
    assert repo.listing() == before


def test_a_change_in_the_same_instant_and_of_the_same_size_is_seen(repo: Repo) -> None:
    file = repo.put("packs/orders.yaml", "one\n")
    os.utime(file, ns=(10**18, 10**18))
    repo.commit()
    index = repo.path / ".git/index"
    file.write_text("two\n")
    os.utime(file, ns=(10**18, 10**18))
    os.utime(index, ns=(10**18, 10**18))
    assert texts(open_source(str(repo.path)).worktree())["packs/orders.yaml"] == b"two\n"


def test_a_folder_of_the_working_copy_is_read_without_the_rest(repo: Repo) -> None:
    repo.put("eu/publisher.yaml", "kind: Publisher\n")
    repo.commit()
    repo.put("eu/a.yaml")
    repo.put("other.yaml")
    source = open_source(str(repo.path / "eu"))
    assert list(texts(source.worktree())) == ["a.yaml", "publisher.yaml"]
    assert source.uncommitted() == 1
    assert open_source(str(repo.path)).uncommitted() == 2


def test_a_working_copy_without_commits_can_be_read(empty_repo: Repo) -> None:
    empty_repo.put("publisher.yaml", "kind: Publisher\n")
    source = open_source(str(empty_repo.path))
    assert list(texts(source.worktree())) == ["publisher.yaml"]
    assert source.uncommitted() == 1


def test_links_in_the_working_copy_are_links(repo: Repo) -> None:
    (repo.path / "link.yaml").symlink_to("publisher.yaml")
    worktree = open_source(str(repo.path)).worktree()
    assert [trouble.path for trouble in worktree.troubles()] == ["link.yaml"]


def test_a_merge_that_is_not_finished_is_read_with_its_markers(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "side")
    repo.put("packs/orders.yaml", "side\n")
    repo.commit()
    repo.git("checkout", "--quiet", "main")
    repo.put("packs/orders.yaml", "main\n")
    repo.commit()
    with pytest.raises(AssertionError):
        repo.git("merge", "side")
    text = texts(open_source(str(repo.path)).worktree())["packs/orders.yaml"]
    assert text.startswith(b"<<<<<<< HEAD\n")
    assert open_source(str(repo.path)).uncommitted() == 1


def test_a_deleted_publisher_is_an_error(repo: Repo) -> None:
    (repo.path / "publisher.yaml").unlink()
    with pytest.raises(SourceError, match=r"no publisher\.yaml at the top of the working copy"):
        open_source(str(repo.path)).worktree()


def test_what_git_cannot_add_is_an_error_in_one_line(repo: Repo) -> None:
    (repo.path / "nested").mkdir()
    repo.git("init", "--quiet", "nested")
    with pytest.raises(SourceError) as refused:
        open_source(str(repo.path)).worktree()
    assert "does not have a commit checked out" in refused.value.message


def test_the_temporary_files_go_with_the_snapshot(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    repo.put("new.yaml")
    worktree = open_source(str(repo.path)).worktree()
    assert list(scratch.iterdir())
    del worktree
    gc.collect()
    assert not list(scratch.iterdir())
    (repo.path / "publisher.yaml").unlink()
    with pytest.raises(SourceError):
        open_source(str(repo.path)).worktree()
    assert not list(scratch.iterdir())


def test_odd_folder_names_do_no_harm(repo: Repo, clone: Cloner) -> None:
    odd = clone(repo, 'a:b "c" \\d é')
    odd.put("eu [1]*/publisher.yaml", "kind: Publisher\n")
    source = open_source(str(odd.path / "eu [1]*"))
    assert list(texts(source.worktree())) == ["publisher.yaml"]
    assert source.uncommitted() == 1
