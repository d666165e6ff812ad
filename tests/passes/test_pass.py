"""One pass on a real repository and store: what is written, refused, guarded and told."""

import subprocess
from typing import Any

import pytest

from reconciler.desired.why import explanations
from reconciler.errors import (
    InvalidRevision,
    LeaseHeld,
    RefusedByLimit,
    SourceError,
    StalePlan,
)
from reconciler.model.changes import Gate
from reconciler.plan.digest import digest
from reconciler.reconcile import preview, reconcile, validate
from reconciler.store import check, export, restore
from reconciler.wiring import open_world

NOV20 = "2026-11-20T12:00"


@pytest.fixture(params=["sqlite", "postgresql", "parts"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# A store in parts was made, and given its identity, before the test.
new_stores = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def changes(outcome: Any) -> list[str]:
    assert outcome.plan is not None
    return [
        f"{c.action} {c.name} {c.before}>{c.after} x{c.attachments}"
        for c in outcome.plan.changes
        if c.kind in ("Release", "Attachment") and c.action not in ("create", "update", "delete")
    ]


def events(office: Any) -> list[str]:
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        return [str(event.draft.kind) for event in world.store.events()]


def test_a_second_pass_writes_nothing_and_tells_nothing(office: Any) -> None:
    office.commit()
    assert office.apply(NOV20).moved == 5
    content, told = office.content(), events(office)
    again = office.apply(NOV20)
    assert (again.moved, again.plan, again.run) == (0, None, None)
    assert office.content() == content
    assert events(office) == told


def test_reformatting_and_moving_plans_nothing_and_tells_nothing(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    told, base = events(office), office.base()
    office.documents = dict(reversed(office.documents.items()))
    office.commit("reorder")
    folder = office.folder / "moved"
    folder.mkdir()
    (office.folder / "release.yaml").rename(folder / "releases.yml")
    import yaml

    texts = [yaml.safe_dump(d) for d in yaml.safe_load_all((folder / "releases.yml").read_text())]
    (folder / "releases.yml").write_text("# tidied\n" + "---\n".join(texts))
    git = subprocess.run
    git(["git", "-C", str(office.folder), "add", "-A"], check=True)
    name = ["-c", "user.name=p", "-c", "user.email=p@example.com"]
    git(["git", "-C", str(office.folder), *name, "commit", "-qm", "move"], check=True)
    outcome = office.apply("2026-11-21T12:00")
    assert outcome.plan is not None
    assert outcome.plan.changes == ()
    assert outcome.run is None
    assert events(office) == told
    after = office.base()
    assert after.applied.revision != base.applied.revision
    assert after.attachments == base.attachments
    assert after.packs == base.packs


def test_a_revision_that_changes_nothing_writes_one_row_and_a_refused_one_writes_none_again(
    office: Any,
) -> None:
    office.commit()
    office.apply(NOV20)
    before = office.tables()
    office.commit("nothing")
    office.apply("2026-11-21T12:00")
    after = office.tables()
    assert [name for name, rows in after.items() if rows != before[name]] == ["applied"]
    office.attach("nobody", "orders")
    office.commit()
    assert office.apply("2026-11-22T12:00").exit_code == 3
    refused = office.content()
    assert office.apply("2026-11-23T12:00").exit_code == 3
    assert office.content() == refused


def test_a_bad_revision_is_refused_whole_and_the_last_good_one_stays(office: Any) -> None:
    good = office.commit()
    office.apply(NOV20)
    office.release("orders", "1.1.0")
    office.attach("nobody", "orders")
    office.commit()
    outcome = office.apply("2026-11-21T12:00")
    assert isinstance(outcome.error, InvalidRevision)
    assert outcome.exit_code == 3
    assert outcome.in_force == good
    assert office.runs()["acme/orders"] == "1.0.0"
    content = office.content()
    assert office.apply("2026-11-22T12:00").exit_code == 3
    assert events(office).count("refused") == 1
    assert len(content) == len(office.content())


def test_many_small_deletions_count_together_against_the_limit(office: Any) -> None:
    office.publisher(limits={"maxUninstalls": 1})
    office.commit()
    office.apply(NOV20)
    office.drop("Attachment", "acme/orders")
    office.drop("Attachment", "acme/stock/east")
    office.commit()
    outcome = office.apply("2026-11-21T12:00")
    assert isinstance(outcome.error, RefusedByLimit)
    assert "2 attachments would be uninstalled" in outcome.error.message
    assert "acknowledged" in (outcome.error.hint or "")
    assert len(office.runs()) == 5
    allowed = office.apply("2026-11-21T12:00", allow_destructive=True)
    assert allowed.error is None
    assert len(office.runs()) == 3
    assert "override" in events(office)


@pytest.mark.parametrize(
    ("attachments", "expires", "passes"),
    [(2, "2026-12-01", True), (1, "2026-12-01", False), (2, "2026-11-21", False)],
)
def test_an_acknowledgement_covers_what_it_names_until_it_expires(
    office: Any, attachments: int, expires: str, passes: bool
) -> None:
    office.publisher(limits={"maxUninstalls": 0})
    office.commit()
    office.apply(NOV20)
    entry: dict[str, str | int] = {"action": "uninstall", "name": "stock", "reason": "moved"}
    entry |= {"attachments": attachments, "expires": expires}
    office.publisher(limits={"maxUninstalls": 0}, acknowledged=[entry])
    office.drop("Attachment", "acme/stock/west")
    office.drop("Attachment", "acme/stock/east")
    office.commit()
    assert (office.apply("2026-11-21T12:00").error is None) == passes


def test_the_stricter_limit_of_two_revisions_counts(office: Any) -> None:
    office.publisher(limits={"maxUninstalls": 0})
    office.commit()
    office.apply(NOV20)
    office.publisher(limits={"maxUninstalls": "100%"})
    office.drop("Attachment", "acme/orders")
    office.commit()
    assert isinstance(office.apply("2026-11-21T12:00").error, RefusedByLimit)


def test_rollbacks_have_a_limit_of_their_own_that_is_zero(office: Any) -> None:
    office.publisher()
    office.release("orders", "1.1.0")
    office.commit()
    office.apply(NOV20)
    office.drop("Release", "orders@1.1.0")
    office.commit()
    outcome = office.apply("2026-11-21T12:00")
    assert outcome.exit_code == 4
    assert "rolled back" in outcome.error.message


def test_a_limit_refused_revision_that_withdraws_tonights_release_makes_it_wait(
    office: Any,
) -> None:
    office.publisher(limits={"maxUninstalls": 0})
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply(NOV20)
    office.drop("Release", "orders@1.1.0")
    office.drop("Attachment", "acme/stock/east")
    office.commit()
    outcome = office.apply("2026-12-01T05:00")
    assert outcome.exit_code == 4
    assert [(c.action, c.gate) for c in outcome.plan.waiting] == [("promote", Gate.CONTESTED)]
    assert office.runs()["acme/orders"] == "1.0.0"
    assert events(office).count("contested") == 1
    base = office.base()
    told = explanations(base, "acme", "orders", outcome.plan.now)[0]
    assert told.state == "waiting"
    assert any("a limit refused" in str(part) for words in told.sentences for part in words)


def test_a_revision_that_does_not_descend_needs_allow_rewind(office: Any) -> None:
    office.release("orders", "1.1.0")
    release = office.documents.pop(("Release", "orders@1.1.0"))
    first = office.commit()
    office.documents["Release", "orders@1.1.0"] = release
    office.commit()
    office.apply(NOV20)
    outcome = office.apply("2026-11-21T12:00", revision=first)
    assert isinstance(outcome.error, StalePlan)
    assert outcome.exit_code == 5
    assert office.runs()["acme/orders"] == "1.1.0"
    rewound = office.apply("2026-11-21T12:00", revision=first, allow_rewind=True)
    assert rewound.error is None
    assert changes(rewound) == ["rollback orders 1.1.0>1.0.0 x3"]


def test_an_empty_tree_is_a_failure_and_never_an_empty_desired_state(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    for name in list(office.documents):
        if name[0] != "Publisher":
            office.drop(*name)
    office.commit()
    error = office.apply("2026-11-21T12:00").error
    assert isinstance(error, SourceError)
    assert "nothing but the publisher" in error.message
    assert len(office.runs()) == 5


def test_a_saved_plan_is_applied_only_while_it_is_still_the_plan(office: Any) -> None:
    office.commit()
    with open_world(office.settings(NOV20), store="optional") as world:
        plan = preview(world).plan
    assert plan is not None
    saved = {"digest": plan.digest, "revision": plan.revision}
    with open_world(office.settings(NOV20, revision=plan.revision), store="create") as world:
        assert reconcile(world, expected=saved).error is None
        with pytest.raises(StalePlan):
            reconcile(world, expected=saved)


@new_stores
def test_a_digest_depends_on_store_and_object(office: Any) -> None:
    office.commit()
    with open_world(office.settings(NOV20), store="optional") as world:
        plan = preview(world).plan
    assert plan is not None
    assert digest(None, plan.revision, plan.changes) == plan.digest
    assert digest("other", plan.revision, plan.changes) != plan.digest
    assert digest(None, plan.revision, plan.changes[1:]) != plan.digest


def test_only_one_pass_writes_at_a_time(office: Any) -> None:
    office.commit()
    with open_world(office.settings(NOV20, lease_wait_seconds=0.1), store="create") as world:
        assert world.store is not None
        with world.store.session(0.1), pytest.raises(LeaseHeld, match="another reconciler"):
            reconcile(world)


def test_a_lost_store_is_rebuilt_by_one_pass_and_says_what_it_can_not_know(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.attach("globex", "orders", adopt="1.1.0")
    office.commit()
    office.apply(NOV20)
    before = office.runs()
    office.lose_store()
    office.apply("2026-11-25T12:00")
    assert office.runs() == before
    assert "cold-start" in events(office)


def test_a_lost_store_comes_back_from_its_export_with_what_accounts_asked_for(office: Any) -> None:
    from reconciler.desired import requests
    from reconciler.model.base import AttachmentKey

    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply(NOV20)
    own, adopter = (AttachmentKey(account=a, pack="orders") for a in ("initech", "acme"))
    with open_world(office.settings(NOV20), store="existing", writes=True) as world:
        assert world.store is not None
        at = world.clock.now()
        world.store.request("initech", "orders", lambda b: requests.install(b, own, at, "initech"))
        world.store.request(
            "acme", "orders", lambda b: requests.adopt(b, adopter, None, at, "acme")
        )
        lines = list(export(world.store))
        before = world.store.base()
        rows = dict(before.attachments.items())
        office.lose_store()
        restore(office.store_url, lines, clock=world.clock, rehearsal=True)
    outcome = office.apply("2026-11-21T12:00")
    assert outcome.moved == 0
    after = office.base()
    assert after.attachments == rows
    assert after.packs == before.packs
    assert "restored" in events(office)
    assert check(office.store_url) == []


@pytest.mark.parametrize("later", ["2027-01-01T00:00", "2031-06-15T03:00", "2095-01-01T00:00"])
def test_years_of_releases_validate_apply_and_rebuild_at_any_later_time(
    office: Any, later: str
) -> None:
    for year in range(2020, 2027):
        office.release("orders", f"{year}.0.0", on=f"{year}-12-01")
    office.attach("globex", "orders", adopt="2026.0.0", hold={"until": "2026-12-24", "reason": "x"})
    office.publisher(
        freezes=[{"name": "f", "reason": "r", "from": "2026-12-20", "until": "2026-12-24"}]
    )
    office.commit()
    office.apply(NOV20)
    with open_world(office.settings(later), store="none") as world:
        assert validate(world).valid
    assert office.apply(later).error is None
    kept = office.runs()
    office.lose_store()
    assert office.apply(later).error is None
    assert office.runs() == kept
    assert kept["globex/orders"] == "2026.0.0"


def test_a_rename_carries_attachments_and_history(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    office.documents = {
        (kind, name.replace("orders", "sales")): _renamed(document)
        for (kind, name), document in office.documents.items()
    }
    office.documents["IntegrationPack", "sales"]["metadata"]["renamedFrom"] = ["orders"]
    office.commit()
    outcome = office.apply("2026-11-21T12:00")
    assert outcome.error is None
    assert changes(outcome) == []
    assert outcome.moved == 0
    assert office.runs()["acme/sales"] == "1.0.0"
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        assert {line.action for line in world.store.history(pack="sales")} == {"install"}
    assert office.apply("2026-11-22T12:00").plan is None


def _renamed(document: Any) -> Any:
    import json

    return json.loads(json.dumps(document).replace('"orders"', '"sales"'))


def test_a_publishers_first_files_can_be_validated_before_any_commit(office: Any) -> None:
    office.commit()
    for file in office.folder.glob("*.yaml"):
        file.rename(office.folder.parent / file.name)
    fresh = type(office).opened(office.folder.parent / "fresh")
    for file in office.folder.parent.glob("*.yaml"):
        file.rename(fresh.folder / file.name)
    with open_world(fresh.settings(NOV20), store="none") as world:
        assert validate(world, worktree=True).valid


def test_a_base_without_a_publisher_is_nothing_to_compare_with(office: Any) -> None:
    documents, office.documents = office.documents, {}
    empty = office.commit()
    office.documents = documents
    office.attach("nobody", "orders")
    office.commit()
    with open_world(office.settings(NOV20), store="none") as world:
        judgement = validate(world, base=empty)
    assert [finding.new for finding in judgement.findings if finding.severity == "error"] == [True]


def test_a_second_mistake_of_the_same_kind_is_new(office: Any) -> None:
    office.attach("nobody", "orders")
    base = office.commit()
    office.attach("nobody", "stock", instance="east")
    office.attach("nobody", "stock", instance="west")
    office.commit()
    with open_world(office.settings(NOV20), store="none") as world:
        found = validate(world, base=base).findings
    errors = [finding for finding in found if finding.rule == "unknown-reference"]
    assert sorted(finding.new is True for finding in errors) == [False, True, True]


@new_stores
def test_a_store_whose_creation_was_cut_off_is_none_and_the_next_pass_makes_it(office: Any) -> None:
    office.commit()
    office.sql("SELECT 1" if office.server_url else "PRAGMA journal_mode = WAL")
    with open_world(office.settings(NOV20), store="optional") as world:
        assert world.store is None
        assert preview(world).exit_code == 0
    assert office.apply(NOV20).moved == 5
