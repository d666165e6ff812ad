"""What goes wrong inside one file: a place in it, a rule, and words; the path is added later."""

import re
from dataclasses import dataclass

SHOWN_CHARACTERS = 80
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A finding whose line and column (from 1) are known, in a file that has no path yet."""

    line: int
    column: int
    rule: str
    message: str
    hint: str | None = None


class Unreadable(Exception):
    """A document can't be read any further; line and column count from 0 within the chunk."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


def shown(value: object) -> str:
    """A value as it may stand in a message: one line, 80 characters at most, nothing unprintable.

    Cuts before it formats, so that a value of many megabytes costs nothing.
    """
    if isinstance(value, str):
        text = value[: SHOWN_CHARACTERS + 1]
    elif isinstance(value, dict):
        return f"a mapping with {len(value):,} {'field' if len(value) == 1 else 'fields'}"
    elif isinstance(value, list):
        return f"a list of {len(value):,}"
    elif value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    else:
        text = str(value)
    text = _UNPRINTABLE.sub(" ", text)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def quoted(value: object) -> str:
    """shown(), with quotation marks around text."""
    return f'"{shown(value)}"' if isinstance(value, str) else shown(value)
