"""What a reviewer is told of a release before it happens, by the command line."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "comment.golden.md"
NOW = "2026-11-23T15:00:00Z"
LINK = "https://git.example/larkfield/packs/blob/main"
RELEASE = """\
apiVersion: reconciler/v1
kind: Release
spec:
  pack: order-to-cash
  version: 1.5.0
  components: {order-intake: 1.5.0, credit-check: 1.1.0, shipment-notice: 1.2.0}
  schedule: immediate
  notes: "Closes </details> | nothing, and @larkfield/desk need not look at #12."
"""


@pytest.fixture
def larkfield(shell: Any) -> Any:
    """The example publisher before stock-levels 2.1.0, applied; then with it and a hotfix.

    One attachment goes with them.
    """
    shutil.copytree(TOP / "example-repo", shell.folder, dirs_exist_ok=True)
    shell.git("init", "--quiet", "--initial-branch", "main")
    release = shell.folder / "releases/stock-levels/2.1.0.yaml"
    early = [*(shell.folder / "attachments").glob("*/stock-levels*.yaml")]
    texts = {path: path.read_text(encoding="utf-8") for path in (release, *early)}
    for path in early:
        fewer = texts[path].partition("    warehouse-api:")[0].replace("  adopt: 2.1.0\n", "")
        path.write_text(fewer, encoding="utf-8")
    release.unlink()
    shell.commit()
    assert shell.at(NOW, "apply").code == 0, shell.at(NOW, "validate").out
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    shell.write("releases/order-to-cash/1.5.0.yaml", RELEASE)
    (shell.folder / "attachments/wayne/invoices.yaml").unlink()
    shell.commit()
    return shell


def test_a_comment_tells_a_reviewer_everything(larkfield: Any) -> None:
    done = larkfield.at(NOW, "plan", "--format", "markdown", "--link", LINK)
    told = _without_digests(done.out)
    if os.environ.get("RECONCILER_WRITE_GOLDENS"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")


def _without_digests(told: str) -> str:
    """The footer names commits and a plan, which differ from run to run."""
    *lines, foot = told.splitlines()
    assert foot.startswith("<sub>Plan `")
    return "\n".join(lines) + "\n"


def test_a_plan_says_who_will_miss_a_value_and_how_to_see_more(larkfield: Any, fits: Any) -> None:
    told = larkfield.at(NOW, "plan").out
    assert (
        "1 account will miss a value: warehouse-api.region (string, required, new in 2.1.0)"
        "  reconciler impact stock-levels 2.1.0" in told
    )
    plan = larkfield.at(NOW, "plan", "--format", "json").json()
    fits("plan", plan)
    found = {impact["pack"]: impact for impact in plan["impacts"]}
    assert found["stock-levels"]["gaps"]["items"] == [
        {"account": "initech", "names": ["warehouse-api.region"]}
    ]
    assert found["order-to-cash"]["timing"] == "now"
    releases = [change for change in plan["changes"] if change["action"] == "release"]
    assert [change["attachments"] for change in releases] == [
        found[change["name"]]["attachments"] for change in releases
    ]


def test_a_release_is_told_of_in_full_before_and_after_it_is_applied(
    larkfield: Any, fits: Any
) -> None:
    words = ("impact", "stock-levels", "2.1.0")
    before = larkfield.at(NOW, *words, "--format", "json").json()
    fits("impact", before)
    assert (before["action"], before["timing"], before["stored"]) == ("schedule", "window", True)
    assert before["attachments"] == 3
    assert before["running"] == {"attachments": 1, "accounts": 1}
    assert larkfield.at(NOW, "apply", "--allow-destructive").code == 0
    after = larkfield.at(NOW, *words, "--format", "json").json()
    fits("impact", after)
    assert (after["action"], after["attachments"]) == (None, 3)
    assert after["adopters"] == {
        "release": "2.1.0",
        "keep": True,
        "attachments": 1,
        "accounts": 1,
    }
    text = larkfield.at(NOW, *words)
    assert text.code == 0
    assert text.out.splitlines()[:2] == [
        "stock-levels 2.0.0 → 2.1.0, Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC",
        "3 attachments in 3 accounts get it; 1 attachment in 1 account runs it already"
        " as an early adopter.",
    ]
    assert "regression.xml passed: 6 tests" in text.out


def test_without_a_store_the_manifests_are_counted_and_that_is_said(larkfield: Any) -> None:
    none = ("--store", "sqlite:///none.db")
    done = larkfield.at(NOW, "impact", "stock-levels", "2.1.0", *none)
    assert done.code == 0
    assert "No install base was asked" in done.out
    assert "3 attachments in 3 accounts get it" in done.out
    assert not (larkfield.folder / "none.db").exists()


def test_the_working_tree_is_looked_at_where_it_is_asked_for(larkfield: Any) -> None:
    path = larkfield.folder / "releases/stock-levels/2.1.0.yaml"
    path.write_text(path.read_text().replace("2026-12-01", "2026-12-08"), encoding="utf-8")
    words = ("impact", "stock-levels", "2.1.0", "--format", "json")
    head, disk = (larkfield.at(NOW, *words, *more) for more in ((), ("--worktree",)))
    assert head.json()["window"]["opens_at"] == "2026-12-01T05:00:00Z"
    assert disk.json()["window"]["opens_at"] == "2026-12-08T05:00:00Z"
    assert "1 manifest is uncommitted" in head.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("stok-levels", "2.1.0"), 1, 'did you mean "stock-levels"?'),
        (("stock-levels", "2.1.1"), 1, 'did you mean "2.1.0"?'),
        (("stock-levels", "7"), 1, "its newest is 2.1.0"),
        (("stock-levels", "2.1.0", "--link", "javascript:alert(1)"), 64, "is no http or https URL"),
        (("stock-levels", "2.1.0", "--link", "https://x.example/)[a]("), 64, "is no http or https"),
        (("stock-levels", "2.1.0", "--worktree", "--revision", "HEAD"), 64, "exclude each other"),
    ],
)
def test_wrong_words_are_answered_with_a_way_out(
    larkfield: Any, words: tuple[str, ...], code: int, said: str
) -> None:
    done = larkfield.at(NOW, "impact", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_the_policy_stops_a_release_that_accounts_lack_values_for(larkfield: Any) -> None:
    publisher = (larkfield.folder / "publisher.yaml").read_text(encoding="utf-8")
    raised = publisher.replace("  policies:\n", "  policies:\n    extension-missing: error\n")
    larkfield.write("publisher.yaml", raised)
    larkfield.commit()
    for command in ("validate", "plan", "apply"):
        done = larkfield.at(NOW, command)
        assert done.code == 3, done.out
    told = larkfield.at(NOW, "validate").out
    assert "warehouse-api.region, which stock-levels 2.1.0 (pending) requires" in told
    attachment = larkfield.folder / "attachments/initech/stock-levels.yaml"
    given = attachment.read_text(encoding="utf-8")
    attachment.write_text(given + "    warehouse-api: {region: eu}\n", encoding="utf-8")
    larkfield.commit()
    assert larkfield.at(NOW, "validate").code == 0
    attachment.write_text(given, encoding="utf-8")
    _give_a_default(larkfield)
    larkfield.commit()
    done = larkfield.at(NOW, "apply", "--allow-destructive")
    assert done.code == 0, done.err + larkfield.at(NOW, "validate").out


def _give_a_default(shell: Any) -> None:
    """The release with a newer version, whose required extension has a default."""
    component = shell.folder / "components/stock-sync/2.1/component.yaml"
    text = component.read_text(encoding="utf-8").replace('version: "2.1"', 'version: "2.2"')
    required = "region: {type: string, required: true}"
    given = "region: {type: string, required: true, default: eu}"
    assert required in text
    shell.write("components/stock-sync/2.2.yaml", text.replace(required, given))
    release = shell.folder / "releases/stock-levels/2.1.0.yaml"
    old = release.read_text(encoding="utf-8")
    assert 'stock-sync: "2.1"' in old
    release.write_text(old.replace('stock-sync: "2.1"', 'stock-sync: "2.2"'), encoding="utf-8")
