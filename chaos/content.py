"""A store -> what it holds, and what is wrong with that beside another that nothing happened to."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from reconciler.settings import Settings
from reconciler.store import check
from reconciler.wiring import open_world

_SHOWN = 3
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a fault must not change; `dated` says whether lines and events bear instants."""

    settled: bool
    revision: str | None
    rows: Counter[Hashable]
    history: Counter[Hashable]
    events: tuple[tuple[Hashable, ...], ...]


def content(store_url: str, *, dated: bool = True) -> Content:
    """Reads everything; the actors, the numbers and the digests are left out."""
    with open_world(Settings(store_url=store_url, now=_ANY_TIME), store="existing") as world:
        store = world.store
        assert store is not None
        applied = store.applied()
        return Content(
            settled=applied is not None and applied.settled,
            revision=None if applied is None else applied.revision,
            rows=Counter(
                (str(r.key), r.release, r.origin, r.adopt_declared, r.adopt_requested)
                for r in store.attached()
            ),
            history=Counter(
                (line.account, line.pack, line.instance, line.before, line.after, line.action)
                + ((line.at,) if dated else ())
                for line in store.history()
            ),
            events=tuple(
                (e.draft.kind, e.draft.pack, e.draft.account, e.draft.revision, e.draft.message)
                + ((e.draft.at,) if dated else ())
                for e in store.events()
            ),
        )


def wrong(store_url: str, expected: Content, *, dated: bool = True) -> list[str]:
    """One sentence for each thing that differs from what nothing happened to; [] when all is well.

    `expected` is of another store, to which the same was done without a fault.
    """
    sentences = [f"store check: {sentence}" for sentence in check(store_url)]
    return sentences + compared(content(store_url, dated=dated), expected)


def compared(found: Content, expected: Content) -> list[str]:
    """The same for two contents, without store check."""
    sentences = []
    if not found.settled:
        sentences.append("a pass is in progress for ever: the applied revision is not settled")
    if found.revision != expected.revision:
        sentences.append(f"revision {found.revision} is applied, not {expected.revision}")
    sentences += _counted("attachment", found.rows, expected.rows)
    sentences += _counted("history line", found.history, expected.history)
    sentences += _counted("event", Counter(found.events), Counter(expected.events))
    if not sentences and found.events != expected.events:
        sentences.append("the events are the same in another order")
    return sentences


def _counted(word: str, found: Counter[Any], expected: Counter[Any]) -> Iterable[str]:
    for thing, number in islice((found - expected).items(), _SHOWN):
        yield f"{word} {number} × too often: {thing}"
    for thing, number in islice((expected - found).items(), _SHOWN):
        yield f"{word} {number} × missing: {thing}"
