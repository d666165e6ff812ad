"""--output FORMAT=FILE -> what a command found in several formats at once, beside stdout."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from reconciler.errors import ReconcilerError

Command = TypeVar("Command", bound=Callable[..., Any])

# SPEC section 9: of several exit codes the first that fits is given.
_CODES = (64, 130, 6, 5, 1, 3, 4, 7, 2, 0)


class OutputFile(NamedTuple):
    """One format and the file that it goes to."""

    format: str
    path: Path


class _OutputFile(click.ParamType[OutputFile]):
    """FORMAT=FILE, of the formats that the command has."""

    name = "FORMAT=FILE"

    def __init__(self, formats: Sequence[str]) -> None:
        self._formats = formats

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> OutputFile:
        if isinstance(value, OutputFile):
            return value
        format_, separator, file = value.partition("=")
        if format_ not in self._formats or not separator:
            known = ", ".join(self._formats)
            self.fail(f"{value!r} is not FORMAT=FILE with a format of {known}", param, ctx)
        if file in ("", "-"):
            self.fail(f"{value!r} names no file; for standard output there is --format", param, ctx)
        return OutputFile(format_, Path(file))


def output_files(*formats: str) -> Callable[[Command], Command]:
    """--output, which may be given several times."""
    return click.option(
        "--output",
        "outputs",
        type=_OutputFile(formats),
        multiple=True,
        callback=_each_once,
        help=f"Write it to this file, too; may be repeated. Formats: {', '.join(formats)}.",
    )


def _each_once(
    ctx: click.Context, param: click.Parameter, outputs: tuple[OutputFile, ...]
) -> tuple[OutputFile, ...]:
    out: Path | None = ctx.params.get("out")
    places = set[str]() if out is None else {os.path.realpath(out)}
    for output in outputs:
        place = os.path.realpath(output.path)
        if place in places:
            raise click.BadParameter(f"{output.path} is named twice", ctx, param)
        places.add(place)
    return outputs


def write_all(
    outputs: Iterable[OutputFile], rendered: Callable[[str], str]
) -> ReconcilerError | None:
    """Writes each file whole or not at all; the last that could not be, as stderr tells of each."""
    from reconciler.cli.output import tell
    from reconciler.cli.plan_file import write_text

    trouble = None
    for output in outputs:
        # What has no place in UTF-8 is shown as on standard output.
        text = rendered(output.format).encode("utf-8", "backslashreplace").decode("utf-8")
        try:
            write_text(output.path, text)
        except ReconcilerError as error:
            tell(error)
            trouble = error
    return trouble


def first_that_fits(*codes: int) -> int:
    """The exit code of a command in which several things happened."""
    return min(codes, key=_CODES.index)
