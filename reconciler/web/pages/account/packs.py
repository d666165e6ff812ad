"""The packs that an account has or may install, and one of them with its releases."""

from dataclasses import dataclass

from reconciler.desired.offered import OfferedPack
from reconciler.model.declarations import AttachmentMode
from reconciler.report.escape import terminal
from reconciler.web.pages.account.world import AFTER, DONE, Run, World, world_of, world_with
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Call, Page, Route

_PACK = "/accounts/{account}/packs/{pack}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pack as the account sees it, and its attachments of it.

    `installable`: whoever looks may install it now, once more where it is `multiple`.
    """

    pack: OfferedPack
    runs: tuple[Run, ...]
    installable: bool

    @property
    def title(self) -> str:
        """The pack as people call it."""
        return terminal(self.pack.spec.display_name or self.pack.spec.name)

    @property
    def multiple(self) -> bool:
        return self.pack.spec.attachment is AttachmentMode.MULTIPLE


def offer(world: World, name: str) -> Offer:
    """The pack as the account sees it. Raises Problem when it can't."""
    pack = world.offers.pack(name)
    if pack is None:
        raise not_found()
    return Offer(
        pack=pack,
        runs=tuple(run for run in world.runs() if run.spec.name == name),
        installable=pack.refusal is None and world.acts,
    )


def _packs(call: Call) -> Page:
    world = world_of(call, after=call.query["after"] or "")
    offers = [offer(world, name) for name in sorted(world.base.tree.packs)]
    values = {"world": world, "offers": offers, "done": call.query["done"]}
    return Page(template="account/packs.html", values=values)


def _pack(call: Call) -> Page:
    world = world_with(call, call.path["pack"])
    values = {"world": world, "offer": offer(world, call.path["pack"])}
    return Page(template="account/pack.html", values=values)


ROUTES = (
    Route(
        method="GET",
        path="/accounts/{account}/packs",
        operation="account-packs-page",
        summary="The packs that an account has or may install.",
        access=Access.ACCOUNT_READS,
        answers=_packs,
        query=(AFTER, DONE),
        page=True,
    ),
    Route(
        method="GET",
        path=_PACK,
        operation="account-pack-page",
        summary="A pack as an account sees it: its releases with notes, guides and contact.",
        access=Access.ACCOUNT_READS,
        answers=_pack,
        page=True,
    ),
)
