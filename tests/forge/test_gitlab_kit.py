"""The pipeline as a runner carries it out: the lines of each job in bash, in a real checkout."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
PIPELINE = yaml.safe_load((TOP / "reconciler/starter/gitlab/.gitlab-ci.yml").read_text("utf-8"))
VARIABLES = PIPELINE["variables"]


def lines(desk: Any, script: list[str], **more: str) -> Any:
    """What a runner makes of a script: all of its lines in one shell."""
    shell = ("bash", "-eo", "pipefail", "-c", "\n".join(script))
    return desk.run(*shell, **{**VARIABLES, **desk.environment, **more})


def job(desk: Any, name: str, **more: str) -> Any:
    """One job of the checkout's own pipeline."""
    text = (desk.folder / ".gitlab-ci.yml").read_text(encoding="utf-8")
    return lines(desk, yaml.safe_load(text)[name]["script"], **more)


@pytest.fixture(scope="module")
def programs(
    project: Path,
    offline: dict[str, str],
    desk_in: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Where the lines before every job install the program; run once, though each job has them."""
    desk = desk_in(tmp_path_factory.mktemp("installed"))
    desk.environment |= {
        **offline,
        "PACKAGE": f"{project}[ci]",
        "CI_PROJECT_DIR": str(desk.folder),
    }
    script = [*PIPELINE["default"]["before_script"], "command -v reconciler"]
    done = lines(desk, script)
    assert done.code == 0, done.err
    return Path(done.out.strip()).parent


@pytest.fixture
def author(desk: Any) -> Any:
    """A publisher with a pipeline, committed on main."""
    assert desk.reconciler("init", ".", "--ci", "gitlab").code == 0
    desk.git("init", "--quiet", "--initial-branch", "main")
    desk.commit()
    return desk


@pytest.fixture
def merge_request(
    author: Any,
    site: Any,
    programs: Path,
    offline: dict[str, str],
    desk_in: Callable[[Path], Any],
    tmp_path: Path,
) -> Callable[[], Any]:
    """Makes the checkout of a merge request for what the author has committed since main."""
    base = author.git("rev-parse", "HEAD")

    def opened() -> Any:
        home = tmp_path / f"run-{len(list(tmp_path.glob('run-*')))}"
        home.mkdir()
        desk = desk_in(home)
        desk.git("clone", "--quiet", str(author.folder), ".")
        desk.environment |= {
            **offline,
            "PATH": f"{programs}:{desk.environment['PATH']}",
            "CI_PROJECT_URL": "https://gitlab.example/acme/packs",
            "CI_COMMIT_SHA": desk.git("rev-parse", "HEAD"),
            "CI_COMMIT_SHORT_SHA": desk.git("rev-parse", "--short", "HEAD"),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{site.url}/api/v4",
            "CI_MERGE_REQUEST_PROJECT_ID": "4711",
            "CI_MERGE_REQUEST_IID": "12",
        }
        return desk

    return opened


def test_a_merge_request_has_a_test_report_and_one_note(
    author: Any, merge_request: Any, site: Any
) -> None:
    attachment = author.folder / "attachments/first-customer-hello.yaml"
    sound = attachment.read_text(encoding="utf-8")
    attachment.write_text(sound.replace("pack: hello", "pack: helo"), encoding="utf-8")
    link = f"https://gitlab.example/acme/packs/-/blob/{author.commit()}/attachments/"
    first = merge_request()
    assert job(first, "validate").code == 3
    report = ElementTree.parse(first.folder / "validate.xml").getroot()
    assert report.find(".//failure") is not None or report.find(".//error") is not None
    assert job(first, "plan", GITLAB_TOKEN="bot-token").code == 3
    (body,) = site.bodies()
    assert "unknown-reference" in body
    assert link in body

    attachment.write_text(sound, encoding="utf-8")
    (author.folder / "guides/hello/user.md").write_text("# Using it\n", encoding="utf-8")
    author.commit()
    second = merge_request()
    assert job(second, "validate").code == 0
    done = job(second, "plan", GITLAB_TOKEN="bot-token")
    assert done.code == 0, done.err
    (body,) = site.bodies()
    assert body.startswith("<!-- reconciler-plan -->")
    assert "unknown-reference" not in body


def test_a_fork_has_its_plan_in_a_file(merge_request: Any, site: Any) -> None:
    fork = merge_request()
    assert job(fork, "plan").code == 0
    page = (fork.folder / "plan.md").read_text(encoding="utf-8")
    assert page.startswith("<!-- reconciler-plan -->\n")
    assert site.asked == []


def test_a_plan_that_can_not_be_made_says_so_in_the_note(merge_request: Any, site: Any) -> None:
    desk = merge_request()
    done = job(desk, "plan", GITLAB_TOKEN="bot-token", CI_MERGE_REQUEST_TARGET_BRANCH_SHA="0" * 40)
    assert done.code == 1
    (body,) = site.bodies()
    assert "could not be planned" in body


def test_a_pass_is_applied_once_the_store_is_known(merge_request: Any, tmp_path: Path) -> None:
    desk = merge_request()
    without = job(desk, "apply")
    assert without.code != 0
    assert "is missing: add the variable RECONCILER_STORE" in without.err
    store = f"sqlite:///{tmp_path / 'base.db'}"
    done = job(desk, "apply", RECONCILER_STORE=store, GITLAB_USER_LOGIN="ann")
    assert done.code == 0, done.err
    assert "1 attachment installed" in done.out
