"""A JSON text -> its rows one by one, each with the place where it begins."""

import json
import re
from collections.abc import Iterator
from typing import Any


def _no_number(text: str) -> None:
    raise json.JSONDecodeError(f"{text} is no number of JSON", text, 0)


DECODER = json.JSONDecoder(parse_constant=_no_number)
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
        found, self._at = DECODER.raw_decode(self._text, start)
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
