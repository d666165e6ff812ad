"""The commands as click has them -> the page with usage, options and examples of each."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from handbook.markdown import block, code, page, prose, table
from reconciler.cli.application import commands as application

_HEAD = ("option", "default", "variable", "meaning")
_EXAMPLES = re.compile(r"^Examples?:$")
_SAID_IN_COLUMNS = re.compile(r" Also (?:set by )?[A-Z_]+\.|  \[default: [^\]]*\]")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_INTRODUCTION = """\
Every command, as `reconciler COMMAND --help` tells it too. `REPO` is a working copy, a bare
repository, a folder inside one, or the URL of a remote; by default the folder that you are in.
An option with a *variable* is also set by that environment variable. What a command gives back
to the shell is told by the [exit codes](../exit-codes.md), what it prints with `--format json`
by [JSON](../json.md)."""


def commands(top: Path) -> str:  # noqa: ARG001
    """The whole page; the commands are those of the program that runs."""
    context = click.Context(application, info_name="reconciler")
    return page("Commands", _INTRODUCTION, *_sections(application, context))


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    """A section for each command, those of a group behind it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, parent=context, info_name=name)
        yield _section(command, inner)
        if isinstance(command, click.Group):
            yield from _sections(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    level = "#" * (1 + context.command_path.count(" "))
    path = context.command_path.removeprefix("reconciler ")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [param for param in command.params if isinstance(param, click.Option)]
    rows = [_row(option, context) for option in options if not option.hidden]
    parts = [f"{level} {path}", block(usage), *_help(command)]
    return "\n\n".join([*parts, table(_HEAD, rows)] if rows else parts)


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs of the help; what follows a line with Examples is to be typed."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        as_it_is = paragraph.startswith("\b")
        lines = paragraph.removeprefix("\b").strip("\n").splitlines()
        if lines and _EXAMPLES.match(lines[0]):
            yield block(inspect.cleandoc("\n".join(["", *lines[1:]])), "sh")
        elif as_it_is:
            yield block("\n".join(lines))
        elif lines:
            yield _told(" ".join(lines))


def _row(option: click.Option, context: click.Context) -> tuple[str, str, str, str]:
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {code(option.make_metavar(context))}"
    told = _told(_SAID_IN_COLUMNS.sub("", option.help or ""))
    required = "required" if option.required else _default(option)
    return names + value, required, _variables(option.envvar), told


def _told(text: str) -> str:
    """Help as prose, with options in it as code."""
    return _OPTION.sub(lambda found: code(found[0]), prose(text))


def _default(option: click.Option) -> str:
    """As --help shows it: a value, words for what is found out at run time, or nothing."""
    if isinstance(option.show_default, str):
        return prose(option.show_default)
    said = re.search(r"\[default: ([^\]]*)\]", option.help or "")
    value: Any = option.to_info_dict()["default"]
    if said:
        return prose(said[1])
    return "" if value in (None, False, "", ()) or callable(value) else code(value)


def _variables(names: Any) -> str:
    found = [names] if isinstance(names, str) else list(names or ())
    return ", ".join(code(name) for name in found)
