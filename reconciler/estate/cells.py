"""The fields of a row -> values of manifests; what does not fit is told and left out."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from reconciler.estate.json_text import DECODER
from reconciler.estate.tables import Row, Tables
from reconciler.model.versions import is_semver

SEPARATOR = "|"
CLASSIFICATIONS = ("production", "test")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_SHORT_VERSION = re.compile(r"[vV]?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:\.(0|[1-9][0-9]*))?")
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")


class Cells:
    """Reads fields of rows; names and versions are remembered, so that no two become one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._named: dict[tuple[str, str], str] = {}

    def text(self, row: Row, column: str) -> str | None:
        """A text without control characters; None where there is none."""
        value = row.values.get(column)
        if value is None:
            return None
        if not isinstance(value, str):
            self._tables.complain(row, column, f"{column} is no text.", "put it in quotes.")
            return None
        if _CONTROL.search(value):
            self._tables.complain(row, column, f"{column} holds a control character.")
            return None
        return value

    def needed(self, row: Row, column: str) -> str | None:
        """The same; an empty one is told."""
        if row.values.get(column) is None:
            self._tables.complain(row, column, f"{column} is empty.")
        return self.text(row, column)

    def name(self, row: Row, column: str, kind: str | None = None) -> str | None:
        """The name made of a text: lower-case letters, digits and hyphens, 63 at most."""
        text = self.needed(row, column)
        return None if text is None else self.named(row, column, kind or column, text)

    def named(self, row: Row, column: str, kind: str, text: str) -> str | None:
        """The name of a `kind` made of this text."""
        found = name_of(text)
        if not found:
            hint = "give it a name of letters and digits."
            self._tables.complain(row, column, f'no name can be made of "{text}".', hint)
            return None
        first = self._named.setdefault((kind, found), text)
        if first != text:
            message = f'"{first}" and "{text}" would both be named {found}.'
            self._tables.complain(row, column, message, "write one of them otherwise.")
            return None
        return found

    def version(self, row: Row, column: str, pack: str) -> str | None:
        """A release version: SemVer, or what lacks only ".0" to be one."""
        text = self.needed(row, column)
        if text is None:
            return None
        found = version_of(text)
        if found is None:
            hint = f"a release is numbered like 1.4.0; write a number for {text} in every table."
            self._tables.complain(row, column, f'"{text}" is no version of a release.', hint)
            return None
        first = self._named.setdefault((f"release of {pack}", found), text)
        if first != text:
            message = f'"{first}" and "{text}" of {pack} would both be {found}.'
            self._tables.complain(row, column, message, "write one of them otherwise.")
            return None
        return found

    def items(self, row: Row, column: str) -> list[str]:
        """Several texts, in CSV with | between them."""
        value = row.values.get(column, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        text = self.text(row, column)
        return [part.strip() for part in (text or "").split(SEPARATOR) if part.strip()]

    def environments(self, row: Row) -> dict[str, str]:
        """Environments with their classification, which is written behind a colon if it is test."""
        found = {}
        for text in self.items(row, "environments"):
            name, colon, classification = text.rpartition(":")
            known = colon and classification.strip() in CLASSIFICATIONS
            found[name.strip() if known else text] = (
                classification.strip() if known else CLASSIFICATIONS[0]
            )
        return found

    def pairs(self, row: Row, column: str, joint: str = "=") -> dict[str, str]:
        """Texts by name, in CSV as NAME=TEXT with | between them."""
        value = row.values.get(column, {})
        if isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()):
            return dict(value)
        found = {}
        for part in self.items(row, column):
            key, equals, text = (piece.strip() for piece in part.partition(joint))
            if not (key and equals and text):
                hint = f"write NAME{joint}TEXT, several with {SEPARATOR} between them."
                self._tables.complain(row, column, f'"{part}" is no pair.', hint)
            found[key] = text
        return found

    def data(self, row: Row, column: str) -> Any:
        """Values of any form, in CSV written as JSON."""
        value = row.values.get(column)
        if not isinstance(value, str):
            return value
        try:
            return DECODER.decode(value)
        except (ValueError, RecursionError):
            self._tables.complain(row, column, f"{column} is no JSON.", 'such as {"NAME": "text"}')
            return None

    def flag(self, row: Row, column: str, default: bool) -> bool:
        """Whether something is so."""
        value = row.values.get(column, default)
        if isinstance(value, bool):
            return value
        text = str(value).casefold()
        if text not in (*_TRUE, *_FALSE):
            self._tables.complain(row, column, f'{column} is "{value}".', "write true or false.")
        return text in _TRUE


@lru_cache(1 << 16)
def name_of(text: str) -> str:
    """A text as the name of a manifest; empty where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:63].strip("-")


def version_of(text: str) -> str | None:
    """ "12" -> "12.0.0", "v1.4" -> "1.4.0", a SemVer as it is; None for anything else."""
    if is_semver(text):
        return text
    match = _SHORT_VERSION.fullmatch(text)
    return None if match is None else ".".join(part or "0" for part in match.groups())
