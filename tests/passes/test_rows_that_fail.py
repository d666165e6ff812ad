"""Attachments that the database refuses to move, as a person meets them: what the pass says."""

from typing import Any

import pytest

from reconciler.errors import RowsSetAside
from reconciler.model.events import EventKind
from reconciler.wiring import open_world


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def poison(office: Any) -> None:
    """globex can't be moved."""
    if office.server_url is None:
        office.sql(
            "CREATE TRIGGER poison BEFORE UPDATE ON attachment WHEN NEW.account_id ="
            " (SELECT id FROM account WHERE name = 'globex')"
            " BEGIN SELECT RAISE(ABORT, 'out of order'); END"
        )
        return
    office.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.account_id = (SELECT id FROM account WHERE name = 'globex')"
        " THEN RAISE 'out of order'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER poison BEFORE UPDATE ON attachment FOR EACH ROW EXECUTE FUNCTION refuse()",
    )


def test_all_others_are_moved_and_the_rest_is_finished_when_it_is_mended(office: Any) -> None:
    office.commit()
    office.apply("2026-11-20T12:00")
    poison(office)
    office.release("orders", "1.1.0")
    office.commit()
    for _ in range(2):
        with pytest.raises(RowsSetAside, match="1 account was set aside") as caught:
            office.apply("2026-11-20T13:00")
        assert "(first globex: out of order); everything else was moved" in caught.value.message
        assert "run again" in str(caught.value.hint)
    assert [office.runs()[f"{name}/orders"] for name in ("acme", "globex", "hooli")] == [
        "1.1.0", "1.0.0", "1.1.0",
    ]  # fmt: skip

    office.release("orders", "1.2.0")
    second = office.commit()
    with pytest.raises(RowsSetAside):
        office.apply("2026-11-20T14:00")
    assert office.base().applied.revision == second, "it keeps nobody else back"
    assert [office.runs()[f"{name}/orders"] for name in ("acme", "globex", "hooli")] == [
        "1.2.0", "1.0.0", "1.2.0",
    ]  # fmt: skip

    office.sql("DROP TRIGGER poison" + ("" if office.server_url is None else " ON attachment"))
    outcome = office.apply("2026-11-20T15:00")
    assert (outcome.moved, outcome.in_force) == (1, second)
    assert set(office.runs().values()) == {"1.2.0", "1.0.0"}
    with open_world(office.settings("2026-11-20T15:00"), store="existing") as world:
        assert world.store is not None
        lines = list(world.store.history(account="globex", pack="orders"))
        kinds = [event.draft.kind for event in world.store.events()]
    assert [line.after for line in lines] == ["1.0.0", "1.2.0"]
    assert kinds.count(EventKind.SET_ASIDE) == 1
