"""The action as a runner carries it out: its scripts in bash, on a real pull request.

The runner's expressions are worked out here, and the condition of the comment is left to each test;
pip takes what the program needs from this environment, so that no registry is asked.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
FILES = ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")


@dataclass
class Runner:
    """A runner; `desk` is where its steps run, `folder` holds its own files."""

    desk: Any
    project: Path
    folder: Path
    head: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def run(self, name: str) -> Any:
        """One step of the action, by its name."""
        loaded = yaml.safe_load((self.project / "action.yml").read_text(encoding="utf-8"))
        step = next(step for step in loaded["runs"]["steps"] if step["name"] == name)
        defaults = {key: each["default"] for key, each in loaded["inputs"].items()}
        known = {f"inputs.{key}": value for key, value in {**defaults, **self.inputs}.items()}
        known |= {f"steps.check.outputs.{key}": value for key, value in self.outputs.items()}
        known["github.token"] = "bot-token"
        known["github.event.pull_request.head.sha || github.sha"] = self.head
        script = self.folder / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        done = self.desk.run(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)),
            **{file: str(self.folder / file) for file in FILES},
            **{key: worked_out(value, known) for key, value in step["env"].items()},
            PATH=os.pathsep.join([*self.path, self.desk.environment["PATH"]]),
            GITHUB_ACTION_PATH=str(self.project),
            RUNNER_TEMP=str(self.folder),
        )
        self.path += self._said("GITHUB_PATH")
        self.outputs |= {
            key: value
            for key, _, value in (line.partition("=") for line in self._said("GITHUB_OUTPUT"))
        }
        return done

    def _said(self, name: str) -> list[str]:
        file = self.folder / name
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    @property
    def summary(self) -> str:
        return (self.folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


def worked_out(value: str, known: Mapping[str, str]) -> str:
    while EXPRESSION.search(value):
        value = EXPRESSION.sub(lambda found: known[found.group(1)], value)
    return value


@pytest.fixture(scope="module")
def programs(
    project: Path,
    offline: dict[str, str],
    desk_in: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """Where the action's first step puts the program that lies beside it."""
    folder = tmp_path_factory.mktemp("installed")
    desk = desk_in(folder)
    desk.environment |= offline
    runner = Runner(desk=desk, project=project, folder=folder)
    done = runner.run("Install the reconciler")
    assert done.code == 0, done.err
    (found,) = runner.path
    return found


@pytest.fixture
def origin(desk: Any) -> Any:
    """A publisher with workflows, on the branch main of a bare repository; `desk` is its author."""
    assert desk.reconciler("init", ".", "--ci", "github").code == 0
    desk.git("init", "--quiet", "--initial-branch", "main")
    desk.commit()
    desk.git("clone", "--quiet", "--bare", ".", "../origin.git")
    desk.git("remote", "add", "origin", "../origin.git")
    return desk


@pytest.fixture
def pull_request(
    origin: Any,
    site: Any,
    programs: str,
    project: Path,
    offline: dict[str, str],
    desk_in: Callable[[Path], Any],
    tmp_path: Path,
) -> Callable[[], Runner]:
    """Makes a runner for what the author pushes as the branch `change`: pull request 12.

    The checkout is that of actions/checkout: all branches, and a merge of the change at no branch.
    """

    def opened() -> Runner:
        origin.git("push", "--quiet", "--force", "origin", "HEAD:change")
        number = len(list(tmp_path.glob("run-*")))
        home = tmp_path / f"run-{number}"
        home.mkdir()
        desk = desk_in(home)
        desk.git("clone", "--quiet", str(tmp_path / "origin.git"), ".")
        desk.git("checkout", "--quiet", "--detach", "origin/main")
        desk.git("merge", "--quiet", "--no-ff", "--message", "Merge", "origin/change")
        desk.environment |= {
            **offline,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_BASE_REF": "main",
            "GITHUB_GRAPHQL_URL": f"{site.url}/graphql",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_REPOSITORY": "acme/packs",
            "GITHUB_SERVER_URL": "https://github.example",
        }
        head = origin.git("rev-parse", "HEAD")
        return Runner(desk=desk, project=project, folder=home, head=head, path=[programs])

    return opened


def release(desk: Any, version: str) -> None:
    package = ("package", "hello-api", "--version", version, "--shareable")
    assert desk.reconciler(*package).code == 0
    assert desk.reconciler("release", "hello", "--immediate").code == 0
    desk.commit()


def test_a_sound_change_has_a_comment_a_summary_and_files(
    origin: Any, pull_request: Any, site: Any
) -> None:
    release(origin, "1.1.0")
    runner = pull_request()
    done = runner.run("Check")
    assert (done.code, runner.outputs["code"]) == (0, "0"), done.err
    _, mute, plan_and_rest = re.split(r"^::stop-commands::(.+)$", done.out, flags=re.MULTILINE)
    assert "release" in plan_and_rest.partition(f"::{mute}::")[0], "no note in it is a command"
    page = Path(runner.outputs["markdown"]).read_text(encoding="utf-8")
    assert page.startswith("<!-- reconciler-plan -->\n")
    assert f"https://github.example/acme/packs/blob/{runner.head}/releases/hello/1.1.0.yaml" in page
    assert runner.summary == page
    plan = json.loads(Path(runner.outputs["json"]).read_text(encoding="utf-8"))
    assert "release" in plan["summary"]
    assert plan["summary"].get("install") is None, "what main does already is no change"
    sarif = json.loads(Path(runner.outputs["sarif"]).read_text(encoding="utf-8"))
    assert sarif["version"] == "2.1.0"
    assert runner.run("Comment").code == 0
    assert [body.strip() for body in site.bodies()] == [page.strip()]
    assert runner.run("Verdict").code == 0


