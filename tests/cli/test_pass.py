"""validate, plan, apply and run, as typed."""

import json
import shutil
import signal
import subprocess
import sys
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"


def test_validate_creates_no_store_and_tells_what_is_uncommitted(publisher: Any) -> None:
    publisher.write("packs/hello.yaml", "nonsense: [")
    done = publisher.reconciler("validate")
    assert done.code == 0
    assert "1 manifest is uncommitted" in done.err
    assert not (publisher.folder / "install-base.db").exists()
    worktree = publisher.reconciler("validate", "--worktree")
    assert worktree.code == 3
    assert "packs/hello.yaml:" in worktree.out
    assert worktree.out.endswith("This working tree would be refused.\n")


def test_validate_says_the_same_in_every_format(publisher: Any, fits: Any) -> None:
    publisher.write("packs/hello.yaml", "nonsense: [")
    publisher.commit()
    found = publisher.reconciler("validate", "--format", "json")
    fits("validate", found.json())
    [first, *_] = found.json()["findings"]
    for name in ("text", "github", "sarif", "junit"):
        done = publisher.reconciler("validate", "--format", name)
        assert (name, done.code) == (name, 3)
        assert first["rule"] in done.out
    assert (
        "::error file=packs/hello.yaml"
        in publisher.reconciler("validate", "--format", "github").out
    )


def test_annotations_lie_in_the_repository_when_the_root_is_a_folder(shell: Any) -> None:
    shell.git("init", "--quiet")
    assert shell.reconciler("init", "publisher").code == 0
    shell.write("publisher/packs/hello.yaml", "nonsense: [")
    shell.commit()
    done = shell.reconciler("validate", "publisher", "--format", "github")
    assert "::error file=publisher/packs/hello.yaml" in done.out


def test_validate_with_a_base_tells_new_findings_apart(publisher: Any) -> None:
    publisher.write("packs/hello.yaml", "nonsense: [")
    publisher.commit()
    publisher.write("groups/everyone.yaml", "nonsense: [")
    publisher.commit()
    done = publisher.reconciler("validate", "--base", "HEAD~1", "--format", "json")
    by_path = {finding["path"]: finding["new"] for finding in done.json()["findings"]}
    assert by_path["packs/hello.yaml"] is False
    assert by_path["groups/everyone.yaml"] is True


def test_plan_changes_nothing_and_apply_does_it_once(publisher: Any, fits: Any) -> None:
    planned = publisher.at(NOW, "plan", "--format", "json")
    fits("plan", planned.json())
    assert planned.json()["summary"]["install"] == 1
    assert not (publisher.folder / "install-base.db").exists()
    first = publisher.at(NOW, "apply", "--format", "json")
    fits("apply", first.json())
    assert first.json()["applied"]["attachments"] == 1
    assert first.json()["run"] is not None
    second = publisher.at(NOW, "apply", "--format", "json")
    fits("apply", second.json())
    assert (second.code, second.json()["run"]) == (0, None)
    assert publisher.at(NOW, "apply").out.startswith("Nothing to do: ")


