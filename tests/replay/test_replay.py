"""A history replayed commit by commit: what is right passes, and what is wrong is noticed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.outcome import PassOutcome
from reconciler.reconcile import preview
from replay import play as playing
from replay.__main__ import main
from replay.convert import convert
from replay.documents import Documents, Identity
from replay.generate import CONTENT, generate
from replay.model import Base, Expectation, Told, expected
from replay.play import Deviation, play
from replay.plumbing import Writer, commits

ACCOUNTS = ("acme", "globex", "hooli", "initech")
Edit = Callable[["Publisher"], None]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated history of sixty commits, converted."""
    folder = tmp_path_factory.mktemp("replay")
    generate(folder / "source", commits=60, seed=11)
    made = convert(folder / "source", folder / "publisher", path=CONTENT)
    assert made.commits == 60
    assert made.releases > 40
    return folder / "publisher"


class Publisher:
    """Writes a publisher's history by hand; `documents` are those of the next commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = Writer(folder)
        self.documents: dict[str, Any] = {}
        self.written: set[str] = set()
        self.number = 0
        self.put("Publisher", "us", timeZone="Europe/Berlin", limits=_no_limits())
        for account in ACCOUNTS:
            self.put("ManagedAccount", account)

    def put(self, kind: str, name: str, /, **spec: Any) -> None:
        """`tier` is a label."""
        tier = {"labels": {"tier": spec.pop("tier")}} if "tier" in spec else {}
        header = {"name": name.replace("/", "-").replace("@", "-v").replace(".", "-"), **tier}
        self.documents[f"{kind}/{name}"] = {"kind": kind, "metadata": header, "spec": spec}

    def drop(self, kind: str, name: str) -> None:
        del self.documents[f"{kind}/{name}"]

    def pack(self, name: str, attachment: str = "single") -> None:
        self.put("IntegrationPack", name, attachment=attachment, components=["sync"])

    def release(self, pack: str, version: str, **spec: Any) -> None:
        packaged = {"component": "sync", "type": "process", "version": version, "shareable": True}
        self.put("PackagedComponent", f"sync@{version}", **packaged)
        body = {"pack": pack, "version": version, "components": {"sync": version}}
        self.put("Release", f"{pack}@{version}", **{**body, "schedule": "immediate", **spec})

    def group(self, name: str, packs: Mapping[str, str], **who: Any) -> None:
        resources = [{"pack": pack, "install": install} for pack, install in packs.items()]
        self.put("AccountGroup", name, packs=resources, **who)

    def attach(self, account: str, pack: str, **spec: Any) -> None:
        name = "/".join(filter(None, (account, pack, spec.get("instance"))))
        self.put("Attachment", name, account=account, pack=pack, **spec)

    def commit(self, message: str = "change") -> None:
        files: dict[str, str | None] = dict.fromkeys(self.written)
        self.written = set()
        for name, document in self.documents.items():
            is_publisher = document["kind"] == "Publisher"
            path = "publisher.yaml" if is_publisher else f"manifests/{name.lower()}.yaml"
            text = json.dumps({"apiVersion": "reconciler/v1", **document})
            files[path] = self.writer.blob(text.encode())
            self.written.add(path)
        self.number += 1
        at = 1_790_000_000 + 86_400 * self.number
        self.writer.commit(at, message, sorted(files.items()))


def _no_limits() -> dict[str, str]:
    return {"maxUninstalls": "100%", "maxRollbacks": "100%"}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """Two packs: orders for everybody, stock for whoever a manifest says; one commit."""
    found = Publisher(tmp_path / "publisher")
    found.pack("orders")
    found.pack("stock", "multiple")
    found.release("orders", "1.0.0")
    found.release("stock", "1.0.1")
    found.group("everyone", {"orders": "automatic"}, all=True)
    found.group("chosen", {"stock": "manual"}, accounts=["acme", "globex"])
    found.attach("acme", "stock", instance="east")
    found.commit("begin")
    return found


def test_each_plan_is_its_commits_difference_and_each_second_plan_empty(converted: Path) -> None:
    report = play(converted, refusals=False)
    assert (report.commits, report.refused, report.beyond, report.blind) == (60, 0, 0, False)
    assert report.changes > 100
    assert report.attachments > 100


def skips(p: Publisher) -> None:
    p.release("orders", "1.1.0")
    p.release("orders", "1.2.0")


def goes_back(p: Publisher) -> None:
    p.release("orders", "1.1.0")
    p.commit()
    p.drop("Release", "orders@1.1.0")


def keeps_house(p: Publisher) -> None:
    p.release("orders", "1.1.0")
    p.commit()
    p.drop("Release", "orders@1.0.0")
    p.drop("PackagedComponent", "sync@1.0.0")


def adds_a_pack(p: Publisher) -> None:
    p.pack("new")
    p.release("new", "3.0.0")
    p.release("orders", "1.1.0")


def drops_a_pack(p: Publisher) -> None:
    p.drop("IntegrationPack", "stock")
    p.drop("Release", "stock@1.0.1")
    p.drop("Attachment", "acme/stock/east")
    p.group("chosen", {}, accounts=["acme"])


def adds_an_account(p: Publisher) -> None:
    p.put("ManagedAccount", "umbrella")


def drops_an_account(p: Publisher) -> None:
    p.drop("ManagedAccount", "initech")


def makes_manual(p: Publisher) -> None:
    p.group("everyone", {"orders": "manual"}, all=True)


def makes_automatic_again(p: Publisher) -> None:
    makes_manual(p)
    p.commit()
    p.group("everyone", {"orders": "automatic"}, all=True)


def takes_entitlement(p: Publisher) -> None:
    makes_manual(p)
    p.commit()
    p.group("everyone", {}, all=True)


def chooses_fewer(p: Publisher) -> None:
    p.group("everyone", {"orders": "automatic"}, accounts=["acme"])


def selects_by_label(p: Publisher) -> None:
    p.put("ManagedAccount", "hooli", tier="gold")
    p.group("gold", {"stock": "automatic"}, selector={"matchLabels": {"tier": "gold"}})
    p.commit()
    p.put("ManagedAccount", "acme", tier="gold")


def labels(p: Publisher) -> None:
    p.put("ManagedAccount", "acme", tier="gold")


def declares_what_was_automatic(p: Publisher) -> None:
    p.attach("acme", "orders")


def leaves_it_to_the_group(p: Publisher) -> None:
    p.attach("acme", "orders")
    p.commit()
    p.drop("Attachment", "acme/orders")


def moves_an_attachment(p: Publisher) -> None:
    p.attach("globex", "stock", instance="west")
    p.drop("Attachment", "acme/stock/east")


def sets_environments(p: Publisher) -> None:
    environments = [{"name": "prod", "classification": "production"}]
    p.put("ManagedAccount", "acme", environments=environments)
    p.attach("acme", "stock", instance="east", environments=["prod"])


def does_much_at_once(p: Publisher) -> None:
    p.release("orders", "2.0.0")
    adds_an_account(p)
    p.drop("ManagedAccount", "hooli")
    p.attach("globex", "stock", instance="north")
    p.release("stock", "2.0.1")


def nothing(p: Publisher) -> None:
    assert p.documents


EDITS: tuple[Edit, ...] = (
    skips, goes_back, keeps_house, adds_a_pack, drops_a_pack, adds_an_account, drops_an_account,
    makes_manual, makes_automatic_again, takes_entitlement, chooses_fewer, selects_by_label, labels,
    declares_what_was_automatic, leaves_it_to_the_group, moves_an_attachment, sets_environments,
    does_much_at_once, nothing,
)  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: str(edit.__name__))
def test_the_model_says_what_the_planner_says(publisher: Publisher, edit: Edit) -> None:
    edit(publisher)
    publisher.commit("edit")
    publisher.writer.finish()
    report = play(publisher.folder)
    assert (report.refused, report.beyond, report.blind) == (0, 0, False)


def test_after_a_refused_revision_the_base_stays_and_is_compared_with(publisher: Publisher) -> None:
    publisher.release("orders", "1.1.0", components={"sync": "9.9.9"})
    publisher.commit("break")
    publisher.release("stock", "2.0.1")
    publisher.commit("break more")
    publisher.release("orders", "1.1.0")
    publisher.commit("mend")
    publisher.writer.finish()
    report = play(publisher.folder)
    assert (report.commits, report.refused) == (4, 2)
    with pytest.raises(
        Deviation, match=r"\(break\): refused: .* has 1 error\n  .*: component \"sync\" has no"
    ):
        play(publisher.folder, refusals=False)


def test_packs_with_a_date_are_compared_by_their_declarations(publisher: Publisher) -> None:
    publisher.release("orders", "1.1.0", schedule={"date": "2026-12-24"})
    publisher.commit("schedule")
    publisher.release("stock", "1.1.1")
    publisher.commit("release")
    publisher.writer.finish()
    report = play(publisher.folder)
    assert (report.refused, report.beyond, report.blind) == (0, 1, False)


def lacking(changes: Mapping[Told, int]) -> Mapping[Told, int]:
    return dict(list(changes.items())[1:])


def miscounting(changes: Mapping[Told, int]) -> Mapping[Told, int]:
    return {told: number + 1 for told, number in changes.items()}


def inventing(changes: Mapping[Told, int]) -> Mapping[Told, int]:
    return {**changes, ("Release", "withdraw", "apps", "9.9.9", None): 0}


@pytest.mark.parametrize("wrong", [lacking, miscounting, inventing])
def test_a_change_too_many_too_few_or_miscounted_is_noticed(
    converted: Path, wrong: Callable[[Mapping[Told, int]], Mapping[Told, int]]
) -> None:
    history = commits(converted)

    def expect(base: Base, after: Documents, touched: frozenset[Identity]) -> Expectation:
        right = expected(base, after, touched)
        return replace(right, changes=wrong(right.changes)) if base.current else right

    with pytest.raises(Deviation, match="the changes of plan:\n  ") as found:
        play(converted, expect=expect)
    assert any(f"commit {commit.id} (" in str(found.value) for commit in history[1:])


def test_a_plan_that_lacks_a_change_is_noticed(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.release("orders", "1.1.0")
    publisher.commit("release")
    publisher.writer.finish()

    def poorer(world: Any) -> PassOutcome:
        outcome = preview(world)
        assert outcome.plan is not None
        kept = tuple(c for c in outcome.plan.changes if str(c.action) != "release")
        return replace(outcome, plan=replace(outcome.plan, changes=kept))

    monkeypatch.setattr(playing, "preview", poorer)
    with pytest.raises(Deviation, match=r"release Release orders .*: not in the plan, there by"):
        play(publisher.folder)


def test_a_second_plan_that_is_not_empty_is_noticed(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.writer.finish()
    first: Iterator[PassOutcome] = iter(())

    def stuck(world: Any) -> PassOutcome:
        nonlocal first
        outcome = next(first, None) or preview(world)
        first = iter([outcome])
        return outcome

    monkeypatch.setattr(playing, "preview", stuck)
    with pytest.raises(Deviation, match="the second plan is not empty"):
        play(publisher.folder)


def test_an_install_base_that_is_not_what_the_last_commit_says_is_noticed(
    publisher: Publisher,
) -> None:
    publisher.writer.finish()

    def forgetful(base: Base, after: Documents, touched: frozenset[Identity]) -> Expectation:
        right = expected(base, after, touched)
        rows = {pack: dict(list(rows.items())[1:]) for pack, rows in right.base.rows.items()}
        return replace(right, base=replace(right.base, rows=rows))

    with pytest.raises(Deviation, match=r"pack orders stands at .*1\.0\.0': 4.*, not at .*: 3"):
        play(publisher.folder, expect=forgetful)


def test_the_command_says_what_was_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["all", "--commits", "8", "--seed", "2"]) == 0
    assert "8 commits replayed in" in capsys.readouterr().out
    assert main(["run", str(tmp_path)]) == 1
    assert "error: " in capsys.readouterr().err


def test_a_publisher_in_a_folder_is_replayed_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = Path(__file__).parents[2] / "example-repo"
    writer = Writer(tmp_path / "shared")
    readme = writer.blob(b"ours and theirs\n")
    writer.commit(1_790_000_000, "before there is a publisher", [("README.md", readme)])
    files: dict[str, str | None] = {
        f"shop/{path.relative_to(example).as_posix()}": writer.blob(path.read_bytes())
        for path in sorted(example.rglob("*"))
        if path.is_file()
    }
    writer.commit(1_790_003_600, "a publisher", files.items())
    name, mark = "shop/library/csv-to-orders.yaml", None
    writer.commit(1_790_007_200, "stop sharing", [(name, mark)])
    writer.commit(1_790_010_800, "share again", [(name, files[name])])
    writer.finish()
    assert main(["all", str(tmp_path / "shared"), "--path", "shop"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 commits replayed in")
    assert "declarations alone compared" in told
    assert "refused" not in told
