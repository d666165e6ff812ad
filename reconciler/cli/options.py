"""Options that several commands share -> parameters, and parameters -> settings."""

import getpass
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from reconciler.settings import DEFAULT_STORE, Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])

# A parameter of commands -> the setting that it becomes.
_SETTINGS = {
    "repo": "repository",
    "revision": "revision",
    "ref": "ref",
    "store": "store_url",
    "snapshot": "snapshot",
    "now": "now",
    "actor": "actor",
    "lease_wait": "lease_wait_seconds",
    "allow_destructive": "allow_destructive",
    "allow_rewind": "allow_rewind",
    "require_signed": "allowed_signers",
    "revoked_keys": "revoked_keys",
}

SIGNERS_VARIABLE = "RECONCILER_ALLOWED_SIGNERS"
REVOKED_VARIABLE = "RECONCILER_REVOKED_KEYS"
_YEARS = range(1970, 9000)
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][A-Za-z0-9._~:/?#\[\]@!$&+,;=%-]*")


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time with its offset -> an aware datetime in UTC."""

    name = "ISO-8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date and time, such as 2026-12-01T05:00:00Z", param, ctx)
        if found.tzinfo is None:
            self.fail(f"{value!r} has no offset: add Z for UTC, or -05:00", param, ctx)
        if found.year not in _YEARS:
            self.fail(f"{value!r} is out of range", param, ctx)
        return found.astimezone(UTC)


class Month(click.ParamType[str]):
    """A month of the calendar in UTC, YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return date.fromisoformat(f"{value}-01").strftime("%Y-%m")
        except ValueError:
            self.fail(f"{value!r} is no month, such as 2026-01", param, ctx)


def repository(command: Command) -> Command:
    """REPO: a working copy, a bare repository, a folder inside one, or a URL."""
    return click.argument("repo", default=".", shell_complete=_folders)(command)


def _folders(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> "list[CompletionItem[str]]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def store(command: Command) -> Command:
    """--store URL, or RECONCILER_STORE."""
    return click.option(
        "--store",
        envvar="RECONCILER_STORE",
        default=DEFAULT_STORE,
        show_default=True,
        metavar="URL",
        help="The store. Also set by RECONCILER_STORE.",
    )(command)


def now(command: Command) -> Command:
    """--now: another time than the clock's."""
    return click.option(
        "--now",
        type=Instant(),
        help="Act as if it were this time (with offset). Writes only to a rehearsal store.",
    )(command)


def no_clock(command: Command) -> Command:
    """--now for a command that reads a store and asks for no time: taken, so that scripts may."""
    return click.option(
        "--now",
        type=Instant(),
        expose_value=False,
        help="Taken as by other commands; nothing here depends on the time.",
    )(command)


def output_format(*formats: str) -> Callable[[Command], Command]:
    """--format, the first being the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How the output is written.",
    )


def revision(command: Command) -> Command:
    """--revision: a commit, branch or tag."""
    return click.option(
        "--revision", metavar="R", help="A commit, branch or tag.  [default: HEAD]"
    )(command)


def signed(command: Command) -> Command:
    """--require-signed and --revoked-keys: whose revisions are accepted."""
    file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
    require = click.option(
        "--require-signed",
        envvar=SIGNERS_VARIABLE,
        type=file,
        is_eager=True,  # the other one asks whether it was given
        callback=_not_set_to_nothing,
        metavar="FILE",
        help="Accept only revisions signed by a key in this allowed-signers file. "
        f"Also set by {SIGNERS_VARIABLE}.",
    )
    revoked = click.option(
        "--revoked-keys",
        envvar=REVOKED_VARIABLE,
        type=file,
        callback=_only_with_signers,
        metavar="FILE",
        help=f"Keys that are accepted no more: public keys, or a KRL. Also {REVOKED_VARIABLE}.",
    )
    return require(revoked(command))


def given(name: str) -> bool:
    """Whether a parameter of this command stands on its command line."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _not_set_to_nothing(
    ctx: click.Context, param: click.Parameter, value: Path | None
) -> Path | None:
    """A variable that was meant to hold a path must not switch the check off by being empty."""
    if value is None and isinstance(param.envvar, str) and param.envvar in os.environ:
        raise click.UsageError(f"{param.envvar} is set, but empty: name the file, or unset it", ctx)
    return value


def _only_with_signers(
    ctx: click.Context, param: click.Parameter, value: Path | None
) -> Path | None:
    found = _not_set_to_nothing(ctx, param, value)
    if found is not None and ctx.params.get("require_signed") is None:
        raise click.UsageError("--revoked-keys goes with --require-signed", ctx)
    return found


def link(command: Command) -> Command:
    """--link URL: what a path below the publisher root is put behind, in Markdown."""
    return click.option(
        "--link",
        metavar="URL",
        callback=_web_address,
        help="Make links of paths in Markdown: this URL, then the path, as in "
        "https://git.example/acme/packs/blob/main/",
    )(command)


def _web_address(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """http(s) alone, without what would end a link in Markdown; with a slash at its end."""
    if value is None:
        return None
    if not _WEB_ADDRESS.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no http or https URL", ctx, param)
    return value if value.endswith("/") else f"{value}/"


def actor(command: Command) -> Command:
    """--actor: who is written into events."""
    return click.option(
        "--actor",
        envvar="RECONCILER_ACTOR",
        default=user,
        show_default="the user",
        help="Who is written into the events. Also set by RECONCILER_ACTOR.",
    )(command)


def user() -> str:
    """The name of the user who runs the command; "reconciler" where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER") or "reconciler"


def reads_store(*formats: str) -> Callable[[Command], Command]:
    """--store, --now and --format: what every command has that reads a store."""

    def decorate(command: Command) -> Command:
        return store(now(output_format(*formats)(command)))

    return decorate


def reads_revision(*formats: str) -> Callable[[Command], Command]:
    """What every command has that reads a revision and, where there is one, an install base.

    All that says what to read, REPO and --revision too, becomes the parameter `settings`.
    """

    def decorate(command: Command) -> Command:
        return signed(_snapshot(reads_store(*formats)(_with_settings(command))))

    return decorate


def makes_passes(*formats: str) -> Callable[[Command], Command]:
    """What every command has that brings an install base to a revision.

    All that becomes a setting, REPO and --revision too, becomes the parameter `settings`.
    """

    def decorate(command: Command) -> Command:
        return signed(actor(reads_store(*formats)(_with_settings(command))))

    return decorate


def _with_settings(command: Command) -> Command:
    @wraps(command)
    def settled(**values: Any) -> Any:
        if values.get("snapshot") is not None and given("store"):
            raise click.UsageError("--snapshot and --store exclude each other")
        found = {_SETTINGS[name]: values.pop(name) for name in _SETTINGS.keys() & values.keys()}
        return command(settings=Settings(**found), **values)

    return cast(Command, settled)


def _snapshot(command: Command) -> Command:
    return click.option(
        "--snapshot",
        type=click.Path(path_type=Path, allow_dash=True),
        metavar="FILE",
        help="Read this export (store export) instead of the store; - reads standard input.",
    )(command)


def together(
    name: str, make: Callable[..., Any], *decorators: Callable[[Command], Command]
) -> Callable[[Command], Command]:
    """Options that `make` has as parameters -> one parameter, what it makes of them."""
    names = tuple(signature(make).parameters)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def gathered(**given: Any) -> Any:
            made = make(**{one: given.pop(one) for one in names})
            return command(**{name: made}, **given)

        decorated = cast(Command, gathered)
        for decorator in reversed(decorators):
            decorated = decorator(decorated)
        return decorated

    return decorate
