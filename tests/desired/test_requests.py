"""What accounts ask for: granted with an event, refused with a reason, or so already."""

from typing import Any

import pytest

from reconciler.desired import requests
from reconciler.errors import RequestRefused
from reconciler.model.base import AttachmentOrigin
from reconciler.model.events import EventKind

NOW = "2026-11-10T12:00"
REGION = [{"name": "api", "type": "connection", "extensions": {
    "region": {"type": "string"}, "size": {"type": "number"},
    "fast": {"type": "boolean"}, "token": {"type": "secret"}}}]  # fmt: skip


def adopt(shop: Any, account: str = "acme", pack: str = "orders", **more: Any) -> Any:
    key = shop.key(account, pack, more.pop("instance", ""))
    at = shop.instant(more.pop("now", NOW))
    decision = requests.adopt(shop.base, key, more.pop("version", None), at, "ann")
    shop.take(decision)
    return decision


def install(shop: Any, account: str = "globex", pack: str = "orders", **more: Any) -> Any:
    key = shop.key(account, pack, more.pop("instance", ""))
    decision = requests.install(shop.base, key, shop.instant(NOW), "ann", **more)
    shop.take(decision)
    return decision


def uninstall(shop: Any, account: str = "globex", pack: str = "orders", instance: str = "") -> Any:
    key = shop.key(account, pack, instance)
    decision = requests.uninstall(shop.base, key, shop.instant(NOW), "ann")
    shop.take(decision)
    return decision


def copy(shop: Any, account: str, component: str = "sync") -> Any:
    decision = requests.copy_template(shop.base, account, component, shop.instant(NOW), "ann")
    shop.take(decision)
    return decision


@pytest.fixture
def testing(shop: Any) -> Any:
    """The testing period of orders 1.1.0, which opens on 1 December."""
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    return shop


def test_adopting_runs_the_pending_release_in_this_testing_period(testing: Any) -> None:
    decision = adopt(testing)
    row = testing.base.attachments[testing.key("acme", "orders")]
    assert (row.release, row.adopt_requested) == ("1.1.0", "1.1.0")
    assert row.adopted_in == testing.base.packs["orders"].testing_period
    assert decision.event.kind is EventKind.ACCOUNT_ADOPT
    assert decision.event.details["before"] == "1.0.0"


def test_adopting_twice_writes_nothing_and_says_so(testing: Any) -> None:
    adopt(testing)
    again = adopt(testing)
    assert (again.event, again.put) == (None, None)
    assert "already" in again.message


def test_an_adopter_stays_after_the_promotion_and_nothing_is_pending(testing: Any) -> None:
    adopt(testing)
    testing.apply("2026-12-01T05:00")
    assert testing.base.attachments[testing.key("acme", "orders")].release == "1.1.0"
    with pytest.raises(RequestRefused, match="no pending release"):
        adopt(testing, now="2026-12-02T00:00")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.0.0", "is current already"),
        ("9.0.0", "does not exist"),
    ],
)
def test_only_the_pending_release_can_be_adopted(testing: Any, version: str, words: str) -> None:
    with pytest.raises(RequestRefused, match=words) as refused:
        adopt(testing, version=version)
    assert "--version 1.1.0" in (refused.value.hint or "")


def test_a_superseded_release_can_not_be_adopted(testing: Any) -> None:
    testing.release("orders", "1.2.0")
    testing.apply("2026-11-11T12:00")
    testing.release("orders", "1.3.0", on="2026-12-05")
    testing.apply("2026-11-11T13:00")
    with pytest.raises(RequestRefused, match="superseded"):
        adopt(testing, version="1.1.0")


def test_a_pending_release_that_a_waiting_one_will_supersede_is_closed(testing: Any) -> None:
    freeze = {"name": "quiet", "from": "2026-11-10", "until": "2026-11-20", "reason": "sales"}
    testing.publisher(freezes=[freeze])
    testing.release("orders", "1.2.0")
    testing.apply("2026-11-12T12:00")
    assert testing.base.packs["orders"].pending == "1.1.0"
    with pytest.raises(RequestRefused, match=r"1\.2\.0 waits to be released"):
        adopt(testing, now="2026-11-12T13:00")


