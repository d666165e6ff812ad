"""The tree of errors -> the page that says which trouble gives which exit code."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from handbook.markdown import page, prose, table
from reconciler import errors
from reconciler.cli.edge import INTERRUPTED
from reconciler.errors import ReconcilerError

_HEAD = ("code", "what ended the command")
_INTRODUCTION = """\
What the program calls by which code. What a code means for the revision that was asked for, and
what to do about it, is told by [Exit codes](../exit-codes.md)."""


def exit_codes(top: Path) -> str:  # noqa: ARG001
    """The whole page, codes in their order; the errors are those of the program that runs."""
    told = sorted({(error.exit_code, _said(error)) for error in _kinds_of_trouble()})
    rows = [(str(code), prose(text)) for code, text in (*told, (INTERRUPTED, "Ctrl-C."))]
    return page("Causes of exit codes", _INTRODUCTION, table(_HEAD, rows))


def _kinds_of_trouble() -> Iterator[type[ReconcilerError]]:
    """All in the module of errors; what other modules derive from them is for themselves alone."""
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, ReconcilerError) and found is not ReconcilerError:
            yield found


def _said(error: type[ReconcilerError]) -> str:
    """The first sentence of its docstring, with its full stop."""
    text = " ".join((inspect.getdoc(error) or error.__name__).split())
    return text.partition(". ")[0].removesuffix(".") + "."
