"""`reconciler account`: what an account asks for itself -> the store, with the actor."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.account_show import show

if TYPE_CHECKING:
    from reconciler.model.base import AttachmentKey, InstallBase
    from reconciler.model.requests import Decision

Command = Callable[..., Any]
Decide = Callable[["InstallBase", datetime], "Decision"]

_INSTANCE = click.option("--instance", default="", help="Which one, of a multiple pack.")
_SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="COMPONENT.NAME=VALUE",
    help="An extension value; repeatable.",
)
_SECRET = click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="COMPONENT.NAME=REFERENCE",
    help="Where the account's secret store keeps a value; repeatable.",
)


@click.group(name="account")
def command() -> None:
    """What an account does for itself: recorded in the store, with who did it.

    What is refused exits 1 and says why; asking for what is so already changes nothing.
    """


command.add_command(show)


def _writing(function: Command) -> Command:
    return options.actor(options.reads_store("text", "json")(function))


@command.command(short_help="Run the pending release early.")
@click.argument("account")
@click.argument("pack")
@_INSTANCE
@click.option("--version", help="The pending release, to be sure that it is this one.")
@click.option(
    "--at",
    type=options.Instant(),
    help="The account's slot: adopt then instead of now. With offset, on a whole quarter hour.",
)
@_writing
def adopt(
    account: str,
    pack: str,
    instance: str,
    version: str | None,
    at: datetime | None,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Run the pending release early, during its testing period. There is no way back until then.

    With --at it happens in a slot that the account chooses, before the release window. It may be
    moved by asking again, and taken back by withdraw-slot, until it has come.

    \b
    Examples:
      reconciler account adopt globex stock-levels
      reconciler account adopt globex stock-levels --at 2026-11-28T03:00+01:00
      reconciler account adopt globex stock-levels --version 2.1.0
    """
    from reconciler.desired import requests

    key = _key(account, pack, instance)
    return _ask(
        lambda base, instant: requests.adopt(base, key, version, instant, actor, at=at),
        account,
        pack,
        (store, now, format_),
    )


