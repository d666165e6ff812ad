"""A pack's pending release -> the same at another time, or what becomes of all without it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import cast

from reconciler.desired.schedule import declared_pack, life_of, record_of, window_of
from reconciler.errors import AuthoringRefused
from reconciler.model.base import AttachmentKey, InstallBase, PackRecord
from reconciler.model.declarations import Declaration, Kind, Origin, Release
from reconciler.model.tree import Tree
from reconciler.model.windows import Window

MOST_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduling:
    """The pending release as it is and as it will be; `window` None: as soon as it is applied."""

    origin: Origin
    before: Release
    after: Release
    window: Window | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The pending release that goes. `current`: what everybody runs then, None for nothing.

    `adopters` attachments run it already and go back; `named` are at most ten of them. `asking` are
    declared attachments whose manifest says that they adopt it.
    """

    origin: Origin
    release: Release
    current: str | None
    adopters: int = 0
    named: tuple[AttachmentKey, ...] = ()
    asking: tuple[AttachmentKey, ...] = ()


def rescheduling(
    tree: Tree,
    store: InstallBase | None,
    pack: str,
    now: datetime,
    *,
    date_text: str | None,
    emergency: bool = False,
) -> Rescheduling:
    """The pending release at another time; `date_text` None means immediate.

    Raises AuthoringRefused when there is no pending release, it is promoted, the date can't be, or
    nothing would change.
    """
    declared = pending_release(tree, store, pack, now)
    before = cast(Release, declared.spec)
    after = replace(before, date_text=date_text, emergency=emergency or before.emergency)
    opening = window_of(tree, date_text, now, emergency=after.emergency)
    if after == before:
        when = "immediate" if date_text is None else f"dated {date_text}"
        raise AuthoringRefused(f"{pack} {before.version} is {when} already", "give another date")
    return Rescheduling(origin=_origin(declared), before=before, after=after, window=opening)


def withdrawal(tree: Tree, store: InstallBase | None, pack: str, now: datetime) -> Withdrawal:
    """The pending release and who goes back. Raises AuthoringRefused when there is none."""
    declared = pending_release(tree, store, pack, now)
    release = cast(Release, declared.spec)
    record = record_of(store, pack)
    served = record.current if record is not None else None
    number, named = _adopters(store, record, release.version)
    return Withdrawal(
        origin=_origin(declared),
        release=release,
        current=served or life_of(tree, pack, record, now).current,
        adopters=number,
        named=named,
        asking=tuple(
            AttachmentKey(account=account, pack=pack, instance=instance or "")
            for (account, of_pack, instance), attachment in tree.attachments.items()
            if of_pack == pack and attachment.adopt == release.version
        ),
    )


def packs_pending(tree: Tree, store: InstallBase | None, now: datetime) -> tuple[str, ...]:
    """The packs whose release may still be moved or withdrawn, in order of name."""
    found = []
    for pack in sorted(set(tree.packs) & set(tree.releases)):
        record = record_of(store, pack)
        life = life_of(tree, pack, record, now)
        if life.pending is not None or _held(record, life.effective) is not None:
            found.append(pack)
    return tuple(found)


def pending_release(tree: Tree, store: InstallBase | None, pack: str, now: datetime) -> Declaration:
    """The declaration of the one release that may still be moved or withdrawn.

    Where there is a store, also one whose window has passed and that a gate holds back: it is not
    promoted. Raises AuthoringRefused.
    """
    declared_pack(tree, pack)
    record = record_of(store, pack)
    life = life_of(tree, pack, record, now)
    if len(life.testing) > 1:
        raise AuthoringRefused(
            f"{pack} has several pending releases: {', '.join(life.testing)}",
            "delete the manifests of those that are not meant",
        )
    version = life.pending or _held(record, life.effective)
    declared = tree.get(Kind.RELEASE, f"{pack}@{version}")
    if declared is None:
        raise _nothing_pending(pack, life.current)
    return declared


def _held(record: PackRecord | None, effective: Collection[str]) -> str | None:
    """What is effective by its date, and not promoted because a gate holds it back."""
    if record is None or record.pending is None or record.pending not in effective:
        return None
    known = record.releases.get(record.pending)
    return record.pending if known is not None and known.promoted_at is None else None


def _nothing_pending(pack: str, current: str | None) -> AuthoringRefused:
    if current is None:
        return AuthoringRefused(
            f"{pack} has no pending release", f"write one: reconciler release {pack} --on DATE"
        )
    return AuthoringRefused(
        f"{pack} has no pending release; {current} is current, and what is promoted stays so",
        f"to go back: reconciler release {pack} --immediate --like VERSION",
    )


def _adopters(
    store: InstallBase | None, record: PackRecord | None, version: str
) -> tuple[int, tuple[AttachmentKey, ...]]:
    """How many attachments run the pending release, and the first of them."""
    if store is None or record is None or record.pending != version:
        return 0, ()
    cohorts = [
        cohort
        for cohort in store.attachments.cohorts([record.name])
        if cohort.alike.release == version
    ]
    wanted = [(cohort.pack, cohort.alike, MOST_NAMES) for cohort in cohorts]
    named = (key for keys in store.attachments.named(wanted) for key in keys)
    return sum(cohort.rows for cohort in cohorts), tuple(sorted(islice(named, MOST_NAMES)))


def _origin(declared: Declaration) -> Origin:
    assert declared.origin is not None, "a tree that was read from files has places"
    return declared.origin
