"""A JSON text -> its rows one by one, each with the place where it begins."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any


def _no_number(text: str) -> None:
    raise json.JSONDecodeError(f"{text} is no number of JSON", text, 0)


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise json.JSONDecodeError(f"a number has {len(text):,} digits", text, 0)
    return int(text)


def _fraction(text: str) -> float:
    if math.isinf(found := float(text)):
        raise json.JSONDecodeError(f"{text[:_MOST_DIGITS]} is too large a number", text, 0)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == each for each, _ in pairs) > 1)
        raise json.JSONDecodeError(f'"{twice}" stands there twice', twice, 0)
    return found


_MOST_DIGITS = 400
DECODER = json.JSONDecoder(
    parse_constant=_no_number, parse_int=_whole, parse_float=_fraction, object_pairs_hook=_once
)
LENIENT = json.JSONDecoder(parse_int=str, parse_float=str)
"""Reads the same, and judges only what is no JSON."""
_SPACES = re.compile(r"[ \t\r\n]*")


class JsonText:
    """Walks over the top of a JSON text, so that rows know where they begin."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._line, self._line_start = 1, 0
        self.place = (1, 1)

    def next(self) -> str:
        """The next character that is no space; it is not passed."""
        match = _SPACES.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def value(self) -> Any:
        """The value that comes next; `place` says where it began."""
        self.next()
        start = self._at
        newlines = self._text.count("\n", self._line_start, start)
        if newlines:
            self._line += newlines
            self._line_start = self._text.rindex("\n", 0, start) + 1
        self.place = (self._line, start - self._line_start + 1)
        try:
            found, self._at = DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            if error.doc is self._text:
                raise
            raise json.JSONDecodeError(error.msg, self._text, start) from None
        return found

    def items(self) -> Iterator[Any]:
        """The values of the list that comes next."""
        yield from self._parts("[", "]")

    def names(self) -> Iterator[str]:
        """The keys of the object that comes next; each value has to be taken before the next."""
        for key in self._parts("{", "}"):
            self._pass(":")
            yield key

    def end(self) -> None:
        """Nothing follows."""
        if self.next():
            raise json.JSONDecodeError("Extra data", self._text, self._at)

    def _parts(self, opening: str, closing: str) -> Iterator[Any]:
        self._pass(opening)
        if self.next() == closing:
            self._at += 1
            return
        while True:
            yield self.value()
            if self.next() == closing:
                self._at += 1
                return
            self._pass(",")

    def _pass(self, char: str) -> None:
        if self.next() != char:
            raise json.JSONDecodeError(f"Expecting {char}", self._text, self._at)
        self._at += 1
