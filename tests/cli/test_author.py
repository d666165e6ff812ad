"""init, package and release: manifests written to a working copy, and nothing committed."""

import subprocess
import sys
from typing import Any

NOW = "2026-11-22T15:00:00Z"


def test_init_writes_a_valid_repository(publisher: Any) -> None:
    done = publisher.reconciler("validate", "--format", "json")
    assert done.code == 0
    assert done.json()["findings"] == []
    assert done.json()["counts"]["documents"] == 7


def test_init_tells_the_next_step_and_does_not_need_git(shell: Any) -> None:
    done = shell.reconciler("init", "acme")
    assert done.code == 0
    assert "git init" in done.out
    assert not (shell.folder / "acme" / ".git").exists()


def test_init_refuses_a_folder_that_is_not_empty_and_writes_nothing(shell: Any) -> None:
    shell.write("acme/notes.txt", "mine")
    done = shell.reconciler("init", "acme")
    assert done.code == 1
    assert "is not empty" in done.err
    assert [path.name for path in (shell.folder / "acme").iterdir()] == ["notes.txt"]


def test_init_tells_a_next_step_that_can_be_pasted(shell: Any) -> None:
    done = shell.reconciler("init", "my shop")
    assert "Next: cd 'my shop' && git init" in done.out


def test_a_file_that_can_not_be_written_whole_is_not_left_behind(shell: Any) -> None:
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "from reconciler.cli.edge import run; sys.exit(run(['init', 'acme']))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("reconciler: cannot write acme/publisher.yaml: ")
    assert "free space" in done.stderr
    assert list((shell.folder / "acme").iterdir()) == []


def test_init_takes_a_fresh_clone(shell: Any) -> None:
    shell.git("init", "--quiet", "acme")
    assert shell.reconciler("init", "acme").code == 0


def test_init_refuses_a_zone_that_is_none(shell: Any) -> None:
    assert shell.reconciler("init", "acme", "--time-zone", "EST").code == 64
    assert not (shell.folder / "acme").exists()


def test_package_and_release_write_manifests_that_are_valid_and_commit_nothing(
    applied: Any,
) -> None:
    head = applied.git("rev-parse", "HEAD")
    packaged = applied.reconciler("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert packaged.code == 0
    assert "Next: commit this, then reconciler release hello" in packaged.out
    released = applied.at(NOW, "release", "hello", "--on", "2026-12-01", "--notes", "new")
    assert released.out.splitlines()[:3] == [
        "Wrote releases/hello/1.1.0.yaml: hello 1.1.0,"
        " Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC.",
        "  hello-api  1.0.0 → 1.1.0",
        "Version 1.1.0: minor after 1.0.0: hello-api goes from 1.0.0 to 1.1.0.",
    ]
    assert (released.code, released.err) == (0, "")
    assert applied.git("rev-parse", "HEAD") == head
    done = applied.at(NOW, "validate", "--worktree", "--format", "json")
    assert (done.code, done.json()["revision"]) == (0, None)


def test_a_release_manifest_is_never_written_over(pending: Any) -> None:
    path = "releases/hello/1.0.1.yaml"
    before = (pending.folder / path).read_text()
    done = pending.at(NOW, "release", "hello", "--immediate", "--version", "1.0.1")
    assert done.code == 1
    assert "not higher than 1.0.1" in done.err
    assert (pending.folder / path).read_text() == before


def test_release_like_goes_back_and_edits_the_pack_with_its_comments(pending: Any) -> None:
    for words in (
        ("package", "extra", "--version", "1", "--shareable", "--type", "process"),
        ("package", "hello-api", "--version", "1.2.0", "--shareable"),
    ):
        assert pending.reconciler(*words).code == 0
    pack = pending.folder / "packs/hello.yaml"
    pack.write_text(pack.read_text().replace("    - hello-api\n", "    - hello-api\n    - extra\n"))
    released = pending.at(NOW, "release", "hello", "--immediate", "--format", "json")
    assert released.json()["components"] == {"hello-api": "1.2.0", "extra": "1"}
    pending.commit()
    assert pending.at(NOW, "apply").code == 0
    back = pending.at(NOW, "release", "hello", "--immediate", "--like", "1.0.0")
    assert back.code == 0, back.err
    assert "extra      1 → removed" in back.out
    assert "\n# What is released as one solution.\n" in pack.read_text()
    assert "extra" not in pack.read_text()
    pending.commit()
    assert pending.at(NOW, "apply").code == 0
    [row] = pending.at(NOW, "attachments", "--format", "json").lines()
    assert row["release"] == "2.0.0"


def test_release_refuses_an_unknown_pack_with_the_nearest(applied: Any) -> None:
    done = applied.at(NOW, "release", "helo", "--immediate")
    assert done.code == 1
    assert 'did you mean "hello"?' in done.err


def test_package_refuses_to_leave_its_folder(applied: Any) -> None:
    done = applied.reconciler("package", "../evil", "--version", "1", "--type", "process")
    assert done.code == 1
    done = applied.reconciler("package", "hello-api", "--version", "../../x")
    assert done.code == 0
    assert (applied.folder / "components/hello-api/x/component.yaml").exists() or any(
        applied.folder.glob("components/hello-api/*x/component.yaml")
    )


def test_an_empty_name_of_a_branch_is_wrong_usage_and_writes_no_files(applied: Any) -> None:
    for words in (("package", "hello-api", "--version", "2", "--shareable"), ("withdraw", "hello")):
        done = applied.reconciler(*words, "--branch=")
        assert done.code == 64
        assert "--branch has an empty NAME" in done.err
    assert applied.git("status", "--porcelain") == ""
