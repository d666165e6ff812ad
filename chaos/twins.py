"""A season played twice: on a store that nothing happens to, and on one that is struck."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chaos.arena import Arena, Fault
from chaos.content import Content, content, wrong
from chaos.story import Step, season


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A step that the struck store has yet to take; `writes` is what the pass takes in all."""

    step: Step
    arena: Arena
    writes: int
    expected: Content


def scenes(
    arena: Arena, new_url: Callable[[], str], *, count: int | None = None
) -> Iterator[Scene]:
    """Each of the first `count` steps in turn, done on the twin.

    The caller strikes as it likes, and leaves a finished pass behind. Raises Fault unless the
    struck store ends like the twin.
    """
    twin = replace(arena, store_url=new_url(), started=[])
    for step in season(arena.publisher.accounts)[:count]:
        if step.edit is not None:
            step.edit(arena.publisher)
            arena.publisher.commit()
        writes = twin.counted_writes(step.now)
        expected = content(twin.store_url)
        yield Scene(step=step, arena=arena, writes=writes, expected=expected)
        trouble = wrong(arena.store_url, expected)
        if trouble:
            raise Fault(f"after {step.name}: " + "; ".join(trouble))
