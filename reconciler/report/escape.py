"""Text from outside -> text that a terminal, Markdown, a workflow log or XML takes as text only."""

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_\[\]{}()|~!^])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}
# Forges look for mentions and references in the text that is shown, entities read: only a character
# between the mark and the name keeps them apart. It has no width.
_REFERENCE = re.compile(r"(&#64;|&#35;|[!~%$]|&amp;|GH-)(?=\w)")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def terminal(text: str) -> str:
    """One line without control, bidirectional or invisible characters; they show as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _visible(char) for char in text)


def _visible(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return " "
    return char.encode("unicode_escape").decode("ascii")


def markdown(text: str) -> str:
    """Inline text that a forge shows as it is: no markup, HTML, mention, link or reference."""
    safe = "".join(_ENTITIES.get(char, char) for char in terminal(text))
    safe = _REFERENCE.sub(r"\1&#8203;", safe)
    return (
        _MARKDOWN.sub(r"\\\1", safe)
        .replace("://", "&#58;&#8203;//")
        .replace("www.", "www&#46;&#8203;")
    )


def annotation(text: str) -> str:
    """The message of a workflow command (`::error::message`)."""
    lines = "\n".join(terminal(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def annotation_property(text: str) -> str:
    """A property of a workflow command (`::error file=here::`)."""
    return annotation(text).replace(":", "%3A").replace(",", "%2C")


def log_line(text: str) -> str:
    """A line of a workflow's log that can't be taken for a workflow command."""
    return re.sub(r"^(\s*)::", r"\1: :", terminal(text)).replace("##[", "# #[")


def xml(text: str) -> str:
    """Text without the characters that XML 1.0 has no place for; markup is the writer's matter."""
    return _NOT_XML.sub("\ufffd", text)
