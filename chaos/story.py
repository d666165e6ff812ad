"""A publisher -> the steps of a season: each an edit, and the instant of the pass after it."""

from collections.abc import Callable
from dataclasses import dataclass

from chaos.publisher import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`edit` is None where something falls due without a commit."""

    name: str
    now: str
    edit: Callable[[Publisher], None] | None


def season(accounts: int) -> tuple[Step, ...]:
    """Automatic installs, a release, a promotion, a roll-back, uninstalls, and installs again."""
    most = accounts * 2 // 3

    def begin(publisher: Publisher) -> None:
        publisher.members = range(most)

    def release(publisher: Publisher) -> None:
        publisher.release("orders", "1.1.0")
        publisher.release("orders", "1.2.0", on="2026-12-01")
        publisher.adopters = dict.fromkeys(range(0, most, 15), "1.2.0")

    def roll_back(publisher: Publisher) -> None:
        publisher.withdraw("orders", "1.2.0")
        publisher.adopters = {}

    def shrink(publisher: Publisher) -> None:
        publisher.members = range(most // 2)
        publisher.release("stock", "1.1.0")

    def grow(publisher: Publisher) -> None:
        publisher.members = range(accounts)
        publisher.withdraw("stock", "1.1.0")

    return (
        Step(name="installs", now="2026-11-20T12:00:00Z", edit=begin),
        Step(name="release", now="2026-11-21T12:00:00Z", edit=release),
        Step(name="promotion", now="2026-12-01T05:00:00Z", edit=None),
        Step(name="roll-back", now="2026-12-02T12:00:00Z", edit=roll_back),
        Step(name="uninstalls", now="2026-12-03T12:00:00Z", edit=shrink),
        Step(name="installs again", now="2026-12-04T12:00:00Z", edit=grow),
    )
