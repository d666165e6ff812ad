"""A plan and the limits -> why it must not pass, with the arithmetic and the way out (SPEC 7.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.desired.phrases import counted
from reconciler.model.changes import Action, Change
from reconciler.model.declarations import Acknowledgement, Kind, Publisher
from reconciler.model.windows import today

# A reader takes in so many; the changes of the plan name every pack.
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A limit that a plan is over. `left` counts what no acknowledgement covers.

    `acknowledgements` are the entries, as YAML, that would let it pass: of many packs those for the
    ones that are hit hardest, and how many more it takes.
    """

    action: Action
    left: int
    allowed: int
    message: str
    acknowledgements: tuple[str, ...]


def way_out(over: Iterable[Overrun]) -> str:
    """What to write into the Publisher, or to type, so that the plan passes."""
    entries = "; ".join(entry for found in over for entry in found.acknowledgements)
    return (
        f"if that is meant, add to acknowledged in the Publisher: {entries}"
        " (or, once and by hand: apply --allow-destructive)"
    )


def allowance(limit: str, population: int) -> int:
    """How many attachments "5%" or "12" allows; a percentage rounds down, but at least 1."""
    if limit.endswith("%"):
        return max(1, population * int(limit[:-1]) // 100)
    return int(limit)


def overruns(
    changes: Sequence[Change],
    population: int,
    publishers: Iterable[Publisher],
    now: datetime,
    zone: ZoneInfo,
) -> tuple[Overrun, ...]:
    """The limits that the changes are over, counted over the whole plan.

    `publishers` are the applied and the new one; the stricter limit counts, the new one's (the
    last) acknowledgements apply. `population` is the store's count of attachments.
    """
    chain = list(publishers)
    acknowledged = [
        entry for entry in chain[-1].acknowledged if entry.expires_on > today(now, zone)
    ]
    found = []
    limits = {
        Action.UNINSTALL: [publisher.limits.max_uninstalls for publisher in chain],
        Action.ROLLBACK: [publisher.limits.max_rollbacks for publisher in chain],
    }
    for action, texts in limits.items():
        strictest = min(texts, key=lambda text: allowance(text, population))
        allowed = allowance(strictest, population)
        hit = _hit_by_pack(changes, action)
        left = {
            pack: count
            for pack, count in hit.items()
            if not _covered(changes, acknowledged, action, pack, count)
        }
        if sum(left.values()) > allowed:
            found.append(_overrun(action, left, strictest, allowed, population, now))
    return tuple(found)


def _hit_by_pack(changes: Iterable[Change], action: Action) -> dict[str, int]:
    hit: dict[str, int] = {}
    for change in changes:
        if change.action is action and change.attachments:
            hit[change.name] = hit.get(change.name, 0) + change.attachments
    return hit


def _covered(
    changes: Sequence[Change],
    acknowledged: Iterable[Acknowledgement],
    action: Action,
    pack: str,
    count: int,
) -> bool:
    deleted = any(
        change.action is Action.DELETE
        and change.kind is Kind.INTEGRATION_PACK
        and change.name == pack
        for change in changes
    )
    names = {str(action), "delete"} if deleted and action is Action.UNINSTALL else {str(action)}
    return any(
        entry.name == pack and entry.action in names and count <= entry.attachments
        for entry in acknowledged
    )


def _overrun(
    action: Action,
    left: dict[str, int],
    limit: str,
    allowed: int,
    population: int,
    now: datetime,
) -> Overrun:
    total = sum(left.values())
    share = f"{limit} of {population:,} = {allowed:,}" if limit.endswith("%") else f"{allowed:,}"
    verb = "uninstalled" if action is Action.UNINSTALL else "rolled back"
    named = sorted(left.items(), key=lambda hit: (-hit[1], hit[0]))[:_NAMED]
    others = len(left) - len(named)
    packs = ", ".join(f"{pack} {count:,}" for pack, count in named)
    packs += f" and {counted(others, 'more pack')}" if others else ""
    expires = (now + timedelta(days=7)).date().isoformat()
    entries = tuple(
        f"{{action: {action}, name: {pack}, attachments: {count}, expires: {expires}, reason: …}}"
        for pack, count in named
    )
    if others:
        entries += (f"and one such entry for each of {counted(others, 'more pack')}",)
    return Overrun(
        action=action,
        left=total,
        allowed=allowed,
        message=f"{counted(total, 'attachment')} would be {verb} ({packs}); the limit is {share}",
        acknowledgements=entries,
    )