def test_the_next_commit_edits_the_comment_and_annotates_what_it_breaks(
    origin: Any, pull_request: Any, site: Any
) -> None:
    release(origin, "1.1.0")
    first = pull_request()
    assert first.run("Check").code == 0
    assert first.run("Comment").code == 0
    attachment = origin.folder / "attachments/first-customer-hello.yaml"
    attachment.write_text(attachment.read_text().replace("pack: hello", "pack: helo"))
    origin.commit()
    second = pull_request()
    done = second.run("Check")
    assert (done.code, second.outputs["code"]) == (0, "3")
    assert "::error file=attachments/first-customer-hello.yaml," in done.out
    assert second.run("Comment").code == 0
    (body,) = site.bodies()
    assert "unknown-reference" in body
    assert second.run("Verdict").code == 3


def test_what_was_broken_before_is_not_held_against_a_change(
    origin: Any, pull_request: Any
) -> None:
    (origin.folder / "packs/hello.yaml").write_text("kind: nonsense\n")
    origin.commit()
    origin.git("push", "--quiet", "origin", "HEAD:main")
    (origin.folder / "guides/hello/user.md").write_text("# Using it\n")
    origin.commit()
    runner = pull_request()
    done = runner.run("Check")
    assert done.code == 0
    assert runner.outputs["code"] == "3", "the merge would still be refused"


def test_a_plan_that_can_not_be_made_says_so_in_the_comment(pull_request: Any, site: Any) -> None:
    runner = pull_request()
    runner.inputs = {"comment-key": "east"}
    assert runner.run("Check").code == 0
    assert runner.run("Comment").code == 0
    runner.inputs |= {"base": "nowhere"}
    done = runner.run("Check")
    assert (done.code, runner.outputs["code"]) == (0, "1")
    assert "fetch-depth: 0" in done.err
    assert runner.run("Comment").code == 0
    (body,) = site.bodies()
    assert "could not be planned" in body
    assert runner.run("Verdict").code == 1


def test_a_publisher_below_the_top_is_named_with_its_folder(
    origin: Any, pull_request: Any, site: Any
) -> None:
    moved = origin.run("bash", "-c", "mkdir ../east && mv [a-zR]* ../east && mv ../east .")
    assert moved.code == 0, moved.err
    origin.commit()
    origin.git("push", "--quiet", "origin", "HEAD:main")
    attachment = origin.folder / "east/attachments/first-customer-hello.yaml"
    attachment.write_text(attachment.read_text().replace("pack: hello", "pack: helo"))
    origin.commit()
    runner = pull_request()
    runner.inputs = {"folder": "east", "comment-key": "east"}
    done = runner.run("Check")
    assert "::error file=east/attachments/first-customer-hello.yaml," in done.out
    assert runner.run("Comment").code == 0
    (body,) = site.bodies()
    assert f"/blob/{runner.head}/east/attachments/first-customer-hello.yaml" in body


def test_a_token_that_may_not_comment_is_a_warning(pull_request: Any, site: Any) -> None:
    runner = pull_request()
    assert runner.run("Check").code == 0
    runner.inputs = {"token": "reader-token"}
    done = runner.run("Comment")
    assert done.code == 0
    assert done.out.startswith("::warning title=No comment::")
    assert "reader-token" not in done.out + done.err
    assert site.notes == []


def test_names_that_look_like_commands_are_only_names(pull_request: Any) -> None:
    runner = pull_request()
    runner.desk.environment["GITHUB_BASE_REF"] = 'main$(touch pwned);`touch pwned`"&touch pwned'
    runner.inputs = {"comment-key": "a;touch pwned", "snapshot": "$(touch pwned)"}
    runner.run("Check")
    runner.run("Comment")
    assert not list(runner.desk.folder.rglob("pwned"))


def test_a_snapshot_counts_what_accounts_have(
    origin: Any, pull_request: Any, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'base.db'}"
    assert origin.reconciler("apply", "--store", store).code == 0
    exported = origin.reconciler("store", "export", "--store", store)
    snapshot = tmp_path / "install-base.jsonl"
    snapshot.write_text(exported.out, encoding="utf-8")
    release(origin, "1.1.0")
    runner = pull_request()
    runner.inputs = {"snapshot": str(snapshot)}
    assert runner.run("Check").code == 0
    plan = json.loads(Path(runner.outputs["json"]).read_text(encoding="utf-8"))
    (released,) = (change for change in plan["changes"] if change["action"] == "release")
    assert released["attachments"] == 1


def test_the_installed_package_writes_the_same_starter_files(
    origin: Any, programs: str, offline: dict[str, str]
) -> None:
    command = (f"{programs}/reconciler", "init", "again", "--ci", "github")
    assert origin.run(*command, **offline).code == 0
    again = origin.folder / "again"
    written = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert Path(".github/actions/reconciler/action.yml") in written
    differing = [
        path
        for path in written
        if (again / path).read_bytes() != (origin.folder / path).read_bytes()
    ]
    assert differing == []
