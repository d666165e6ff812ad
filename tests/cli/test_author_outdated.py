"""outdated: which packs could have newer components, and a branch for each that follows them."""

from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"


def package(shell: Any, version: str, *more: str) -> None:
    words = ("package", "hello-api", "--version", version, "--shareable", *more)
    done = shell.reconciler(*words)
    assert done.code == 0, done.err


@pytest.fixture
def behind(applied: Any) -> Any:
    """Hello 1.0.0 has hello-api 1.0.0; 1.1.0 and 1.2.0 are packaged and committed."""
    package(applied, "1.1.0", "--notes", "Greets twice.")
    package(applied, "1.2.0", "--notes", "Greets\nthrice.")
    applied.commit()
    return applied


def write(shell: Any, *more: str) -> Any:
    """The one pack, as `outdated --write` tells of it."""
    words = ("outdated", "--write", "--format", "json")
    done = shell.at(NOW, *words, *(more or ("--on", "2026-12-08")))
    assert done.code == 0, done.err
    [pack] = done.json()["packs"]
    return pack["proposed"]


def test_nothing_is_outdated_at_first(applied: Any) -> None:
    done = applied.at(NOW, "outdated", "--detailed-exitcode")
    assert (done.code, done.err) == (0, "")
    assert done.out == "Every pack has the newest shareable versions of its components.\n"


def test_packs_are_listed_with_what_is_skipped_and_new(behind: Any, fits: Any) -> None:
    done = behind.at(NOW, "outdated")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "hello 1.0.0",
        "  hello-api 1.0.0 → 1.2.0, skips 1.1.0",
        "    1.1.0: Greets twice.",
        "    1.2.0: Greets thrice.",
        "1 pack could have newer components."
        " Next: reconciler outdated --write --on DATE, or --immediate",
    ]
    done = behind.at(NOW, "outdated", "--format", "json", "--detailed-exitcode")
    assert done.code == 2
    fits("outdated", done.json())
    [pack] = done.json()["packs"]
    assert (pack["name"], pack["newest_release"], pack["pending"]) == ("hello", "1.0.0", None)
    assert pack["components"][0]["skipped"] == ["1.1.0"]
    assert behind.git("branch", "--list") == "* main"


def test_no_store_is_needed_and_none_is_made(behind: Any) -> None:
    done = behind.reconciler("outdated", "--store", "sqlite:///none.db", "--format", "json")
    assert (done.code, len(done.json()["packs"])) == (0, 1)
    assert not (behind.folder / "none.db").exists()


def test_a_branch_is_made_for_each_pack_and_left_when_nothing_is_new(
    behind: Any, fits: Any
) -> None:
    head = behind.git("rev-parse", "HEAD")
    done = behind.at(NOW, "outdated", "--write", "--on", "2026-12-08", "--format", "json")
    fits("outdated", done.json())
    made = done.json()["packs"][0]["proposed"]
    assert (made["version"], made["branch"]["state"]) == ("1.1.0", "made")
    assert made["files"] == ["releases/hello/1.1.0.yaml"]
    assert behind.git("rev-parse", "outdated/hello^") == head
    message = behind.git("log", "-1", "--format=%B", "outdated/hello").splitlines()
    assert message[0] == "Release hello 1.1.0 on 2026-12-08"
    assert "hello-api 1.2.0: Greets thrice." in message
    assert message[-1] == "Prepared-By: reconciler outdated"
    assert behind.git("status", "--porcelain") == ""
    assert behind.at(NOW, "validate", "--revision", "outdated/hello").code == 0
    behind.write("notes.md", "something else")
    behind.commit()
    again = write(behind)
    assert again["branch"] == {**made["branch"], "state": "unchanged"}


