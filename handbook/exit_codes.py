"""The tree of errors -> the page that says which trouble gives which exit code."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from handbook.markdown import page, prose, table
from reconciler.cli.edge import INTERRUPTED
from reconciler.errors import ReconcilerError

_HEAD = ("code", "what ended the command")
_INTRODUCTION = """\
What the program calls by which code. What a code means for the revision that was asked for, and
what to do about it, is told by [Exit codes](../exit-codes.md)."""


def exit_codes(top: Path) -> str:  # noqa: ARG001
    """The whole page, codes in their order; the errors are those of the program that runs."""
    told = sorted({(error.exit_code, _said(error)) for error in _below(ReconcilerError)})
    rows = [(str(code), prose(text)) for code, text in (*told, (INTERRUPTED, "Ctrl-C."))]
    return page("Causes of exit codes", _INTRODUCTION, table(_HEAD, rows))


def _below(error: type[ReconcilerError]) -> Iterator[type[ReconcilerError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def _said(error: type[ReconcilerError]) -> str:
    """The first sentence of its docstring, with its full stop."""
    text = " ".join((inspect.getdoc(error) or error.__name__).split())
    return text.partition(". ")[0].removesuffix(".") + "."
