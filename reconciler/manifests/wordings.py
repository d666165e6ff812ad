"""What the YAML parser complains about -> a trouble in words that say what to do."""

import re

from yaml.reader import ReaderError

from reconciler.manifests.troubles import Trouble, shown

# (what the parser's own text contains, what is said instead, the hint)
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "cannot start any token",
        "this character can't start a value.",
        "indent with spaces, never with tabs, and quote texts that start with @, ` or %.",
    ),
    (
        "mapping values are not allowed",
        "a colon stands where no key can be.",
        'quote a text that contains ": ", and check the indentation.',
    ),
    (
        "could not find expected ':'",
        "a key without its colon.",
        "write key: value, and check the indentation of this line and the one before.",
    ),
    (
        "did not find expected '-' indicator",
        "the list goes on with something that is no item.",
        "check the indentation; every item starts with a hyphen.",
    ),
    (
        "did not find expected key",
        "the mapping goes on with something that is no key.",
        "check the indentation, and quote texts that contain quotation marks.",
    ),
    (
        "did not find expected ',' or",
        "a bracket is opened and not closed, or a comma is missing.",
        "close the bracket, or quote a text that starts with one.",
    ),
    (
        "unexpected end of stream",
        "a quotation mark is opened and never closed.",
        "close it.",
    ),
    (
        "did not find expected node content",
        "nothing stands where a value should be.",
        "write a value, close the bracket, or quote a text that starts with one.",
    ),
    (
        "unexpected document indicator",
        "a quotation mark is opened and never closed.",
        "close it.",
    ),
    (
        "did not find expected <document start>",
        "text after the end of the document.",
        "check the indentation; a further document starts with a line of three hyphens.",
    ),
    (
        "block sequence entries are not allowed",
        "a list item stands where none can be.",
        "put the list on lines of its own below the key.",
    ),
    ("control characters are not allowed", "a control character.", "take it out."),
    ("exceeded max depth", "the document is nested too deeply.", "nest less deeply."),
)
# What is said about the end, although the mistake lies where something was opened.
_OPENED_BEFORE = ("unexpected end of stream", "did not find expected ',' or", "document indicator")
_CONFLICT = re.compile(rb"^<{7}(?: [^\n]*)?\r?$", re.MULTILINE)
_MAX_CONFLICTS = 20
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def parser_trouble(error: Exception, content: bytes) -> Trouble:
    """The trouble for an error that the parser raised on `content`; counts from 0."""
    if isinstance(error, ReaderError):
        before = content[: error.position]
        line = before.count(b"\n")
        column = len(before) - (before.rfind(b"\n") + 1)
        reason = str(error.reason)
    else:
        reason = str(getattr(error, "problem", None) or error)
        marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
        if any(part in reason for part in _OPENED_BEFORE):
            marks.reverse()
        mark = marks[0] or marks[1]
        line, column = (mark.line, mark.column) if mark else (0, 0)
    starts = content.split(b"\n", line + 1)[line : line + 1]
    if "cannot start any token" in reason and starts and starts[0][column : column + 1] == b"\t":
        return Trouble(
            line=line,
            column=column,
            rule="yaml-syntax",
            message="a tab where YAML wants spaces.",
            hint="indent with spaces, never with tabs.",
        )
    for part, message, hint in _KNOWN:
        if part in reason:
            rule = "yaml-limit" if "max depth" in part else "yaml-syntax"
            return Trouble(line=line, column=column, rule=rule, message=message, hint=hint)
    return Trouble(
        line=line,
        column=column,
        rule="yaml-syntax",
        message=f"this is not YAML: {shown(reason)}.",
        hint="check the indentation and the quotation marks.",
    )


def whole_file_troubles(content: bytes) -> list[Trouble]:
    """What makes a file no YAML at all, whatever a parser might find in it; counts from 1."""
    if content.startswith(LFS_POINTER):
        return [
            Trouble(
                line=1,
                column=1,
                rule="yaml-syntax",
                message="this is a pointer of Git LFS, not a manifest.",
                hint="keep manifests out of LFS: git lfs untrack, then add the file again.",
            )
        ]
    try:
        content.isascii() or content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return [
            Trouble(
                line=before.count(b"\n") + 1,
                column=len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1,
                rule="encoding",
                message="the file is UTF-16." if wide else "the file is not UTF-8.",
                hint="save it as UTF-8.",
            )
        ]
    return _conflicts(content) if b"<<<<<<<" in content else []


def _conflicts(content: bytes) -> list[Trouble]:
    return [
        Trouble(
            line=content.count(b"\n", 0, match.start()) + 1,
            column=1,
            rule="yaml-syntax",
            message="a merge conflict is not resolved here.",
            hint="choose one side and take out the lines with <<<<<<<, ======= and >>>>>>>.",
        )
        for match, _ in zip(_CONFLICT.finditer(content), range(_MAX_CONFLICTS), strict=False)
    ]
