"""Values -> the Markdown of the reference: tables, code, and text that can't be mistaken for it."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

GENERATED = "<!-- Written by make golden from the code; edit the code instead. -->"

_MARKUP = re.compile(r"([\\`*_\[\]<>])")
_WORD_JOINING = re.compile(r"(?<=\w)\\_(?=\w)")


def page(title: str, *parts: str) -> str:
    """A page of parts, with a blank line between any two and a newline at its end."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip("\n") for part in parts)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is escaped, so that no cell ends early."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(value: Any) -> str:
    """A value as it stands in YAML and JSON, in backticks; texts without quotation marks."""
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def prose(text: str) -> str:
    """Text that is not Markdown; what would be markup is escaped, but for names_like_this."""
    return _WORD_JOINING.sub("_", _MARKUP.sub(r"\\\1", text))


def block(text: str, language: str = "text") -> str:
    """Lines as they are."""
    return f"```{language}\n{text.strip(chr(10))}\n```"
