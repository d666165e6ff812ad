"""The story of make demo: what is typed, what to look at, and what must have happened after it."""

import hashlib
from collections.abc import Callable
from typing import Any

from demo.edits import change_process, replace_text
from demo.stage import Stage

BEFORE_MIDNIGHT = "2026-12-01T04:59:59Z"
MIDNIGHT = "2026-12-01T05:00:00Z"


def first_apply(stage: Stage) -> None:
    """Validation, the plan, and the first pass."""
    stage.scene("Larkfield keeps four packs and thirteen accounts in git", "2026-11-23T15:00:00Z")
    stage.open()
    stage.say("Are the manifests right? One warning: initech has not filled in a value yet.")
    stage.type(f"validate --now {stage.now}")
    stage.say("What would a pass do? Nothing is written; the store does not even exist yet.")
    stage.type(f"plan --now {stage.now}")
    stage.say("Do it. --now makes a rehearsal store, whose clock is what we say it is.")
    stage.type(f"apply --now {stage.now}")
    stage.say("stock-levels 2.1.0 is dated 1 December, so its testing period has begun.")
    stage.type(f"status --now {stage.now}")
    pack = _pack(stage, "stock-levels")
    stage.check(
        pack["current"] == "2.0.0" and pack["pending"]["version"] == "2.1.0",
        "2.0.0 is current and 2.1.0 pending",
    )
    stage.check(pack["pending"]["adopted"] == 1, "one attachment adopts 2.1.0 by its manifest")


def adoption(stage: Stage) -> None:
    """One account adopts the pending release."""
    stage.scene("An account tries the new release", "2026-11-24T09:00:00Z")
    stage.say("What does globex, in Paris, run, and what comes when?")
    stage.type(f"why globex stock-levels --now {stage.now}")
    stage.say("It does not want to wait.")
    stage.type(f"account adopt globex stock-levels --now {stage.now}")
    stage.type(f"attachments --pack stock-levels --now {stage.now}")
    stage.check(_runs(stage, "stock-levels") == {"2.0.0": 2, "2.1.0": 2}, "two adopters of four")


def window(stage: Stage) -> None:
    """The window opens at midnight of the publisher's zone; everybody else is upgraded."""
    stage.scene("One second before midnight in New York", BEFORE_MIDNIGHT)
    stage.say("It is 1 December in Paris and in London already. That does not count.")
    stage.type(f"apply --now {stage.now}")
    stage.check(_runs(stage, "stock-levels") == {"2.0.0": 2, "2.1.0": 2}, "nothing has moved")
    stage.scene("Midnight in New York: the window is open", MIDNIGHT)
    stage.say("Everybody who has not adopted 2.1.0 gets it now; adopters are left as they are.")
    stage.type(f"apply --now {stage.now}")
    stage.type(f"status --now {stage.now}")
    stage.check(_runs(stage, "stock-levels") == {"2.1.0": 4}, "all four run 2.1.0")
    lines = stage.ask("history --pack stock-levels")
    upgraded = [line["account"] for line in lines if line["action"] == "upgrade"]
    stage.check(sorted(upgraded) == ["initech", "wonka"], "only the other two were upgraded")


def hotfix(stage: Stage) -> None:
    """A hotfix during another testing period supersedes the pending release."""
    stage.scene("Another testing period: order-to-cash 1.5.0, for 8 December", "2026-12-01T16:00Z")
    stage.say("The manifest of a release can be written by hand, or like this:")
    stage.type(f"release order-to-cash --on 2026-12-08 --version 1.5.0 --now {stage.now}")
    stage.commit("order-to-cash 1.5.0, on 8 December")
    stage.type(f"apply --now {stage.now}")
    stage.type(f"account adopt acme order-to-cash --version 1.5.0 --now {stage.now}")
    stage.check(_pack(stage, "order-to-cash")["pending"]["adopted"] == 1, "acme has adopted 1.5.0")

    stage.scene("A hotfix can't wait for the 8th", "2026-12-02T18:00Z")
    _package(stage, "order-intake", "1.5.0", "1.5.1", "Orders in foreign currencies.")
    stage.type(f"release order-to-cash --immediate --version 1.5.1 --now {stage.now}")
    stage.commit("order-to-cash 1.5.1: orders in foreign currencies")
    stage.say("The hotfix is higher than the pending release: it supersedes it, for acme as well.")
    stage.type(f"plan --now {stage.now}")
    stage.type(f"apply --now {stage.now}")
    pack = _pack(stage, "order-to-cash")
    stage.check(pack["pending"] is None, "1.5.0 is not pending any more")
    stage.check(pack["by_release"] == {"1.5.1": 7}, "all seven run the hotfix")


