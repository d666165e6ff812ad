"""Names and numbers -> the words that messages put them in."""

import re
from collections.abc import Iterable

_UNFIT_FOR_PATHS = re.compile(r"[^A-Za-z0-9._+-]+")


def listed(names: Iterable[str], most: int = 3) -> str:
    """ "a, b and c"; beyond `most` names "a, b, c and 9 more"."""
    every = list(names)
    shown, more = every[:most], len(every) - most
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def counted(number: int, noun: str) -> str:
    """ "1 account", "1,204 accounts"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def path_part(text: str) -> str:
    """A version as the name of a file or folder; never hidden, never a way out of its folder."""
    return _UNFIT_FOR_PATHS.sub("-", text).lstrip(".-") or "version"
