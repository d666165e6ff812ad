"""The state of an attachment, why it is in it, and what comes next."""

from typing import Any

import pytest

from reconciler.desired.requests import install
from reconciler.desired.standing import Standings
from reconciler.desired.status import status
from reconciler.desired.why import explanations
from reconciler.errors import ReconcilerError
from reconciler.report import why as report

NOW = "2026-11-10T12:00"
FREEZE = {"name": "quiet", "from": "2026-11-10", "until": "2026-11-20", "reason": "sales"}


def standing(shop: Any, account: str = "acme", now: str = NOW) -> Any:
    row = shop.base.attachments[shop.key(account, "orders")]
    return Standings(shop.base, shop.instant(now)).of(row)


def told(shop: Any, account: str = "acme", pack: str = "orders", now: str = NOW) -> str:
    at = shop.instant(now)
    return "\n".join(report.text(e, at) for e in explanations(shop.base, account, pack, at))


def test_an_attachment_that_runs_its_target_is_running(shop: Any) -> None:
    found = standing(shop)
    assert (found.state, found.target, found.adopted, found.reason) == (
        "running", "1.0.0", False, None,
    )  # fmt: skip


def test_behind_a_freeze_it_waits_for_the_release_that_is_desired(shop: Any) -> None:
    shop.publisher(freezes=[FREEZE])
    shop.release("orders", "1.1.0")
    shop.apply(NOW)
    found = standing(shop)
    assert (found.state, found.target) == ("waiting", "1.1.0")
    assert found.until == shop.instant("2026-11-20T05:00")
    assert '1.1.0 is held by freeze "quiet", until Fri 20 Nov 00:00 New York.' in told(shop)


def test_a_missed_window_is_told_as_what_it_waits_for(shop: Any) -> None:
    shop.publisher(missedWindow="next-window")
    shop.release("orders", "1.1.0", on="2026-11-09")
    shop.apply("2026-11-08T12:00")
    said = told(shop)
    assert (
        "1.1.0 waits: its window was missed; it takes the next one, until Wed 11 Nov 00:00" in said
    )
    assert "gets it" not in said
    assert "account adopt acme orders" in said


def test_with_its_window_open_a_release_is_tested_no_more(shop: Any) -> None:
    shop.attach("globex", "orders", adopt="1.1.0")
    shop.release("orders", "1.1.0", on="2026-11-10")
    shop.apply("2026-11-09T12:00")
    opened = "2026-11-10T05:00"
    assert told(shop, now=opened).splitlines()[1:] == [
        "The next pass brings it 1.1.0.",
        "An Attachment manifest declares it.",
    ]
    assert "1.1.0 becomes current for everybody at the next pass." in told(
        shop, "globex", now=opened
    )


def test_what_holds_back_an_account_without_entitlement_is_said_beside_it(shop: Any) -> None:
    shop.take(install(shop.base, shop.key("globex", "orders"), shop.instant(NOW), "ann"))
    shop.group("retail", ["acme"], {"orders": "manual", "stock": "manual"})
    shop.release("orders", "1.1.0")
    shop.pack("orders", suspended={"reason": "bug"})
    shop.apply(NOW)
    assert standing(shop, "globex").state == "not-entitled"
    assert told(shop, "globex").splitlines() == [
        "globex runs orders 1.0.0, not the current release, 1.1.0.",
        '1.1.0 waits: pack orders is suspended ("bug").',
        "No group entitles globex to it any more; it is still upgraded.",
        "globex installed it itself.",
    ]


def test_a_hold_an_account_and_a_pack_say_why(shop: Any) -> None:
    shop.attach("acme", "orders", hold={"until": "2026-11-20", "reason": "audit"})
    shop.apply(NOW)
    assert standing(shop).state == "held"
    assert 'It is held ("audit"), until Fri 20 Nov 00:00 New York.' in told(shop)
    shop.pack("orders", suspended={"reason": "bug"})
    shop.apply(NOW)
    assert standing(shop).state == "suspended"
    assert 'Pack orders is suspended ("bug").' in told(shop)
    shop.account("acme", status="suspended")
    shop.apply(NOW)
    assert "Account acme is suspended." in told(shop)