def test_a_branch_follows_a_newer_version_unless_somebody_committed_on_it(behind: Any) -> None:
    first = write(behind)["branch"]
    package(behind, "1.3.0")
    head = behind.commit()
    renewed = write(behind)
    assert renewed["branch"]["state"] == "renewed"
    assert renewed["branch"]["commit"] != first["commit"]
    assert behind.git("rev-parse", "outdated/hello^") == head
    behind.git("checkout", "--quiet", "outdated/hello")
    behind.write("notes.md", "a person's")
    theirs = behind.commit()
    behind.git("checkout", "--quiet", "main")
    package(behind, "1.4.0")
    behind.commit()
    kept = write(behind)
    assert (kept["branch"], kept["version"]) == (None, None)
    assert "somebody else committed" in kept["skipped"]
    assert behind.git("rev-parse", "outdated/hello") == theirs


def test_a_branch_that_can_not_be_made_is_told_and_the_others_are_made(behind: Any) -> None:
    behind.git("branch", "outdated/hello/more")
    other = (
        (behind.folder / "packs/hello.yaml").read_text().replace("name: hello\n", "name: other\n")
    )
    behind.write("packs/other.yaml", other)
    release = (behind.folder / "releases/hello/1.0.0.yaml").read_text()
    behind.write("releases/other/1.0.0.yaml", release.replace("pack: hello\n", "pack: other\n"))
    behind.commit()
    done = behind.at(NOW, "outdated", "--write", "--immediate", "--format", "json")
    assert done.code == 0, done.err
    hello, another = (pack["proposed"] for pack in done.json()["packs"])
    assert "branch outdated/hello can't be set" in hello["skipped"]
    assert another["branch"]["state"] == "made"


def test_a_pack_with_a_pending_release_is_skipped(pending: Any) -> None:
    package(pending, "1.2.0")
    pending.commit()
    done = pending.at(NOW, "outdated", "--write", "--immediate")
    assert done.code == 0
    assert "hello 1.0.1, 1.0.1 is pending" in done.out
    assert "  skipped: 1.0.1 is pending" in done.out
    assert pending.git("branch", "--list") == "* main"


def test_a_date_that_can_not_be_is_told_for_each_pack(behind: Any) -> None:
    assert "is over" in write(behind, "--on", "2026-11-01")["skipped"]


def test_a_release_that_would_not_be_valid_is_not_prepared(behind: Any) -> None:
    publisher = behind.folder / "publisher.yaml"
    publisher.write_text(f"{publisher.read_text()}  policies: {{assessment-missing: error}}\n")
    behind.commit()
    assert write(behind)["skipped"].startswith("assessment-missing: ")
    assert behind.git("branch", "--list") == "* main"


@pytest.mark.parametrize("words", [("--write",), ("--immediate",), ("--on", "2026-12-08")])
def test_write_needs_a_moment_and_a_moment_needs_write(behind: Any, words: Any) -> None:
    done = behind.at(NOW, "outdated", *words)
    assert done.code == 64
    assert "--write takes either --immediate or --on DATE" in done.err


def test_a_fresh_clone_follows_the_branches_of_its_origin(behind: Any) -> None:
    """As a CI has it: only refs/remotes/origin/outdated/hello is there."""
    behind.git("init", "--quiet", "--bare", "../origin.git")
    behind.git("remote", "add", "origin", "../origin.git")
    first = write(behind)["branch"]

    def pushed() -> None:
        behind.git("push", "--quiet", "--force", "origin", "outdated/hello")
        behind.git("checkout", "--quiet", "main")
        behind.git("branch", "--quiet", "--delete", "--force", "outdated/hello")

    pushed()
    assert write(behind)["branch"] == {**first, "state": "unchanged"}
    behind.git("push", "--quiet", "origin", "outdated/hello")  # as it says what to do next
    package(behind, "1.3.0")
    behind.commit()
    assert write(behind)["branch"]["state"] == "renewed", "which is to be pushed with force"
    behind.git("checkout", "--quiet", "outdated/hello")
    behind.write("notes.md", "a person's")
    behind.commit()
    pushed()
    package(behind, "1.4.0")
    behind.commit()
    assert "somebody else committed" in write(behind)["skipped"]
