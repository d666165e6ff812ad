"""An autumn at Larkfield -> an install base in which there is something to see on every page.

Played by the real program, from the first commit in September to the morning of NOW.
"""

import io
from collections.abc import Callable
from pathlib import Path

from demo import branches
from demo.edits import change_process, replace_text
from demo.server import served
from demo.stage import Stage

NOW = "2026-11-24T15:30:00Z"

# What the publisher had not written yet when the story begins.
_LATER = (
    "releases/order-to-cash/1.4.0.yaml",
    "releases/invoices/3.1.0.yaml",
    "releases/stock-levels/2.0.0.yaml",
    "releases/stock-levels/2.1.0.yaml",
    "attachments/globex/stock-levels.yaml",
    "attachments/wonka/stock-levels-production.yaml",
    "attachments/wonka/stock-levels-rehearsal.yaml",
)
# When shops tried stock-levels 2.1.0, by the name of their city.
_TRIED = (
    ("2026-11-10T08:05:00Z", "berlin"),
    ("2026-11-10T13:40:00Z", "new-york"),
    ("2026-11-11T09:15:00Z", "vienna"),
    ("2026-11-12T07:55:00Z", "zurich"),
    ("2026-11-13T01:20:00Z", "tokyo"),
    ("2026-11-16T08:30:00Z", "copenhagen"),
    ("2026-11-16T10:05:00Z", "oslo"),
    ("2026-11-17T09:45:00Z", "stockholm"),
    ("2026-11-18T14:10:00Z", "toronto"),
    ("2026-11-19T08:00:00Z", "dublin"),
    ("2026-11-20T09:30:00Z", "london"),
    ("2026-11-23T08:20:00Z", "warsaw"),
    ("2026-11-24T08:45:00Z", "rome"),
)


def september(stage: Stage) -> None:
    """The first pass: four packs, and the shops of a chain beside the accounts of example-repo."""
    stage.scene("The first pass", "2026-09-14T14:00:00Z")
    stage.open()
    for path in _LATER:
        _moved(stage.repository / path, _drawer(stage, path))
    _write(stage, "accounts/northwind.yaml", branches.accounts())
    _write(stage, "groups/northwind.yaml", branches.group())
    _write(stage, "attachments/northwind.yaml", branches.attachments(regions=False))
    stage.git("add", "--all")
    stage.git("commit", "--quiet", "--amend", "--message", "Everything that Larkfield declares")
    _apply(stage)


def autumn(stage: Stage) -> None:
    """Three releases: on a date, at once, and two in one commit."""
    stage.scene("The window of partner-api 1.1.0", "2026-10-05T04:00:00Z")
    _apply(stage)
    stage.scene("An immediate release", "2026-10-19T15:00:00Z")
    _back(stage, "order-to-cash 1.4.0: empty orders are refused", _LATER[:1])
    stage.scene("Two more", "2026-11-02T15:20:00Z")
    _back(stage, "invoices 3.1.0 and stock-levels 2.0.0", _LATER[1:3])


def testing_period(stage: Stage) -> None:
    """stock-levels 2.1.0 is to come on 1 December; shops try it one after another."""
    stage.scene("A testing period begins", "2026-11-09T16:00:00Z")
    _write(stage, "attachments/northwind.yaml", branches.attachments(regions=True))
    _back(stage, "stock-levels 2.1.0, on 1 December", _LATER[3:])
    _deliver(stage, f"{branches.CHAIN}-{_TRIED[0][1]}")
    _try(stage, _TRIED[:-2])


def second_release(stage: Stage) -> None:
    """order-to-cash 1.5.0 is to come on 8 December; one attachment is held back."""
    stage.scene("Another release, for 8 December", "2026-11-20T16:00:00Z")
    hooli = stage.repository / "attachments/hooli/order-to-cash.yaml"
    with hooli.open("a", encoding="utf-8") as file:
        file.write("  hold:\n    until: 2026-12-15\n    reason: Their new ERP goes live.\n")
    stage.type(f"release order-to-cash --on 2026-12-08 --version 1.5.0 --now {stage.now}")
    stage.commit("order-to-cash 1.5.0, on 8 December")
    _apply(stage)
    _try(stage, _TRIED[-2:-1])
    stage.scene("acme tries it", "2026-11-23T14:00:00Z")
    _adopt(stage, "acme", "order-to-cash")


def this_morning(stage: Stage) -> None:
    """A refused commit that was mended, a version that nobody released, and wishes of acme."""
    _try(stage, _TRIED[-1:])
    stage.scene("A typing error", "2026-11-24T09:10:00Z")
    attachment = stage.repository / "attachments/globex/order-to-cash.yaml"
    replace_text(attachment, "pack: order-to-cash", "pack: order-to-cahs")
    stage.commit("Tidy up")
    _apply(stage, code=3)
    stage.scene("Mended", "2026-11-24T09:25:00Z")
    replace_text(attachment, "pack: order-to-cahs", "pack: order-to-cash")
    change_process(stage.repository, "stock-alerts", "2.0", "2.1", "Alerts name the warehouse.")
    stage.type(
        "package stock-alerts --version 2.1 --shareable"
        " --content components/stock-alerts/2.1/process.xml"
    )
    stage.commit("Mend the typing error; stock-alerts 2.1 is packaged")
    _apply(stage)
    stage.scene("The shop in Paris chooses a slot", "2026-11-24T10:15:00Z")
    as_paris = f"--actor '{branches.CHAIN}-paris (token \"desk\")' --now {stage.now}"
    at = "--at 2026-11-28T21:00:00+01:00"
    stage.type(f"account adopt {branches.CHAIN}-paris stock-levels {at} {as_paris}")
    stage.scene("acme installs for itself", "2026-11-24T13:05:00Z")
    as_acme = f"--actor 'acme (token \"desk\")' --now {stage.now}"
    stage.type(f"account install acme invoices --environment production {as_acme}")
    stage.type(f"account copy-template acme csv-to-orders {as_acme}")


SCENES: tuple[Callable[[Stage], None], ...] = (
    september,
    autumn,
    testing_period,
    second_release,
    this_morning,
)


def _apply(stage: Stage, code: int = 0) -> None:
    stage.type(f"apply --now {stage.now}", code)


def _try(stage: Stage, tried: tuple[tuple[str, str], ...]) -> None:
    for at, city in tried:
        stage.scene(city, at)
        _adopt(stage, f"{branches.CHAIN}-{city}", "stock-levels")


def _deliver(stage: Stage, account: str) -> None:
    """The account's runtime fetches what it should run, reports it, and is not seen again."""
    token = stage.folder / "runtime.token"
    token.write_text(stage.token("runtime", "account", account), encoding="utf-8")
    with served(stage, io.StringIO()) as (_, address):
        stage.type(
            f"agent --server {address} --account {account} --folder ../runtime"
            f" --name {account} --token-file {token} --once"
        )
    token.unlink()


def _adopt(stage: Stage, account: str, pack: str) -> None:
    actor = f"--actor '{account} (token \"desk\")'"
    stage.type(f"account adopt {account} {pack} {actor} --now {stage.now}")


def _back(stage: Stage, message: str, paths: tuple[str, ...]) -> None:
    """Files that lay in the drawer are committed, and a pass applies them."""
    for path in paths:
        _moved(_drawer(stage, path), stage.repository / path)
    stage.commit(message)
    _apply(stage)


def _drawer(stage: Stage, path: str) -> Path:
    return stage.folder / "later" / path


def _moved(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def _write(stage: Stage, path: str, text: str) -> None:
    (stage.repository / path).write_text(text, encoding="utf-8")
