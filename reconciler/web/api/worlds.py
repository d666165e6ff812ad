"""What several resources need of a call: the world of its account, and what its path names."""

from reconciler.desired.offered import Offers
from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Call


def key_of(call: Call) -> AttachmentKey:
    """The attachment that the path names: a pack, or pack:instance."""
    pack, _, instance = call.path["attachment"].partition(":")
    return AttachmentKey(call.path["account"], pack, instance)


def world(call: Call, *packs: str) -> InstallBase:
    """The world of the path's account. Raises Problem for one that is not declared."""
    found = call.services.views.of_account(call.path["account"], packs)
    if found is None:
        raise not_found()
    return found


def offers(call: Call, base: InstallBase) -> Offers:
    """Raises Problem before anything was applied."""
    try:
        return Offers(base, call.path["account"], call.now)
    except LookupError:
        raise nothing_applied() from None


def nothing_applied() -> Problem:
    """The store is there and still empty."""
    return Problem(
        409,
        "nothing-applied",
        "nothing was applied to this store yet",
        "run reconciler apply first",
    )
