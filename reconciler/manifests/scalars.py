"""A plain scalar of YAML -> its value under the core schema of YAML 1.2 (SPEC section 3)."""

import math
import re
from collections.abc import Mapping

Scalar = str | int | float | bool | None

STARTS = frozenset("nN~tTfF-+.0123456789")  # a plain scalar with another start is text
LARGEST = 2**53 - 1  # beyond it, programs that read JSON disagree about the value

WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(
    r"(?P<zeros>[-+]?0[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<whole>[-+]?[0-9]+)"
    r"|(?P<based>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<decimal>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<strange>\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))"
)


class NoValue(Exception):
    """A scalar that programs read differently, so it is read as nothing; the text says why."""


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises NoValue for numbers that are better quoted."""
    if text in WORDS:
        return WORDS[text]
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    if match.lastgroup == "whole":
        return _whole(text, 10)
    if match.lastgroup == "based":
        return _whole(text[2:], 8 if text[1] == "o" else 16)
    if match.lastgroup == "zeros":
        raise NoValue("starts with a zero, which some programs read as an octal number")
    if match.lastgroup == "strange":
        raise NoValue("is not a number that JSON can hold")
    number = float(text)
    if math.isinf(number):
        raise NoValue("is too large for a number")
    return number


def _whole(digits: str, base: int) -> int:
    if len(digits) > 20 or abs(number := int(digits, base)) > LARGEST:
        raise NoValue("is too large for a number")
    return number


def is_plain_text(text: str) -> bool:
    """Whether the text, written without quotes, is read as this very text."""
    try:
        return plain(text) == text
    except NoValue:
        return False
