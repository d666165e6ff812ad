"""Edits and a name turned into a branch, with everything else of a repository left as it is."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import BranchKept, SourceError
from reconciler.model.branches import BranchDraft, BranchState, PreparedBranch
from reconciler.source import open_source

MARK = "Prepared-By: reconciler outdated"
EDITS = {"releases/orders/1.1.0.yaml": b"kind: Release\n", "packs/orders.yaml": None}


def prepare(folder: Path, name: str = "release/orders-1.1.0", **changed: Any) -> PreparedBranch:
    source = open_source(str(folder))
    draft = {"base": source.resolve(None), "edits": EDITS, "message": "Release orders 1.1.0\n"}
    return source.prepare(BranchDraft(name=name, **{**draft, **changed}))


def state(repo: Any) -> tuple[str, ...]:
    """What must not change: HEAD, index, working copy."""
    return (
        repo.git("symbolic-ref", "HEAD"),
        repo.git("rev-parse", "HEAD"),
        repo.git("ls-files", "--stage", "--debug"),
        repo.git("status", "--porcelain", "--ignored"),
    )


def test_a_branch_holds_one_commit_with_the_edits_and_all_else_stays(repo: Any) -> None:
    repo.put("docs/guide.md", "changed, not committed")
    repo.put("packs/staged.yaml", "staged")
    repo.git("add", "packs/staged.yaml")
    before = state(repo)
    made = prepare(repo.path)
    assert state(repo) == before
    assert made.state is BranchState.MADE
    assert repo.git("rev-parse", "release/orders-1.1.0") == made.commit
    assert repo.git("rev-parse", f"{made.commit}^") == repo.git("rev-parse", "HEAD")
    assert repo.git("diff", "--name-status", "HEAD", made.commit).split() == [
        *("D", "packs/orders.yaml"),
        *("A", "releases/orders/1.1.0.yaml"),
    ]
    assert repo.git("show", f"{made.commit}:releases/orders/1.1.0.yaml") == "kind: Release"
    assert repo.git("log", "-1", "--format=%an <%ae> %s", made.commit) == (
        "Ann <ann@example.com> Release orders 1.1.0"
    )
    assert repo.git("fsck", "--no-dangling") == ""


def test_paths_are_below_the_publisher_root(empty_repo: Any, clone: Any) -> None:
    empty_repo.put("publishers/us/publisher.yaml")
    empty_repo.put("other.txt")
    empty_repo.commit()
    made = prepare(empty_repo.path / "publishers/us", edits={"a.yaml": b"a"})
    names = empty_repo.git("ls-tree", "-r", "--name-only", made.commit).split()
    assert names == ["other.txt", "publishers/us/a.yaml", "publishers/us/publisher.yaml"]
    bare = clone(empty_repo, "bare.git", "--bare")
    made = prepare(bare.path / "publishers/us", edits={"a.yaml": b"a"})
    assert bare.git("ls-tree", "-r", "--name-only", made.commit).split() == names


def test_a_bare_repository_gets_a_branch_too(repo: Any, clone: Any) -> None:
    bare = clone(repo, "bare.git", "--bare")
    assert prepare(bare.path).state is BranchState.MADE
    assert bare.git("log", "-1", "--format=%s", "release/orders-1.1.0") == "Release orders 1.1.0"


def test_a_linked_worktree_makes_a_branch_from_its_own_head(repo: Any, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = type(repo)(path=tmp_path / "side")
    side.put("side.txt")
    head = side.commit()
    made = prepare(side.path)
    assert repo.git("rev-parse", f"{made.commit}^") == head


def test_a_detached_head_is_a_base_like_any_other(repo: Any) -> None:
    repo.git("checkout", "--quiet", "--detach")
    assert prepare(repo.path).state is BranchState.MADE


def test_the_same_branch_again_is_left_and_another_is_refused(repo: Any) -> None:
    first = prepare(repo.path)
    again = prepare(repo.path)
    assert (again.state, again.commit) == (BranchState.UNCHANGED, first.commit)
    with pytest.raises(SourceError, match="already, with other contents") as refused:
        prepare(repo.path, edits={"releases/orders/1.1.0.yaml": b"other"})
    assert "--branch" in (refused.value.hint or "")
    assert repo.git("rev-parse", "release/orders-1.1.0") == first.commit


@pytest.mark.parametrize(
    "name",
    [
        *("", "-d", "--exec=x", "a..b", "a b", "a~1", "a\nb", "a\0b", "x.lock", "/a", "a/", "a//b"),
        *("refs/heads/a", "HEAD", "@", "@{-1}", "a@{1}", ".a", "a\\b", "a:b", "a?", "*", "a" * 300),
    ],
)
def test_what_can_not_be_a_branch_is_refused(repo: Any, name: str) -> None:
    before = repo.git("for-each-ref")
    with pytest.raises(SourceError, match="can't be the name of a branch"):
        prepare(repo.path, name)
    assert repo.git("for-each-ref") == before


def test_a_name_below_another_branch_is_refused_with_a_way_out(repo: Any) -> None:
    repo.git("branch", "release")
    with pytest.raises(SourceError, match="branch release/x can't be set") as refused:
        prepare(repo.path, "release/x")
    assert "another name" in (refused.value.hint or "")


def test_a_locked_branch_is_told_and_left(repo: Any) -> None:
    lock = repo.path / ".git/refs/heads/x.lock"
    lock.touch()
    with pytest.raises(SourceError, match="branch x is locked") as refused:
        prepare(repo.path, "x")
    assert "x.lock" in (refused.value.hint or "")
    assert not (repo.path / ".git/refs/heads/x").exists()


def test_hooks_are_never_run(repo: Any, tmp_path: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        hook = repo.put(f".git/hooks/{name}", f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    assert prepare(repo.path).state is BranchState.MADE
    assert not (tmp_path / "ran").exists()


def test_a_user_whom_git_does_not_know_is_told_what_to_set(
    repo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{who}_NAME")
        monkeypatch.delenv(f"GIT_{who}_EMAIL")
    monkeypatch.delenv("EMAIL", raising=False)
    with pytest.raises(SourceError, match="does not know who you are") as refused:
        prepare(repo.path)
    assert "user.name" in (refused.value.hint or "")
    assert "release" not in repo.git("for-each-ref")
    repo.git("config", "user.name", "Bo")
    repo.git("config", "user.email", "bo@example.com")
    made = prepare(repo.path)
    assert repo.git("log", "-1", "--format=%an %ce", made.commit) == "Bo bo@example.com"


def test_commits_are_signed_where_the_user_signs(repo: Any, tmp_path: Path) -> None:
    key = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    settings = {"gpg.format": "ssh", "user.signingKey": str(key), "commit.gpgSign": "true"}
    for name, value in settings.items():
        repo.git("config", name, value)
    made = prepare(repo.path)
    assert "-----BEGIN SSH SIGNATURE-----" in repo.git("cat-file", "commit", made.commit)
    repo.git("config", "user.signingKey", str(tmp_path / "lost"))
    with pytest.raises(SourceError, match="git could not commit") as refused:
        prepare(repo.path, "other")
    assert "commit.gpgSign" in (refused.value.hint or "")


def test_an_edit_that_does_not_fit_is_refused(repo: Any) -> None:
    with pytest.raises(SourceError, match="can't be put into the repository"):
        prepare(repo.path, edits={"packs/orders.yaml/x.yaml": b"x"})


def test_a_renewable_branch_follows_while_nobody_else_committed_on_it(repo: Any) -> None:
    def renew(content: bytes) -> PreparedBranch:
        message = f"Release orders\n\n{MARK}\n"
        return prepare(
            repo.path, "outdated/orders", edits={"r.yaml": content}, message=message, renewable=MARK
        )

    first = renew(b"1")
    repo.put("docs/guide.md", "new")
    head = repo.commit("something else")
    assert renew(b"1") == PreparedBranch(
        name=first.name, commit=first.commit, state=BranchState.UNCHANGED
    )
    moved = renew(b"2")
    assert moved.state is BranchState.RENEWED
    assert repo.git("rev-parse", "outdated/orders^") == head
    repo.git("checkout", "--quiet", "outdated/orders")
    with pytest.raises(SourceError, match="is checked out in"):
        renew(b"3")
    repo.put("docs/guide.md", "by a person")
    theirs = repo.commit("a person's")
    repo.git("checkout", "--quiet", "main")
    with pytest.raises(SourceError, match="somebody else committed"):
        renew(b"3")
    assert repo.git("rev-parse", "outdated/orders") == theirs


def test_a_renewable_branch_that_somebody_amended_is_left(repo: Any) -> None:
    def renew(content: bytes) -> PreparedBranch:
        return prepare(repo.path, "x", edits={"r.yaml": content}, message=MARK, renewable=MARK)

    renew(b"1")
    repo.git("checkout", "--quiet", "x")
    repo.put("r.yaml", "by a person")
    repo.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    theirs = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "main")
    with pytest.raises(BranchKept, match="somebody else committed"):
        renew(b"2")
    assert repo.git("rev-parse", "x") == theirs


def test_a_renewable_branch_that_can_not_be_set_is_told_apart(repo: Any) -> None:
    repo.git("branch", "outdated")
    with pytest.raises(BranchKept, match="branch outdated/x can't be set"):
        prepare(repo.path, "outdated/x", message=MARK, renewable=MARK)


def test_an_edited_snapshot_shows_the_edits_and_writes_nothing(repo: Any) -> None:
    repo.put("packs/new.yaml", "uncommitted")
    before = repo.listing()
    source = open_source(str(repo.path))
    for revision, others in ((None, ["packs/new.yaml"]), (source.resolve(None), [])):
        found = source.edited(EDITS, revision)
        paths = [file.path for file in found.manifests()]
        assert paths == [*others, "publisher.yaml", "releases/orders/1.1.0.yaml"]
        assert found.content("releases/orders/1.1.0.yaml") == b"kind: Release\n"
        assert found.revision == revision
    assert repo.listing() == before
