"""account: slots, settings and what an account sees, as typed."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
NOW = "2026-11-22T15:00:00Z"
SLOT = "2026-11-28T03:00:00+01:00"
HELLO = ("first-customer", "hello")


@pytest.fixture
def larkfield(shell: Any) -> Any:
    """A copy of example-repo/, committed and applied."""
    shutil.copytree(TOP / "example-repo", shell.folder, dirs_exist_ok=True)
    shell.git("init", "--quiet", "--initial-branch", "main")
    shell.commit()
    assert shell.at(NOW, "apply").code == 0
    return shell


def test_a_slot_is_chosen_moved_taken_back_and_served(pending: Any) -> None:
    adopt = ("account", "adopt", *HELLO, "--at")
    done = pending.at(NOW, *adopt, SLOT, "--format", "json")
    assert done.code == 0, done.err
    assert (done.json()["action"], done.json()["changed"]) == ("slot", True)
    assert pending.at(NOW, "account", "withdraw-slot", *HELLO).code == 0
    assert "nothing was changed" in pending.at(NOW, "account", "withdraw-slot", *HELLO).out
    assert pending.at(NOW, *adopt, SLOT).code == 0
    assert "has chosen a slot" in pending.at(NOW, "why", *HELLO).out
    [row] = pending.at(NOW, "attachments", "--format", "json").lines()
    assert (row["slot"], row["adopted"]) == ("2026-11-28T02:00:00Z", False)
    assert pending.at(NOW, "status", "--format", "json").json()["next_due"] == row["slot"]
    kinds = [entry["kind"] for entry in pending.at(NOW, "calendar", "--format", "json").lines()]
    assert kinds == ["slot", "window"]
    served = pending.at("2026-11-28T02:00:00Z", "apply", "--format", "json").json()
    assert (served["applied"]["attachments"], served["late"]) == (1, 0)
    last = pending.at(NOW, "history", "--format", "json").lines()[-1]
    assert (last["action"], last["after"]) == ("slot", "1.0.1")


@pytest.mark.parametrize(
    ("at", "code", "words"),
    [
        ("2026-12-01T05:00:00Z", 1, "before the release window"),
        ("2026-11-20T05:00:00Z", 1, "a slot lies ahead"),
        ("2026-11-28T03:00:00", 64, "has no offset"),
    ],
)
def test_a_slot_that_does_not_fit_is_refused_with_its_reason(
    pending: Any, at: str, code: int, words: str
) -> None:
    done = pending.at(NOW, "account", "adopt", *HELLO, "--at", at)
    assert done.code == code
    assert words in done.err


def test_an_account_configures_and_sees_whose_value_counts(larkfield: Any) -> None:
    globex = ("globex", "stock-levels")
    done = larkfield.at(
        NOW, "account", "configure", *globex, "--set", "warehouse-api.region=us-east"
    )
    assert done.code == 0, done.err
    assert "the publisher's manifest sets warehouse-api.region" in done.out
    shown = larkfield.at(NOW, "account", "show", *globex)
    assert "Settings of 2.1.0" in shown.out
    assert re.search(r"region +string +eu-west +manifest, over the account's own\n", shown.out)
    [told] = larkfield.at(NOW, "account", "show", *globex, "--format", "json").lines()
    (region,) = (v for v in told["settings"] if (v["release"], v["name"]) == ("2.1.0", "region"))
    assert (region["value"], region["source"], region["overruled"]) == ("eu-west", "manifest", True)
    cleared = larkfield.at(NOW, "account", "configure", *globex, "--unset", "warehouse-api.region")
    assert (cleared.code, larkfield.at(NOW, "account", "show", "nobody").code) == (0, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--unset", "region"),
        ("--set", "api.region"),
        ("--environment", "live", "--no-environments"),
    ],
)
def test_what_is_typed_wrong_exits_64(pending: Any, words: tuple[str, ...]) -> None:
    assert pending.at(NOW, "account", "configure", *HELLO, *words).code == 64


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "greeting.text=Hi", "--unset", "greeting.text"),
        ("--set", "greeting.text=Hi", "--set", "greeting.text=Hello"),
        ("--set", "greeting.text=Hi", "--secret", "greeting.text=vault/hi"),
    ],
)
def test_a_setting_that_is_named_twice_is_asked_about(pending: Any, words: tuple[str, ...]) -> None:
    done = pending.at(NOW, "account", "configure", *HELLO, *words)
    assert done.code == 64
    assert "greeting.text is named twice" in done.err


def test_a_setting_without_a_value_is_told_from_one_of_the_wrong_form(pending: Any) -> None:
    configure = ("account", "configure", *HELLO, "--set")
    done = pending.at(NOW, *configure, "greeting.text=")
    assert (done.code, "'greeting.text' is given no value" in done.err) == (64, True)
    done = pending.at(NOW, *configure, "greeting.text")
    assert (done.code, "'greeting.text' is not that" in done.err) == (64, True)