def freeze_and_bad_commit(stage: Stage) -> None:
    """What waits behind a freeze goes out when it ends, though the newest commit is bad."""
    stage.scene("A freeze: accounts close their books on the 3rd and 4th", "2026-12-03T15:00Z")
    _package(stage, "stock-alerts", "2.0", "2.1", "Alerts name the warehouse.")
    stage.type(f"release stock-levels --immediate --version 2.2.0 --now {stage.now}")
    stage.commit("stock-levels 2.2.0: alerts name the warehouse")
    stage.say("An immediate release, but nothing starts during a freeze: it waits.")
    stage.type(f"apply --now {stage.now}")
    stage.type(f"status --now {stage.now}")
    stage.check(_runs(stage, "stock-levels") == {"2.1.0": 4}, "the freeze holds 2.2.0 back")

    stage.scene("A bad commit, in the night before the freeze ends", "2026-12-04T23:00Z")
    attachment = stage.repository / "attachments" / "globex" / "order-to-cash.yaml"
    replace_text(attachment, "pack: order-to-cash", "pack: order-to-cahs")
    stage.commit("Tidy up")
    stage.type(f"validate --now {stage.now}", code=3)
    stage.scene("The freeze is over", "2026-12-05T05:00Z")
    stage.say("The commit is refused, which is what exit code 3 says. What was due goes out.")
    stage.type(f"apply --now {stage.now}", code=3)
    stage.check(_runs(stage, "stock-levels") == {"2.2.0": 4}, "2.2.0 went out all the same")
    stage.check(_runs(stage, "order-to-cash") == {"1.5.1": 7}, "globex lost nothing")
    replace_text(attachment, "pack: order-to-cahs", "pack: order-to-cash")
    stage.commit("Mend the typing error")


def nothing_to_do(stage: Stage) -> None:
    """A second pass writes no byte."""
    stage.scene("Once more, and nothing happens", "2026-12-05T15:00Z")
    stage.type(f"apply --now {stage.now}")
    before = _digest(stage)
    stage.say("A pass that has nothing to do takes no lock and writes no byte.")
    stage.type(f"apply --now {stage.now}")
    stage.check(_digest(stage) == before, "the store is the same, byte for byte")
    stage.say("Who did what, when, under which commit: the log is chained by hashes.")
    stage.type("events --pack stock-levels")
    stage.type("store check")


SCENES: tuple[Callable[[Stage], None], ...] = (
    first_apply,
    adoption,
    window,
    hotfix,
    freeze_and_bad_commit,
    nothing_to_do,
)


def _package(stage: Stage, component: str, before: str, after: str, note: str) -> None:
    """The process is changed and saved, and packaged as a new shareable version."""
    change_process(stage.repository, component, before, after, note)
    content = f"components/{component}/{after}/process.xml"
    stage.type(f"package {component} --version {after} --shareable --content {content}")


def _pack(stage: Stage, name: str) -> Any:
    packs = stage.ask(f"status --now {stage.now}")["packs"]
    return next(pack for pack in packs if pack["name"] == name)


def _runs(stage: Stage, pack: str) -> Any:
    return _pack(stage, pack)["by_release"]


def _digest(stage: Stage) -> str:
    return hashlib.sha256((stage.folder / "rehearsal.db").read_bytes()).hexdigest()
