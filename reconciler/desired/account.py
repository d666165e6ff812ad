"""An account's world -> its attachments: why each runs what it runs, and whose values count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.desired.delivered import Tells
from reconciler.desired.standing import Standings
from reconciler.desired.values_in_force import (
    ValueInForce,
    ValueSource,
    environments_in_force,
    values_of_attachment,
)
from reconciler.desired.why import Explanation, explanations
from reconciler.model.base import Attached, InstallBase


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAttachment:
    """One attachment as its account sees it.

    `slot` (UTC): when it adopts by itself. `values`: the release that it runs, and the pending one.
    """

    row: Attached
    explained: Explanation
    slot: datetime | None
    environments: tuple[tuple[str, ...], ValueSource]
    values: Mapping[str, tuple[ValueInForce, ...]]


def shown(
    base: InstallBase, account: str, now: datetime, delivered: Tells
) -> Iterator[OwnAttachment]:
    """The account's attachments of the packs that are there, in order of pack and instance.

    `delivered` tells what its runtime runs.
    """
    standings = Standings(base, now)
    for row in base.attachments.of_accounts({account}):
        name, record = row.key.pack, base.packs.get(row.key.pack)
        if record is None or name not in base.tree.packs:
            continue
        (explained,) = explanations(base, account, name, now, row.key.instance, delivered)
        yield OwnAttachment(
            row=row,
            explained=explained,
            slot=standings.of(row).slot,
            environments=environments_in_force(row),
            values=values_of_attachment(base.tree, row, record),
        )
