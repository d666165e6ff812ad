"""What a command raises -> one line on stderr, an error object on stdout, and an exit code."""

import contextlib
import os
from collections.abc import Sequence
from itertools import pairwise

import click

from reconciler.cli import streams
from reconciler.errors import ReconcilerError, UsageError

INTERRUPTED = 130
_BUG_HINT = "RECONCILER_DEBUG=1 shows where; please report it"
_SYSTEM_HINT = "check space and permissions, and run it again; RECONCILER_DEBUG=1 shows where"
_LINES = frozenset({"attachments", "events", "history"})


def run(arguments: Sequence[str]) -> int:
    """Runs one command line; returns its exit code (SPEC section 9). Never shows a traceback."""
    streams.prepare()
    words = list(arguments)
    try:
        code = _invoke(words)
        streams.flush()
        return code
    except ReconcilerError as error:
        return _fail(words, error)
    except BrokenPipeError:
        streams.flush()
        return 0
    except (KeyboardInterrupt, click.Abort):
        streams.say("reconciler: interrupted")
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
        streams.say(error.format_message())
        return UsageError.exit_code
    except click.ClickException as error:
        raise _usage_error(error) from error
    except (ReconcilerError, BrokenPipeError, KeyboardInterrupt, click.Abort):
        raise
    except OSError as error:
        raise _refused(error) from error
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python wraps it while it imports
            raise error.__cause__ from None
        raise _bug(error) from error


def _usage_error(error: click.ClickException) -> UsageError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "reconciler"
    message = error.format_message().replace("\n\t", " ")  # click puts each choice on a line
    return UsageError(message, f"{command} --help")


def _refused(error: OSError) -> ReconcilerError:
    """What the operating system did not allow where nothing more telling was said."""
    _trace(error)
    reason = error.strerror or str(error)
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return ReconcilerError(f"{where}{reason}", _SYSTEM_HINT)


def _bug(error: Exception) -> ReconcilerError:
    _trace(error)
    return ReconcilerError(f"this is a bug: {type(error).__name__}: {error}", _BUG_HINT)


def _trace(error: Exception) -> None:
    if os.environ.get("RECONCILER_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)


def _fail(arguments: Sequence[str], error: ReconcilerError) -> int:
    from reconciler.cli.output import tell

    with contextlib.suppress(ReconcilerError):
        if _wants_json(arguments):
            streams.write(_json(arguments, error))
        streams.flush()
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
