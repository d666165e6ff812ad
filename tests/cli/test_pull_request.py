"""What a pull request is checked with, as typed: --base, --output and --snapshot."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"
ACCOUNT = """\
apiVersion: reconciler/v1
kind: ManagedAccount
metadata: {{name: {name}}}
spec: {{displayName: Customer {name}}}
"""
ATTACHMENT = """\
apiVersion: reconciler/v1
kind: Attachment
spec: {{account: {account}, pack: hello}}
"""


@pytest.fixture
def request_for_a_release(applied: Any) -> Any:
    """On top of what is applied: a branch "asked" that releases hello 1.0.1 at once."""
    applied.git("switch", "--quiet", "--create", "asked")
    assert applied.reconciler("package", "hello-api", "--version", "1.1.0", "--shareable").code == 0
    assert applied.at(NOW, "release", "hello", "--immediate", "--version", "1.0.1").code == 0
    applied.commit()
    return applied


def with_customer(shell: Any, name: str) -> None:
    shell.write(f"accounts/{name}.yaml", ACCOUNT.format(name=name))
    shell.write(f"attachments/{name}.yaml", ATTACHMENT.format(account=name))


def names(plan: Any) -> list[tuple[str, str]]:
    return [(change["action"], change["name"]) for change in plan["changes"]]


def test_validate_writes_several_formats_at_once(publisher: Any, fits: Any) -> None:
    publisher.write("packs/hello.yaml", "nonsense: [")
    publisher.commit()
    words = [f"--output={name}=out/{name}" for name in ("json", "sarif", "junit", "markdown")]
    (publisher.folder / "out").mkdir()
    done = publisher.reconciler("validate", *words, "--output=text=out/text", "--format", "github")
    assert done.code == 3
    assert done.out.startswith("::error file=packs/hello.yaml")
    written = {path.name: path.read_text() for path in (publisher.folder / "out").iterdir()}
    fits("validate", json.loads(written["json"]))
    assert json.loads(written["sarif"])["version"] == "2.1.0"
    assert len(ET.fromstring(written["junit"]).findall(".//failure")) >= 1
    assert written["markdown"].startswith("⛔ **")
    assert written["text"].endswith("This revision would be refused.\n")
    assert len(written) == 5


def test_a_file_that_can_not_be_written_keeps_no_other_from_it(publisher: Any) -> None:
    publisher.write("packs/hello.yaml", "nonsense: [")
    publisher.commit()
    words = ("--output", "json=no/such/folder", "--output", "text=there.txt")
    done = publisher.reconciler("validate", *words)
    assert done.code == 1
    assert "cannot write no/such/folder" in done.err
    assert (publisher.folder / "there.txt").read_text().endswith("would be refused.\n")
    assert done.out.endswith("would be refused.\n")


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_json_says_that_a_file_could_not_be_written(
    publisher: Any, command: str, fits: Any
) -> None:
    words = ("--output", "text=no/such/folder", "--format", "json")
    done = publisher.reconciler(command, *words, "--store", "sqlite:///none.db")
    assert (done.code, done.json()["error"]["code"]) == (1, 1)
    assert "cannot write no/such/folder" in done.json()["error"]["message"]
    assert done.json()["revision"] == publisher.git("rev-parse", "HEAD")
    fits(command, done.json())


def test_one_plan_is_log_comment_and_json(request_for_a_release: Any, fits: Any) -> None:
    shell = request_for_a_release
    words = ("--output", "json=plan.json", "--output", "markdown=comment.md")
    done = shell.at(NOW, "plan", *words, "--comment-key", "emea/packs", "--detailed-exitcode")
    assert done.code == 2
    assert "release" in done.out
    plan = json.loads((shell.folder / "plan.json").read_text())
    fits("plan", plan)
    comment = (shell.folder / "comment.md").read_text()
    assert comment.startswith("<!-- reconciler-plan: emea/packs -->\n")
    assert plan["digest"][:12] in comment
    assert plan["digest"][:6] in done.out


def test_paths_are_those_of_the_repository_wherever_the_publisher_lies_in_it(
    publisher: Any, tmp_path: Path
) -> None:
    """Called in the working copy of another repository, which has nothing to do with it."""
    whole = tmp_path / "whole"
    publisher.git("clone", "--quiet", ".", str(whole))
    (whole / "sub").mkdir()
    for path in [path for path in whole.iterdir() if path.name not in (".git", "sub")]:
        path.rename(whole / "sub" / path.name)
    (whole / "sub/packs/hello.yaml").write_text("nonsense: [", encoding="utf-8")
    (tmp_path / "link").symlink_to(whole / "sub")
    publisher.git("-C", str(whole), "add", "--all")
    publisher.git("-C", str(whole), "commit", "--quiet", "--message", "moved")
    publisher.git("clone", "--quiet", "--bare", str(whole), str(tmp_path / "bare.git"))
    bare = f"{tmp_path}/bare.git"
    near = [whole / "sub", tmp_path / "link", f"{bare}/sub"]
    for repo in (
        *(os.path.relpath(str(one), publisher.folder) for one in near),
        f"file://{bare}#sub",
    ):
        words = ("--format", "github", "--output", "sarif=found.sarif")
        done = publisher.reconciler("validate", repo, *words)
        assert done.out.startswith("::error file=sub/packs/hello.yaml,"), done.err
        (run,) = json.loads((publisher.folder / "found.sarif").read_text())["runs"]
        places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
        assert places[0]["artifactLocation"]["uri"] == "sub/packs/hello.yaml"


def test_a_pipe_is_written_to_and_not_replaced(publisher: Any) -> None:
    pipe = publisher.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert publisher.reconciler("validate", "--output", "json=pipe").code == 0
    assert json.loads(os.read(reader, 65_536))["valid"] is True
    os.close(reader)
    assert pipe.is_fifo()


def test_an_error_that_moved_is_not_new(publisher: Any) -> None:
    publisher.write("attachments/one.yaml", ATTACHMENT.format(account="nobody"))
    publisher.write("attachments/two.yaml", ATTACHMENT.format(account="noone"))
    publisher.commit()
    publisher.git("mv", "attachments/one.yaml", "attachments/renamed.yaml")
    moved = ATTACHMENT.format(account="noone")
    publisher.write("attachments/two.yaml", f"# a comment\n\n---\n{moved}")
    publisher.write("attachments/three.yaml", ATTACHMENT.format(account="nemo"))
    publisher.commit()
    done = publisher.reconciler("validate", "--base", "HEAD~1", "--format", "json")
    new = {found["path"] for found in done.json()["findings"] if found["new"]}
    assert new == {"attachments/three.yaml"}
    assert "attachments/renamed.yaml" in {found["path"] for found in done.json()["findings"]}
    told = publisher.reconciler("validate", "--base", "HEAD~1")
    assert told.code == 3
    assert told.out.startswith("New with this change:\n\nattachments/three.yaml:")


def test_a_file_that_can_not_be_read_is_not_new_where_it_was_moved_to(publisher: Any) -> None:
    publisher.write("packs/broken.yaml", "nonsense: [")
    publisher.commit()
    publisher.git("mv", "packs/broken.yaml", "broken.yaml")
    publisher.commit()
    done = publisher.reconciler("validate", "--base", "HEAD~1", "--format", "json")
    assert [(one["path"], one["new"]) for one in done.json()["findings"]] == [
        ("broken.yaml", False)
    ]


def test_of_two_that_say_the_same_the_one_in_a_new_file_is_new(publisher: Any) -> None:
    publisher.write("packs/b.yaml", "nonsense: [")
    publisher.commit()
    publisher.write("packs/a.yaml", "nonsense: [")
    publisher.commit()
    done = publisher.reconciler("validate", "--base", "HEAD~1", "--format", "json")
    new = {found["path"]: found["new"] for found in done.json()["findings"]}
    assert new == {"packs/a.yaml": True, "packs/b.yaml": False}


def test_a_fork_without_a_store_is_shown_what_it_changes(
    request_for_a_release: Any, fits: Any
) -> None:
    shell = request_for_a_release
    words = ("plan", "--base", "main", "--store", "sqlite:///none.db")
    plan = shell.at(NOW, *words, "--format", "json").json()
    fits("plan", plan)
    assert names(plan) == [("create", "hello-api@1.1.0"), ("release", "hello")]
    assert [change["attachments"] for change in plan["changes"]] == [0, 1]
    assert plan["base"] == {
        "revision": shell.git("rev-parse", "main"),
        "in_force": None,
        "has_store": False,
        "supposed": True,
        "trouble": None,
    }
    assert plan["in_force"] is None
    comment = shell.at(NOW, *words, "--format", "markdown").out
    assert "⚠️ **Releases hello 1.0.1 to 1 attachment in 1 account" in comment
    assert "> Counted from manifests only: no install base was given." in comment
    assert not (shell.folder / "none.db").exists()


def test_where_the_store_has_the_base_the_plan_is_that_of_the_store(
    request_for_a_release: Any,
) -> None:
    plain = request_for_a_release.at(NOW, "plan", "--format", "json").json()
    done = request_for_a_release.at(NOW, "plan", "--base", "main", "--format", "json").json()
    assert done["digest"] == plain["digest"]
    assert done["base"]["in_force"] == done["base"]["revision"]


def test_a_store_that_is_behind_is_supposed_to_have_the_base(request_for_a_release: Any) -> None:
    shell = request_for_a_release
    with_customer(shell, "second")
    shell.git("add", "--all")
    shell.commit()
    done = shell.at(NOW, "plan", "--base", "HEAD~1", "--format", "json").json()
    assert ("release", "hello") not in names(done)
    assert ("install", "hello") in names(done)
    base, head = done["base"]["revision"][:7], shell.git("rev-parse", "main")[:7]
    told = shell.at(NOW, "plan", "--base", "HEAD~1").out
    assert f"against install-base.db with {base} applied" in told
    assert f"! The base {base} is not what the install base has applied: that has {head}" in told
    assert shell.at(NOW, "apply", "--revision", "HEAD~1").code == 0
    then = shell.at(NOW, "plan", "--format", "json").json()
    assert then["digest"] == done["digest"]


def test_what_accounts_asked_for_counts_where_there_is_a_store(pending: Any) -> None:
    assert pending.at(NOW, "account", "adopt", "first-customer", "hello").code == 0
    (pending.folder / "releases/hello/1.0.1.yaml").unlink()
    pending.commit()
    words = ("plan", "--base", "HEAD~1", "--format", "json")
    reverted = [("withdraw", "hello"), ("revert", "hello")]
    assert set(reverted) <= set(names(pending.at(NOW, *words).json()))
    without = pending.at(NOW, *words, "--store", "sqlite:///none.db").json()
    assert ("revert", "hello") not in names(without)


def test_findings_of_a_plan_are_told_apart_by_its_base(publisher: Any) -> None:
    (publisher.folder / "guides/hello/user.md").unlink()
    text = (publisher.folder / "packs/hello.yaml").read_text()
    publisher.write("packs/hello.yaml", text.replace("    user: guides/hello/user.md\n", ""))
    publisher.commit()
    with_customer(publisher, "second")
    publisher.commit()
    plan = publisher.reconciler("plan", "--base", "HEAD~1", "--format", "json").json()
    assert {found["rule"]: found["new"] for found in plan["findings"]} == {
        "support-documentation": False
    }


def test_a_base_that_is_invalid_is_no_base(request_for_a_release: Any) -> None:
    shell = request_for_a_release
    shell.write("packs/broken.yaml", "nonsense: [")
    shell.commit()
    (shell.folder / "packs/broken.yaml").unlink()
    shell.commit()
    done = shell.at(NOW, "plan", "--base", "HEAD~1")
    assert done.code == 0
    assert "would be refused itself (revision" in done.out
    assert "release" in done.out
    without = shell.at(NOW, "plan", "--base", "HEAD~1", "--store", "sqlite:///none.db")
    assert (without.code, without.out) == (1, "")
    assert "the base would be refused itself" in without.err
    assert "hint: name a base that is valid, or an install base" in without.err


def test_a_first_pull_request_has_nothing_to_compare_with(publisher: Any) -> None:
    publisher.git("checkout", "--quiet", "--orphan", "empty")
    publisher.git("rm", "-r", "--quiet", "--force", ".")
    publisher.commit()
    words = ("plan", "--revision", "main", "--base", "empty", "--format", "json")
    plan = publisher.reconciler(*words).json()
    assert ("release", "hello") in names(plan)


def test_a_base_that_a_shallow_clone_lacks_is_told(applied: Any) -> None:
    done = applied.at(NOW, "plan", "--base", "0" * 40)
    assert done.code == 1
    assert "hint: check its name; a shallow clone lacks what is older: " in done.err
    assert "check out with fetch-depth: 0" in done.err
    assert 'the base "" can\'t be read' in applied.at(NOW, "plan", "--base", "").err


@pytest.fixture
def exported(request_for_a_release: Any) -> Any:
    done = request_for_a_release.at(NOW, "store", "export", "--out", "base.jsonl")
    assert done.code == 0
    return request_for_a_release


def test_a_plan_against_a_snapshot_is_the_plan_against_the_store(exported: Any) -> None:
    plain = exported.at(NOW, "plan", "--format", "json").json()
    words = ("plan", "--snapshot", "base.jsonl", "--out", "saved.json", "--format", "json")
    done = exported.at(NOW, *words)
    assert done.code == 0, done.err
    assert done.json() == plain
    assert exported.at(NOW, "apply", "--plan", "saved.json").code == 0


def test_a_snapshot_comes_by_standard_input_too_and_leaves_nothing(
    exported: Any, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "plan", "--snapshot", "-"],
        cwd=exported.folder,
        env={**exported.environment, "TMPDIR": str(scratch), "RECONCILER_STORE": "nonsense"},
        input=(exported.folder / "base.jsonl").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"against the snapshot" in done.stdout
    assert list(scratch.iterdir()) == []


def test_validate_takes_the_revision_of_a_snapshot_as_its_base(exported: Any) -> None:
    text = (exported.folder / "releases/hello/1.0.0.yaml").read_text()
    exported.write(
        "releases/hello/1.0.0.yaml", text.replace("hello-api: 1.0.0", "hello-api: 1.1.0")
    )
    exported.commit()
    without = ("validate", "--store", "sqlite:///none.db")
    assert "release-immutable" not in exported.at(NOW, *without).out
    assert "release-immutable" in exported.at(NOW, "validate", "--snapshot", "base.jsonl").out


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (lambda text: text[: len(text) // 2], "of the export is no JSON"),
        (lambda text: text.rpartition('{"lines"')[0], "the export is cut off after line"),
        (lambda text: text.replace("first-customer", "other"), "the export was changed"),
        (lambda text: text.replace('"version":3}', '"version":99}', 1), "version 99"),
        (lambda _: "", "the export is empty"),
        (lambda _: "\udcff", "the export is not UTF-8"),
    ],
    ids=("half", "no end", "edited", "newer", "empty", "binary"),
)
def test_a_damaged_snapshot_is_told(exported: Any, damage: Any, trouble: str) -> None:
    path = exported.folder / "base.jsonl"
    changed = damage(path.read_text(encoding="utf-8"))
    path.write_bytes(changed.encode("utf-8", "surrogateescape"))
    done = exported.at(NOW, "plan", "--snapshot", "base.jsonl")
    assert (done.code, done.out) == (1, "")
    assert trouble in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (('"exported_at"', '"exported"'), "line 1 of the export can't be read back: it lacks 'exp"),
        (('"version":3', '"version":"x"'), "line 1 of the export can't be read back: a value of"),
    ],
    ids=("field", "kind"),
)
def test_what_a_line_of_a_snapshot_lacks_is_told_in_words(
    exported: Any, damage: tuple[str, str], trouble: str
) -> None:
    text = (exported.folder / "base.jsonl").read_text(encoding="utf-8")
    exported.write("base.jsonl", text.replace(*damage, 1))
    assert trouble in exported.at(NOW, "plan", "--snapshot", "base.jsonl").err


def test_a_snapshot_from_a_closed_standard_input_is_empty(applied: Any) -> None:
    words = f"{sys.executable} -m reconciler plan --snapshot - <&-"
    done = subprocess.run(
        ["sh", "-c", words], cwd=applied.folder, env=applied.environment, capture_output=True
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"the export is empty" in done.stderr


def test_a_snapshot_that_is_not_there_is_told(applied: Any) -> None:
    for name in ("none.jsonl", "packs"):
        done = applied.at(NOW, "plan", "--snapshot", name)
        assert done.code == 1
        assert f"the snapshot {name} can't be read" in done.err