def test_what_is_not_installed_can_not_be_adopted(testing: Any) -> None:
    with pytest.raises(RequestRefused, match="globex has not installed orders") as refused:
        adopt(testing, account="globex")
    assert refused.value.hint == "reconciler account install globex orders"


def test_a_pack_without_a_pending_release_can_not_be_adopted(shop: Any) -> None:
    with pytest.raises(RequestRefused, match="no pending release"):
        adopt(shop)


def test_a_hold_is_against_upgrades_and_does_not_stop_adoption(testing: Any) -> None:
    testing.attach("acme", "orders", hold={"until": "2027-01-01", "reason": "audit"})
    testing.apply(NOW)
    assert adopt(testing).event is not None


def test_nothing_of_a_suspended_pack_is_adopted_or_installed(testing: Any) -> None:
    testing.pack("orders", suspended={"reason": "a bad bug", "until": "2026-11-20"})
    testing.apply(NOW)
    with pytest.raises(RequestRefused, match=r"until 2026-11-20 00:00 America/New_York: a bad bug"):
        adopt(testing)
    with pytest.raises(RequestRefused, match="suspended until"):
        install(testing)


def test_a_suspended_account_can_not_ask_for_anything(testing: Any) -> None:
    testing.account("acme", status="suspended")
    testing.apply(NOW)
    for ask in (adopt, uninstall, install):
        with pytest.raises(RequestRefused, match="account acme is suspended"):
            ask(testing, "acme", "orders")


@pytest.mark.parametrize("ask", [adopt, install, uninstall])
def test_names_that_do_not_exist_are_refused_with_the_nearest(shop: Any, ask: Any) -> None:
    with pytest.raises(RequestRefused, match='account "acmee" does not exist') as account:
        ask(shop, "acmee", "orders")
    assert account.value.hint == 'did you mean "acme"?'
    with pytest.raises(RequestRefused, match='pack "order" does not exist') as pack:
        ask(shop, "acme", "order")
    assert pack.value.hint == 'did you mean "orders"?'


def test_an_installed_pack_runs_the_current_release_and_belongs_to_the_account(shop: Any) -> None:
    decision = install(shop)
    row = shop.base.attachments[shop.key("globex", "orders")]
    assert (row.release, row.origin, row.entitled) == ("1.0.0", AttachmentOrigin.ACCOUNT, True)
    assert decision.event.kind is EventKind.ACCOUNT_INSTALL
    shop.apply(NOW)
    assert shop.key("globex", "orders") in shop.base.attachments


def test_a_pass_upgrades_what_the_account_installed(shop: Any) -> None:
    install(shop)
    shop.release("orders", "1.1.0")
    shop.apply("2026-11-11T12:00")
    assert shop.base.attachments[shop.key("globex", "orders")].release == "1.1.0"


def test_a_single_pack_is_installed_once(shop: Any) -> None:
    with pytest.raises(RequestRefused, match=r"acme has orders already and runs 1\.0\.0"):
        install(shop, "acme")
    with pytest.raises(RequestRefused, match="takes no instance"):
        install(shop, instance="second")


def test_instances_of_a_multiple_pack_need_names_of_their_own(shop: Any) -> None:
    with pytest.raises(RequestRefused, match="instance name") as refused:
        install(shop, pack="stock")
    assert refused.value.hint == "add --instance NAME"
    with pytest.raises(RequestRefused, match="is not an instance name"):
        install(shop, pack="stock", instance="Ü")
    install(shop, pack="stock", instance="east")
    install(shop, pack="stock", instance="west")
    with pytest.raises(RequestRefused, match='an instance "east" of stock already'):
        install(shop, pack="stock", instance="east")


def test_an_account_that_is_not_entitled_can_not_install(shop: Any) -> None:
    shop.account("hooli")
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match="hooli is not entitled to orders"):
        install(shop, "hooli")


