"""`reconciler account`: what an account asks for itself -> the store, with the actor."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.model.base import AttachmentKey, InstallBase
    from reconciler.model.requests import Decision

Command = Callable[..., Any]
Decide = Callable[["InstallBase", datetime], "Decision"]

_INSTANCE = click.option("--instance", default="", help="Which one, of a multiple pack.")


@click.group(name="account")
def command() -> None:
    """What an account does for itself: recorded in the store, with who did it.

    What is refused exits 1 and says why; asking for what is so already changes nothing.
    """


def _writing(function: Command) -> Command:
    return options.actor(options.reads_store("text", "json")(function))


@command.command(short_help="Run the pending release early.")
@click.argument("account")
@click.argument("pack")
@_INSTANCE
@click.option("--version", help="The pending release, to be sure that it is this one.")
@_writing
def adopt(
    account: str,
    pack: str,
    instance: str,
    version: str | None,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Run the pending release early, during its testing period. There is no way back until then.

    \b
    Examples:
      reconciler account adopt globex stock-levels
      reconciler account adopt globex stock-levels --version 2.1.0
    """
    from reconciler.desired import requests

    key = _key(account, pack, instance)
    return _ask(
        lambda base, at: requests.adopt(base, key, version, at, actor),
        account,
        pack,
        (store, now, format_),
    )


@command.command(short_help="Install a pack, as far as a group entitles the account.")
@click.argument("account")
@click.argument("pack")
@click.option("--instance", default="", help="A name for it, needed for a multiple pack.")
@click.option("--environment", "environments", multiple=True, help="Where it runs; repeatable.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="COMPONENT.NAME=VALUE",
    help="An extension value; repeatable.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="COMPONENT.NAME=REFERENCE",
    help="Where the account's secret store keeps a value; repeatable.",
)
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
    from reconciler.cli.reading import opened
    from reconciler.desired import requests
    from reconciler.desired.eligibility import known_settings

    key = _key(account, pack, instance)
    values = _values(settings, secrets)
    known: Any = {}
    if values:
        with opened(store, now) as (found, at):
            known = known_settings(found.base(), pack, at)
    return _ask(
        lambda base, at: requests.install(
            base, key, at, actor, environments=environments or None, values=values, known=known
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


def _values(settings: tuple[str, ...], secrets: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for text in settings:
        component, name, value = _split(text, "--set")
        found.setdefault(component, {})[name] = value
    for text in secrets:
        component, name, value = _split(text, "--secret")
        found.setdefault(component, {})[name] = _reference(value)
    return found


def _reference(value: str) -> Mapping[str, str]:
    return {"secretRef": value}


def _split(text: str, option: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    component, dot, setting = name.rpartition(".")
    if not (equals and dot and component and setting and value):
        shown = name or "what was given"
        raise click.UsageError(f"{option} takes COMPONENT.NAME=VALUE; {shown!r} is not that")
    return component, setting, value