def test_an_expired_hold_holds_nothing(shop: Any) -> None:
    shop.attach("acme", "orders", hold={"until": "2026-11-20", "reason": "audit"})
    shop.apply(NOW)
    assert standing(shop, now="2026-11-20T04:59:59").state == "held"
    assert standing(shop, now="2026-11-20T05:00").state == "running"


def test_who_lost_the_entitlement_is_told_first(shop: Any) -> None:
    from reconciler.desired import requests

    key = shop.key("globex", "orders")
    shop.take(requests.install(shop.base, key, shop.instant(NOW), "ann"))
    shop.group("retail", ["acme"], {"orders": "manual"})
    shop.apply(NOW)
    assert standing(shop, "globex").state == "not-entitled"


def test_before_the_first_release_it_waits_and_says_until_when(shop: Any) -> None:
    shop.pack("fresh")
    shop.release("fresh", "1.0.0", on="2026-12-01")
    shop.group("early", ["acme"], {"fresh": "manual"})
    shop.attach("acme", "fresh")
    shop.apply(NOW)
    row = shop.base.attachments[shop.key("acme", "fresh")]
    found = Standings(shop.base, shop.instant(NOW)).of(row)
    assert (row.release, found.state, found.target) == (None, "waiting", "1.0.0")
    assert found.until == shop.instant("2026-12-01T05:00")
    assert told(shop, pack="fresh").startswith("acme does not run fresh yet: nothing of fresh is")


def test_a_pending_release_is_told_in_both_times_with_the_command(shop: Any) -> None:
    shop.attach("globex", "orders")
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    assert told(shop, "globex") == (
        "globex runs orders 1.0.0, the current release.\n"
        "1.1.0 is in its testing period; globex has not adopted it and gets it on Tue 1 Dec"
        " between 00:00 and 01:00 New York, which is 06:00–07:00 in globex's time"
        " (Europe/Paris).\n"
        "An Attachment manifest declares it.\n"
        "To try it now: reconciler account adopt globex orders"
        "   (there is no way back until then)\n"
    )


def test_an_account_without_the_pack_is_told_what_is_in_the_way(shop: Any) -> None:
    assert "To install it: reconciler account install globex orders" in told(shop, "globex")
    shop.pack("orders", retired={"reason": "use stock"})
    shop.account("hooli")
    shop.apply(NOW)
    assert "is retired (use stock)" in told(shop, "globex")
    assert "is not entitled to it" in told(shop, "hooli")
    assert "It is in no account group." in told(shop, "hooli")


def test_names_that_do_not_exist_are_an_error_with_the_nearest(shop: Any) -> None:
    with pytest.raises(ReconcilerError, match='pack "order" does not exist') as refused:
        told(shop, pack="order")
    assert refused.value.hint == 'did you mean "orders"?'


def test_status_counts_what_runs_and_what_is_pending(shop: Any) -> None:
    from reconciler.desired import requests

    shop.attach("globex", "orders")
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    key = shop.key("acme", "orders")
    shop.take(requests.adopt(shop.base, key, None, shop.instant(NOW), "ann"))
    found: Any = status(shop.base, shop.instant(NOW))
    orders, stock = found.packs
    assert (orders.current, orders.attachments) == ("1.0.0", 2)
    assert orders.by_release == {"1.0.0": 1, "1.1.0": 1}
    assert (orders.pending.version, orders.pending.adopted) == ("1.1.0", 1)
    assert orders.pending.window.closes_at == shop.instant("2026-12-01T06:00")
    assert [(n.component, n.released, n.newest) for n in stock.newer_versions] == [
        ("sync", "1.0.0", "1.1.0")
    ]