@command.command(name="withdraw-slot", short_help="Take a slot back that has not come yet.")
@click.argument("account")
@click.argument("pack")
@_INSTANCE
@_writing
def withdraw_slot(
    account: str,
    pack: str,
    instance: str,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Take a slot back that has not come yet: the release comes in its window, as to everybody.

    \b
    Example:
      reconciler account withdraw-slot globex stock-levels
    """
    from reconciler.desired import requests

    key = _key(account, pack, instance)
    return _ask(
        lambda base, at: requests.withdraw_slot(base, key, at, actor),
        account,
        pack,
        (store, now, format_),
    )


@command.command(short_help="Install a pack, as far as a group entitles the account.")
@click.argument("account")
@click.argument("pack")
@click.option("--instance", default="", help="A name for it, needed for a multiple pack.")
@click.option("--environment", "environments", multiple=True, help="Where it runs; repeatable.")
@_SET
@_SECRET
@_writing
def install(
    account: str,
    pack: str,
    instance: str,
    environments: tuple[str, ...],
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Install a pack that a group entitles the account to; it runs the current release.

    \b
    Examples:
      reconciler account install wonka order-to-cash
      reconciler account install umbrella stock-levels --instance eu --set warehouse-api.region=eu
    """
    from reconciler.desired import requests

    key = _key(account, pack, instance)
    values = _values(settings, secrets)
    return _ask(
        lambda base, at: requests.install(
            base, key, at, actor, environments=environments or None, values=values
        ),
        account,
        pack,
        (store, now, format_),
    )


@command.command(short_help="Set environments and extension values.")
@click.argument("account")
@click.argument("pack")
@_INSTANCE
@click.option(
    "--environment",
    "environments",
    multiple=True,
    help="Where it shall run, in place of all before; repeatable.",
)
@click.option("--no-environments", is_flag=True, help="Detach it from all environments.")
@_SET
@_SECRET
@click.option(
    "--unset",
    "cleared",
    multiple=True,
    metavar="COMPONENT.NAME",
    help="Clear an extension value of the account's own; repeatable.",
)
@_writing
def configure(
    account: str,
    pack: str,
    instance: str,
    environments: tuple[str, ...],
    no_environments: bool,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    cleared: tuple[str, ...],
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Attach to environments, detach from them, set and clear extension values.

    What is not named stays as it is. Where the publisher's manifest says something else, the
    manifest counts until it says so no more; the answer names what that is.

    \b
    Examples:
      reconciler account configure globex stock-levels --environment production --environment test
      reconciler account configure globex stock-levels --set warehouse-api.region=eu
      reconciler account configure globex stock-levels --unset warehouse-api.region
    """
    from reconciler.desired import requests

    if environments and no_environments:
        raise click.UsageError("--environment and --no-environments exclude each other")
    key = _key(account, pack, instance)
    values = _values(settings, secrets, cleared)
    return _ask(
        lambda base, at: requests.configure(
            base,
            key,
            at,
            actor,
            environments=environments if environments or no_environments else None,
            values=values,
        ),
        account,
        pack,
        (store, now, format_),
    )


@command.command(short_help="Uninstall what the account installed itself.")
@click.argument("account")
@click.argument("pack")
@_INSTANCE
@_writing
def uninstall(
    account: str,
    pack: str,
    instance: str,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Uninstall what the account installed itself; not what a manifest or a group declares.

    \b
    Example:
      reconciler account uninstall wonka order-to-cash
    """
    from reconciler.desired import requests

    key = _key(account, pack, instance)
    return _ask(
        lambda base, at: requests.uninstall(base, key, at, actor),
        account,
        pack,
        (store, now, format_),
    )


@command.command(name="copy-template", short_help="Copy a template of the process library.")
@click.argument("account")
@click.argument("component")
@_writing
def copy_template(
    account: str, component: str, actor: str, store: str, now: datetime | None, format_: str
) -> int:
    """Copy a template of the process library into the account, once.

    \b
    Example:
      reconciler account copy-template globex csv-to-orders
    """
    from reconciler.desired import requests

    return _ask(
        lambda base, at: requests.copy_template(base, account, component, at, actor),
        account,
        None,
        (store, now, format_),
    )


def _key(account: str, pack: str, instance: str) -> "AttachmentKey":
    from reconciler.model.base import AttachmentKey

    return AttachmentKey(account=account, pack=pack, instance=instance)


def _ask(
    decide: Decide, account: str, pack: str | None, common: tuple[str, datetime | None, str]
) -> int:
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import objects
    from reconciler.report.escape import terminal

    store, now, format_ = common
    with opened(store, now, writes=True) as (found, at):
        decision = found.request(account, pack, lambda base: decide(base, at))
    if format_ == "json":
        output.write(objects.document(_fields(decision, account, pack)))
    else:
        output.write(terminal(f"{decision.message}.") + "\n")
    return 0


def _fields(decision: "Decision", account: str, pack: str | None) -> dict[str, Any]:
    row = decision.put
    return {
        "account": account,
        "pack": pack,
        "action": str(decision.action),
        "changed": decision.event is not None,
        "release": row.release if row is not None else None,
        "message": decision.message,
    }


def _values(
    settings: tuple[str, ...], secrets: tuple[str, ...], cleared: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """By component and name. Raises click.UsageError where one setting is named twice."""
    found: dict[str, dict[str, Any]] = {}
    for component, name, value in _given(settings, secrets, cleared):
        of_component = found.setdefault(component, {})
        if name in of_component:
            raise click.UsageError(f"{component}.{name} is named twice: say one thing of it")
        of_component[name] = value
    return found


def _given(
    settings: tuple[str, ...], secrets: tuple[str, ...], cleared: tuple[str, ...]
) -> Iterator[tuple[str, str, Any]]:
    for text in settings:
        yield _split(text, "--set")
    for text in secrets:
        component, name, value = _split(text, "--secret")
        yield component, name, {"secretRef": value}
    for text in cleared:
        yield (*_setting(text, "--unset takes COMPONENT.NAME"), None)


def _split(text: str, option: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    wanted = f"{option} takes COMPONENT.NAME=VALUE"
    component, setting = _setting(name, wanted)
    if not equals:
        raise click.UsageError(f"{wanted}; {name!r} is not that")
    if not value:
        raise click.UsageError(f"{wanted}; {name!r} is given no value")
    return component, setting, value


def _setting(name: str, wanted: str) -> tuple[str, str]:
    component, dot, setting = name.rpartition(".")
    if not (dot and component and setting):
        shown = name or "what was given"
        raise click.UsageError(f"{wanted}; {shown!r} is not that")
    return component, setting
