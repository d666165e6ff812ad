"""A date that a publisher gives -> its release window, or why nothing can be released in it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.freezes import covers
from reconciler.desired.lifecycle import Lifecycle, lifecycle
from reconciler.desired.nearest import Nearest
from reconciler.errors import AuthoringRefused
from reconciler.model.base import InstallBase, PackRecord
from reconciler.model.declarations import IntegrationPack
from reconciler.model.tree import Tree
from reconciler.model.windows import Window, parse_date, window
from reconciler.model.zones import zone


def declared_pack(tree: Tree, name: str) -> IntegrationPack:
    """The pack of that name. Raises AuthoringRefused with the nearest name."""
    pack = tree.packs.get(name)
    if pack is None:
        hint = Nearest(tree.packs).hint(name)
        raise AuthoringRefused(f'pack "{name}" does not exist', hint)
    return pack


def record_of(store: InstallBase | None, pack: str) -> PackRecord | None:
    """What the store knows of a pack; None where there is no store, or it knows nothing."""
    return store.packs.get(pack) if store is not None else None


def life_of(tree: Tree, pack: str, record: PackRecord | None, now: datetime) -> Lifecycle:
    """Current and pending by the tree's releases, and what the store saw promoted."""
    releases = tree.releases.get(pack, {})
    promoted = record.promoted if record is not None else frozenset[str]()
    return lifecycle(releases, promoted, now, publisher_zone(tree))


def publisher_zone(tree: Tree) -> ZoneInfo:
    """The zone of the one publisher. Raises AuthoringRefused when there is none that counts."""
    try:
        return zone(tree.publisher.time_zone)
    except LookupError as error:
        hint = "reconciler validate --worktree tells more"
        raise AuthoringRefused(f"the publisher can't be read: {error.args[0]}", hint) from None


def window_of(
    tree: Tree, date_text: str | None, now: datetime, *, emergency: bool = False
) -> Window | None:
    """The window of a date, None for None, which means immediate.

    Raises AuthoringRefused for what rules release-date and release-in-freeze would find.
    """
    if date_text is None:
        return None
    publisher = tree.publisher
    where = publisher_zone(tree)
    day = parse_date(date_text)
    found = None if day is None else window(day, where)
    if found is None:
        raise AuthoringRefused(
            f"{date_text} is not a date in {publisher.time_zone}", "write it as 2026-12-01"
        )
    if found.closes_at <= now:
        raise AuthoringRefused(
            f"the window of {date_text} is over in {publisher.time_zone}",
            "take a later date, or --immediate",
        )
    frozen = None if emergency else covers(publisher.freezes, found, where)
    if frozen is not None:
        end = "" if frozen.until is None else f" until {frozen.until.astimezone(where):%Y-%m-%d}"
        raise AuthoringRefused(
            f'freeze "{frozen.name}" covers the whole window of {date_text}',
            f"it lasts{end}; take a date after it, or --emergency" if end else "use --emergency",
        )
    return found