def test_plan_tells_by_its_exit_code_whether_something_is_pending(publisher: Any) -> None:
    assert publisher.at(NOW, "plan").code == 0
    assert publisher.at(NOW, "plan", "--detailed-exitcode").code == 2
    assert publisher.at(NOW, "apply").code == 0
    assert publisher.at(NOW, "plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_is_applied_once_and_is_stale_afterwards(publisher: Any) -> None:
    assert publisher.at(NOW, "plan", "--out", "plan.json").code == 0
    assert publisher.at(NOW, "apply", "--plan", "plan.json").code == 0
    again = publisher.at(NOW, "apply", "--plan", "plan.json", "--format", "json")
    assert (again.code, again.json()["error"]["code"]) == (5, 5)


def test_a_plan_that_was_cut_short_or_changed_is_refused(publisher: Any) -> None:
    assert publisher.at(NOW, "plan", "--out", "plan.json").code == 0
    path = publisher.folder / "plan.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    cut = publisher.at(NOW, "apply", "--plan", "plan.json")
    assert cut.code == 5
    edited = json.loads(whole)
    edited["changes"].pop()
    path.write_text(json.dumps(edited), encoding="utf-8")
    changed = publisher.at(NOW, "apply", "--plan", "plan.json")
    assert changed.code == 5
    assert "was changed" in changed.err
    assert not (publisher.folder / "install-base.db").exists()


def test_an_invalid_revision_is_refused_with_3_and_the_last_one_stays(
    applied: Any, fits: Any
) -> None:
    before = applied.git("rev-parse", "HEAD")
    applied.write("packs/hello.yaml", "nonsense: [")
    bad = applied.commit()
    for name in ("plan", "apply"):
        done = applied.at(NOW, name, "--format", "json")
        fits(name, done.json())
        assert (done.code, done.json()["error"]["code"]) == (3, 3)
        assert done.json()["findings"]
    told = applied.at(NOW, "apply")
    assert told.code == 3
    assert told.out.startswith(f"Refused {bad[:7]}: ")
    assert f"{before[:7]} stays in force" in told.out
    assert told.err == ""
    status = applied.at(NOW, "status", "--format", "json").json()
    assert status["revision"] == before
    assert status["last_error"].startswith(f"revision {bad[:7]} was refused: it has ")


def test_a_revision_with_errors_that_does_not_descend_is_said_to_be_both(applied: Any) -> None:
    applied.git("checkout", "--quiet", "--orphan", "other")
    applied.write("packs/hello.yaml", "nonsense: [")
    applied.commit()
    plan = applied.at(NOW, "plan", "--format", "json")
    assert (plan.code, plan.json()["descends"]) == (3, False)
    assert "does not descend" in applied.at(NOW, "plan").out
    refused = applied.at(NOW, "apply", "--format", "json")
    assert (refused.code, refused.json()["descends"]) == (5, False)


def test_an_empty_revision_that_does_not_descend_is_refused_for_that(applied: Any) -> None:
    applied.git("checkout", "--quiet", "--orphan", "other")
    for folder in applied.folder.iterdir():
        if folder.is_dir() and folder.name != ".git":
            shutil.rmtree(folder)
    applied.commit()
    refused = applied.at(NOW, "apply")
    assert refused.code == 5
    assert "does not descend" in refused.out
    empty = applied.at(NOW, "apply", "--allow-rewind")
    assert empty.code == 1
    assert "declares nothing but the publisher" in empty.err
    assert "declares nothing" not in empty.out


def test_a_limit_refuses_with_4_and_the_arithmetic(applied: Any) -> None:
    publisher = (applied.folder / "publisher.yaml").read_text()
    applied.write("publisher.yaml", publisher + "  limits:\n    maxUninstalls: 0\n")
    (applied.folder / "attachments/first-customer-hello.yaml").unlink()
    applied.commit()
    done = applied.at(NOW, "plan")
    assert done.code == 4
    assert "uninstall" in done.out
    refused = applied.at(NOW, "apply")
    assert refused.code == 4
    assert "the limit is 0. " in refused.out
    assert "the limit is 0" not in refused.err
    assert refused.err.startswith("hint: if that is meant, add to acknowledged in the Publisher: {")
    both = applied.at(NOW, "apply", "--format", "json")
    assert "the limit is 0" in both.err
    passed = applied.at(NOW, "apply", "--allow-destructive")
    assert passed.code == 0
    assert "1 attachment uninstalled" in passed.out


def test_a_revision_that_does_not_descend_is_refused_with_5(applied: Any) -> None:
    applied.git("checkout", "--quiet", "--orphan", "other")
    applied.write("accounts/second.yaml", "apiVersion: reconciler/v1\nkind: ManagedAccount\n"
                  "metadata: {name: second}\nspec: {}\n")  # fmt: skip
    applied.commit()
    assert applied.at(NOW, "apply").code == 5
    planned = applied.at(NOW, "plan")
    assert "does not descend" in planned.out
    assert applied.at(NOW, "apply", "--allow-rewind").code == 0


def test_now_writes_only_to_a_rehearsal_store(publisher: Any) -> None:
    assert publisher.reconciler("apply").code == 0
    done = publisher.at(NOW, "apply")
    assert done.code != 0
    assert "rehears" in done.err
    assert publisher.at(NOW, "status").code == 0


def test_a_window_that_opens_is_promoted_by_the_next_pass(pending: Any) -> None:
    told = pending.at("2026-12-01T04:59:59Z", "apply")
    assert told.out.startswith("Nothing to do")
    assert "Tue 1 Dec 00:00 New York" in told.out
    promoted = pending.at("2026-12-01T05:00:00Z", "apply")
    assert "1 attachment upgraded" in promoted.out
    [row] = pending.at("2026-12-01T05:00:00Z", "attachments", "--format", "json").lines()
    assert (row["release"], row["state"]) == ("1.0.1", "running")


def test_markdown_is_for_a_comment_and_starts_with_the_verdict(pending: Any) -> None:
    assert pending.reconciler("package", "hello-api", "--version", "2", "--shareable").code == 0
    assert pending.at(NOW, "release", "hello", "--immediate").code == 0
    pending.commit()
    done = pending.at(NOW, "plan", "--format", "markdown")
    assert done.code == 0
    hidden, _, verdict, *_ = done.out.splitlines()
    assert hidden == "<!-- reconciler-plan -->"
    assert verdict.startswith("✅ **Releases hello 1.0.2 to 1 attachment in 1 account as soon")
    assert "ends the testing period of hello 1.0.1" in verdict


@pytest.mark.parametrize(
    ("stopped_by", "code", "told"),
    [(signal.SIGTERM, 0, ""), (signal.SIGINT, 130, "reconciler: interrupted\n")],
)
def test_run_makes_a_pass_and_ends_cleanly_when_it_is_told_to(
    publisher: Any, stopped_by: signal.Signals, code: int, told: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "run", "--schedule", "0 0 1 1 *"],
        cwd=publisher.folder,
        env=publisher.environment,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        assert " Applied " in process.stderr.readline()
        process.send_signal(stopped_by)
        assert process.wait(timeout=60) == code
        assert process.stderr.read() == told


def test_run_refuses_a_bad_schedule_with_64(publisher: Any) -> None:
    assert publisher.reconciler("run", "--schedule", "every minute").code == 64
