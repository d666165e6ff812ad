"""release, reschedule and withdraw: what they write, refuse, and leave alone."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.files import write_all
from reconciler.errors import ReconcilerError

NOW = "2026-11-22T15:00:00Z"
RELEASE = "releases/hello/1.0.1.yaml"


def files(shell: Any) -> dict[str, bytes]:
    """Every file of the working copy, with its content."""
    paths = (path for path in shell.folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(shell.folder)): path.read_bytes()
        for path in paths
        if ".git" not in path.parts and not path.name.startswith("install-base")
    }


@pytest.fixture
def packaged(applied: Any) -> Any:
    """Hello-api 1.1.0 is packaged and committed, and nothing has it."""
    done = applied.reconciler("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert done.code == 0, done.err
    applied.commit()
    return applied


@pytest.mark.parametrize(
    ("flag", "version"), [("--major", "2.0.0"), ("--minor", "1.1.0"), ("--patch", "1.0.1")]
)
def test_the_number_that_rises_can_be_chosen(
    packaged: Any, fits: Any, flag: str, version: str
) -> None:
    done = packaged.at(NOW, "release", "hello", "--immediate", flag, "--format", "json")
    fits("release", done.json())
    assert done.json()["version"] == version
    assert done.json()["reason"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "PACK is missing"),
        (("hello",), "--immediate or --on DATE"),
        (("hello", "--immediate", "--on", "2026-12-01"), "either --immediate or --on"),
        (("hello", "--immediate", "--major", "--version", "3.0.0"), "--major and --version"),
    ],
)
def test_what_is_left_open_without_a_terminal_is_wrong_usage(
    packaged: Any, words: tuple[str, ...], told: str
) -> None:
    done = packaged.at(NOW, "release", *words)
    assert (done.code, done.out) == (64, "")
    assert told in done.err


def test_nothing_is_written_that_would_not_be_valid(packaged: Any) -> None:
    before = files(packaged)
    words = ("release", "hello", "--immediate", "--impact", "docs/missing.md")
    done = packaged.at(NOW, *words, "--format", "json")
    assert done.code == 3
    assert done.json()["error"]["message"].startswith("nothing was written: releases/hello/")
    assert "path-missing" in done.err
    assert files(packaged) == before


def test_errors_elsewhere_are_told_and_do_not_stop_a_release(packaged: Any) -> None:
    packaged.write("packs/bad.yaml", "kind: Nothing\n")
    done = packaged.at(NOW, "release", "hello", "--immediate")
    assert done.code == 0
    assert "packs/bad.yaml:1: " in done.err
    assert done.err.endswith(
        "these errors are in other files than the written ones: reconciler validate --worktree\n"
    )


def test_errors_elsewhere_on_a_branch_are_found_on_that_branch(packaged: Any) -> None:
    packaged.write("packs/bad.yaml", "kind: Nothing\n")
    packaged.commit()
    done = packaged.at(NOW, "release", "hello", "--immediate", "--branch")
    assert done.code == 0
    assert done.err.endswith(": reconciler validate --revision release/hello-1.1.0\n")


def test_a_branch_tells_of_manifests_that_are_not_committed(applied: Any) -> None:
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert applied.reconciler(*words).code == 0
    done = applied.at(NOW, "release", "hello", "--immediate", "--branch")
    assert done.code == 1
    assert done.err.splitlines()[:2] == [
        "reconciler: 1 manifest is uncommitted and not on the branch; HEAD was read",
        "reconciler: hello 1.0.0 has just these component versions; there is nothing new",
    ]


def test_a_release_on_a_branch_leaves_the_working_copy_alone(packaged: Any) -> None:
    packaged.write("releases/hello/draft.yaml", "not: committed\n")
    before, head = files(packaged), packaged.git("rev-parse", "HEAD")
    words = ("release", "hello", "--on", "2026-12-08", "--notes", "Faster.", "--branch")
    done = packaged.at(NOW, *words)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith(
        "Prepared branch release/hello-1.1.0, which adds releases/hello/1.1.0.yaml: hello 1.1.0, "
    )
    assert "Next: git push origin release/hello-1.1.0" in done.out
    assert files(packaged) == before
    assert packaged.git("status", "--porcelain") == "?? releases/hello/draft.yaml"
    assert packaged.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert packaged.git("rev-parse", "release/hello-1.1.0^") == head
    message = packaged.git("log", "-1", "--format=%B", "release/hello-1.1.0")
    assert message.splitlines() == [
        "Release hello 1.1.0 on 2026-12-08",
        "",
        "Tue 8 Dec 2026 00:00–01:00 New York = 05:00–06:00 UTC. 1 attachment runs",
        "hello.",
        "",
        "  hello-api 1.0.0 -> 1.1.0",
        "",
        "Version 1.1.0: minor after 1.0.0: hello-api goes from 1.0.0 to 1.1.0.",
        "",
        "Faster.",
    ]
    done = packaged.at(NOW, "validate", "--revision", "release/hello-1.1.0")
    assert done.code == 0, done.out


def test_the_same_release_on_a_branch_again_changes_nothing(packaged: Any) -> None:
    words = ("release", "hello", "--immediate", "--format", "json", "--branch=next")
    first = packaged.at(NOW, *words).json()["branch"]
    assert (first["name"], first["state"]) == ("next", "made")
    again = packaged.at(NOW, *words).json()["branch"]
    assert again == {**first, "state": "unchanged"}
    other = packaged.at(NOW, *words, "--major")
    assert other.code == 1
    assert "there is a branch next already" in other.err


def test_a_branch_is_made_in_a_bare_repository(packaged: Any) -> None:
    packaged.git("clone", "--quiet", "--bare", ".", "../bare.git")
    words = ("release", "hello", "../bare.git", "--immediate", "--branch")
    done = packaged.at(NOW, *words)
    assert done.code == 0, done.err
    assert packaged.git("--git-dir=../bare.git", "rev-parse", "release/hello-1.1.0")
    assert packaged.at(NOW, *words[:-1]).code == 1


def test_a_link_that_leads_out_of_the_repository_is_not_followed(packaged: Any) -> None:
    (packaged.folder.parent / "elsewhere").mkdir()
    packaged.git("mv", "releases", "kept")
    (packaged.folder / "releases").symlink_to("../elsewhere")
    done = packaged.at(NOW, "release", "hello", "--immediate")
    assert done.code == 1
    assert list((packaged.folder.parent / "elsewhere").iterdir()) == []


def test_a_pending_release_gets_another_date_and_keeps_its_comments(pending: Any) -> None:
    path = pending.folder / RELEASE
    text = "# why: the customers asked\n" + path.read_text()
    path.write_text(text)
    done = pending.at(NOW, "reschedule", "hello", "--on", "2026-12-08")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"Changed {RELEASE}: hello 1.0.1 comes Tue 8 Dec 00:00–01:00 New York"
        " = 05:00–06:00 UTC; it was dated 2026-12-01.",
        f"Next: git add and commit {RELEASE}, reconciler plan",
    ]
    assert path.read_text() == text.replace("2026-12-01", "2026-12-08")
    pending.commit()
    assert pending.at(NOW, "plan", "--format", "json").json()["summary"] == {"reschedule": 1}


def test_a_pending_release_in_a_list_is_made_immediate_on_a_branch(pending: Any, fits: Any) -> None:
    (pending.folder / RELEASE).unlink()
    pending.write(
        "releases/hello/all.yaml",
        "apiVersion: reconciler/v1\nkind: ReleaseList\nitems:\n"
        "  # the pending one\n"
        "  - spec: {pack: hello, version: 1.0.1, components: {hello-api: 1.1.0},\n"
        '           schedule: {date: "2026-12-01"}}  # soon\n',
    )
    pending.commit()
    before = files(pending)
    done = pending.at(NOW, "reschedule", "hello", "--immediate", "--branch", "--format", "json")
    assert done.code == 0, done.err
    fits("reschedule", done.json())
    assert done.json() == {
        **{"pack": "hello", "version": "1.0.1", "before": "2026-12-01", "date": None},
        **{"opens_at": None, "closes_at": None, "emergency": False},
        **{"files": ["releases/hello/all.yaml"], "branch": done.json()["branch"]},
    }
    assert files(pending) == before
    found = pending.git("show", "reschedule/hello-1.0.1:releases/hello/all.yaml")
    assert "# the pending one" in found
    assert "schedule: immediate" in found
    subject = pending.git("log", "-1", "--format=%s", "reschedule/hello-1.0.1")
    assert subject == "Reschedule hello 1.0.1 to immediate"


def test_what_is_current_is_neither_moved_nor_withdrawn(applied: Any) -> None:
    before = files(applied)
    for words in (("reschedule", "hello", "--on", "2026-12-08"), ("withdraw", "hello")):
        done = applied.at(NOW, *words)
        assert done.code == 1
        assert "1.0.0 is current, and what is promoted stays so" in done.err
        assert "--like" in done.err
    assert files(applied) == before


def test_a_withdrawal_says_who_goes_back(pending: Any) -> None:
    account = next(iter(pending.at(NOW, "attachments", "--format", "json").lines()))["account"]
    done = pending.at(NOW, "account", "adopt", account, "hello")
    assert done.code == 0, done.err
    done = pending.at(NOW, "withdraw", "hello")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"Deleted {RELEASE}: hello 1.0.1 is withdrawn; 1.0.0 stays current.",
        f"1 attachment adopted it and goes back to 1.0.0: {account}/hello.",
        f"Next: git add and commit {RELEASE}, reconciler plan",
    ]
    assert not (pending.folder / RELEASE).exists()
    pending.commit()
    summary = pending.at(NOW, "plan", "--format", "json").json()["summary"]
    assert summary == {"withdraw": 1, "revert": 1}


def test_a_withdrawal_takes_one_document_out_of_its_file(pending: Any, fits: Any) -> None:
    first = pending.folder / "releases/hello/1.0.0.yaml"
    both = f"{first.read_text()}---\n# the new one\n{(pending.folder / RELEASE).read_text()}"
    (pending.folder / RELEASE).unlink()
    first.write_text(both)
    pending.commit()
    done = pending.at(NOW, "withdraw", "hello", "--branch", "back", "--format", "json")
    assert done.code == 0, done.err
    fits("withdraw", done.json())
    assert done.json()["branch"]["name"] == "back"
    assert pending.git("show", "back:releases/hello/1.0.0.yaml") == both.split("---\n")[0].strip()
    assert first.read_text() == both
    done = pending.at(NOW, "withdraw", "hello")
    assert done.out.startswith("Changed releases/hello/1.0.0.yaml: hello 1.0.1 is withdrawn")


def test_what_can_not_be_written_whole_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("old")
    (tmp_path / "gone.yaml").write_text("gone")
    (tmp_path / "folder.yaml").mkdir()
    edits = {"a/new.yaml": b"new", "old.yaml": b"changed", "gone.yaml": None}
    with pytest.raises(ReconcilerError, match=r"cannot write .*folder\.yaml"):
        write_all(tmp_path, {**edits, "folder.yaml": b"x"})
    names = sorted(path.name for path in tmp_path.rglob("*.yaml"))
    assert names == ["folder.yaml", "gone.yaml", "old.yaml"]
    assert (tmp_path / "old.yaml").read_text() == "old"
    assert (tmp_path / "gone.yaml").read_text() == "gone"
    write_all(tmp_path, edits)
    names = sorted(path.name for path in tmp_path.rglob("*.yaml"))
    assert names == ["folder.yaml", "new.yaml", "old.yaml"]
    assert (tmp_path / "old.yaml").read_text() == "changed"


def test_an_immediate_release_tells_what_it_ends(pending: Any, fits: Any) -> None:
    done = pending.at(NOW, "release", "hello", "--immediate", "--format", "json", "--branch")
    fits("release", done.json())
    assert done.json()["supersedes"] == "1.0.1"
    reason = done.json()["reason"]
    assert reason == "patch after 1.0.1, which has the same components"
    message = pending.git("log", "-1", "--format=%B", "release/hello-1.0.2")
    assert "Ends the testing period of 1.0.1" in " ".join(message.split())
    done = pending.at(NOW, "release", "hello", "--immediate")
    assert "Ends the testing period of 1.0.1: nobody gets it on 2026-12-01.\n" in done.out


def test_what_is_said_twice_is_wrong_usage(applied: Any) -> None:
    for words, told in (
        (("--pin", "hello-api=1.0.0", "--pin", "hello-api=1.1.0"), "--pin names hello-api twice"),
        (("--major", "--patch"), "--major and --patch exclude each other"),
        (("--minor", "--version", "2.0.0"), "--minor and --version exclude each other"),
    ):
        done = applied.reconciler("release", "hello", "--immediate", *words)
        assert done.code == 64
        assert told in done.err
