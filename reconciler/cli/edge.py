"""What a command raises -> one line on stderr, an error object on stdout, and an exit code."""

import contextlib
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TextIO

import click

from reconciler.errors import ReconcilerError, UsageError

INTERRUPTED = 130
_BUG_HINT = "RECONCILER_DEBUG=1 shows where; please report it"
_LINES = frozenset({"attachments", "events", "history"})


def run(arguments: Sequence[str]) -> int:
    """Runs one command line; returns its exit code (SPEC section 9). Never shows a traceback."""
    _tolerate_unprintable(sys.stdout, sys.stderr)
    try:
        code = _invoke(list(arguments))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _silence(sys.stdout)
        return 0
    except (KeyboardInterrupt, click.Abort):
        print("reconciler: interrupted", file=sys.stderr)
        return INTERRUPTED


def _invoke(arguments: list[str]) -> int:
    from reconciler.cli.application import commands

    try:
        with commands.make_context("reconciler", arguments) as context:
            result = commands.invoke(context)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return UsageError.exit_code
    except click.ClickException as error:
        return _fail(arguments, _usage_error(error))
    except ReconcilerError as error:
        return _fail(arguments, error)
    except (BrokenPipeError, KeyboardInterrupt, click.Abort):
        raise
    except Exception as error:
        return _fail(arguments, _bug(error))


def _usage_error(error: click.ClickException) -> UsageError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "reconciler"
    return UsageError(error.format_message(), f"{command} --help")


def _bug(error: Exception) -> ReconcilerError:
    if os.environ.get("RECONCILER_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return ReconcilerError(f"this is a bug: {type(error).__name__}: {error}", _BUG_HINT)


def _fail(arguments: Sequence[str], error: ReconcilerError) -> int:
    from reconciler.cli.output import tell

    if _wants_json(arguments):
        sys.stdout.write(_json(arguments, error))
    tell(error)
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether JSON was asked for; click may not have got as far as to say so."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _json(arguments: Sequence[str], error: ReconcilerError) -> str:
    from reconciler.report import objects
    from reconciler.report.plan import json as plan_json
    from reconciler.report.validation import json as validation_json

    match next((word for word in arguments if not word.startswith("-")), ""):
        case "validate":
            return objects.document(validation_json.failure(error))
        case "plan":
            return objects.document(plan_json.failed_plan(error, None))
        case "apply":
            return objects.document(plan_json.failed_apply(error, None))
        case command if command in _LINES:
            return objects.line({"error": objects.error(error)})
        case _:
            return objects.document({"error": objects.error(error)})


def _tolerate_unprintable(*streams: TextIO) -> None:
    """A terminal without UTF-8 shows escapes instead of ending the command."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _silence(stream: TextIO) -> None:
    """Nobody reads any more; what is still buffered must not raise when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