def test_a_retired_pack_can_not_be_installed(shop: Any) -> None:
    shop.pack("orders", retired={"reason": "use stock"})
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match="orders is retired: use stock"):
        install(shop)


def test_a_pack_whose_first_release_is_pending_says_when_it_opens(shop: Any) -> None:
    shop.pack("fresh")
    shop.release("fresh", "1.0.0", on="2026-12-01")
    shop.group("early", ["globex"], {"fresh": "manual"})
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match=r"first release, 1\.0\.0, opens 2026-12-01 00:00"):
        install(shop, pack="fresh")


def test_environments_have_to_be_the_accounts_own(shop: Any) -> None:
    with pytest.raises(RequestRefused, match='no environment "live"; it has none'):
        install(shop, environments=("live",))


def test_extension_values_have_to_fit_the_releases_settings(shop: Any) -> None:
    shop.package("1.0.0", contains=REGION)
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match=r"no setting api\.regon") as refused:
        install(shop, values={"api": {"regon": "eu"}})
    assert refused.value.hint == 'did you mean "api.region"?'
    with pytest.raises(RequestRefused, match=r"api\.size takes a number"):
        install(shop, values={"api": {"size": "big"}})
    with pytest.raises(RequestRefused, match=r"api\.token is a secret") as secret:
        install(shop, values={"api": {"token": "hunter2"}})
    assert "hunter2" not in f"{secret.value.message}{secret.value.hint}"
    values = {"region": "eu", "size": "12", "fast": "true", "token": {"secretRef": "vault/x"}}
    decision = install(shop, values={"api": values})
    assert decision.put.requested.extensions == {
        "api": {"region": "eu", "size": 12, "fast": True, "token": {"secretRef": "vault/x"}}
    }


def test_an_account_uninstalls_what_it_installed(shop: Any) -> None:
    install(shop)
    decision = uninstall(shop)
    assert decision.event.kind is EventKind.ACCOUNT_UNINSTALL
    assert shop.key("globex", "orders") not in shop.base.attachments


def test_uninstalling_what_is_not_there_changes_nothing(shop: Any) -> None:
    decision = uninstall(shop)
    assert (decision.event, decision.removed) == (None, None)


def test_what_a_manifest_or_a_group_declares_is_not_uninstalled_by_the_account(shop: Any) -> None:
    with pytest.raises(RequestRefused, match="Attachment manifest acme/orders declares it"):
        uninstall(shop, "acme")
    shop.group("auto", ["globex"], {"orders": "automatic"})
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match="group auto installs orders"):
        uninstall(shop, "globex")


def test_several_instances_are_told_apart_before_one_is_uninstalled(shop: Any) -> None:
    install(shop, pack="stock", instance="east")
    install(shop, pack="stock", instance="west")
    with pytest.raises(RequestRefused, match="there is east and west"):
        uninstall(shop, pack="stock")
    uninstall(shop, pack="stock", instance="west")
    assert uninstall(shop, pack="stock").removed == shop.key("globex", "stock", "east")


def test_a_template_is_copied_once_and_not_updated_afterwards(shop: Any) -> None:
    template = {"component": "sync", "version": "1.0.0", "groups": ["retail"]}
    shop.declare("ProcessTemplate", template)
    shop.account("hooli")
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match='no template "snyc"'):
        copy(shop, "acme", "snyc")
    with pytest.raises(RequestRefused, match="hooli is in none of these groups"):
        copy(shop, "hooli")
    assert copy(shop, "acme").copy.version == "1.0.0"
    assert copy(shop, "acme").event is None
    shop.declare("ProcessTemplate", {**template, "version": "1.1.0"})
    shop.apply(NOW)
    with pytest.raises(RequestRefused, match="copied once"):
        copy(shop, "acme")


def test_a_store_without_an_applied_revision_refuses_everything(shop: Any) -> None:
    from reconciler.model.base import InstallBase

    shop.base = InstallBase()
    with pytest.raises(RequestRefused, match="does not exist"):
        install(shop)
