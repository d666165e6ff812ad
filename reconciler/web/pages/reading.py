"""Names of packs -> what a page needs of them, without looking at their attachments."""

from collections.abc import Collection

from reconciler.model.base import InstallBase
from reconciler.web.counting import with_counts
from reconciler.web.route import Call


def counted(call: Call, packs: Collection[str]) -> InstallBase:
    """These packs with their releases and components; how many run what is some seconds old."""
    return with_counts(call.services.views.of_packs(packs), call.services.counts.get())
