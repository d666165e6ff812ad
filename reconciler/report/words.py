"""Numbers, versions and lists -> the words that every report uses for them."""

from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """ "1,204 attachments", "1 attachment"."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def listed(items: Iterable[str], joint: str = "and") -> str:
    """ "a, b and c"."""
    *others, last = list(items) or [""]
    return f"{', '.join(others)} {joint} {last}" if others else last


def short(revision: str | None) -> str:
    """The first seven digits of a commit id; "the working tree" for None."""
    return "the working tree" if revision is None else revision[:7]


def versions(before: str | None, after: str | None) -> str:
    """ "1.4.0 → 1.5.1", or the one that there is."""
    if before and after:
        return f"{before} → {after}"
    return after or before or ""


def share(part: int, whole: int) -> str:
    """ "97 %", rounded down so that 100 % means all; "–" of nothing."""
    return f"{part * 100 // whole} %" if whole else "–"


def duration(seconds: float) -> str:
    """ "1.4 s", "under 0.1 s"."""
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:,.1f} s"
