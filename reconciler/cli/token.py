"""`reconciler token`: who may use the HTTP API and the pages -> tokens, shown once."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.durations import Duration
from reconciler.model.access import DEFAULT_LIFE, Role

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError


@click.group(name="token")
def command() -> None:
    """Tokens: who may use the HTTP API and the pages, in which role, and until when.

    The store keeps a digest of each, never the token itself: what is lost is made anew.
    """


@command.command(short_help="Make a token, which is shown once.")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="What it may do.  [default: account, with --account]",
)
@click.option("--account", metavar="NAME", help="The account, for role account.")
@click.option(
    "--expires-in",
    type=Duration(),
    default=None,
    help="How long it lives: 30d, 12h, 45m.  [default: 90d]",
)
@click.option("--no-expiry", is_flag=True, help="It lives until it is revoked.")
@options.actor
@options.reads_store("text", "json")
def create(
    name: str,
    role: str | None,
    account: str | None,
    expires_in: timedelta | None,
    no_expiry: bool,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Make a token named for who or what uses it. Stdout has the token and nothing else.

    \b
    Examples:
      reconciler token create ann --role publisher-admin --expires-in 12h
      reconciler token create warehouse-agent --account globex > agent.token
    """
    from reconciler.cli import output, streams
    from reconciler.cli.reading import opened, zone_of
    from reconciler.report import objects
    from reconciler.report import tokens as report
    from reconciler.store import access_of

    if no_expiry and expires_in is not None:
        raise click.UsageError("--no-expiry and --expires-in exclude each other")
    with opened(store, now, writes=True) as (found, at):
        token, text = access_of(found).create_token(
            name,
            _role(role, account),
            account=account,
            expires_at=None if no_expiry else at + (expires_in or DEFAULT_LIFE),
            now=at,
            actor=actor,
        )
        zone = zone_of(found)
    if format_ == "json":
        output.write(objects.document({**report.fields(token, at), "token": text}))
    else:
        output.write(f"{text}\n")
        streams.flush()
        output.note(f"{report.sentence(token, at, zone)}. It is shown this once.")
    return 0


@command.command(name="list", short_help="List tokens with their roles and ends.")
@click.option("--account", metavar="NAME", help="Only those of this account.")
@click.option("--all", "everything", is_flag=True, help="Expired and revoked ones, too.")
@options.reads_store("text", "json")
def list_(
    account: str | None, everything: bool, store: str, now: datetime | None, format_: str
) -> int:
    """List tokens: whose, in which role, until when, and when they were last used.

    \b
    Examples:
      reconciler token list
      reconciler token list --account globex --all
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened, zone_of
    from reconciler.report import objects
    from reconciler.report import tokens as report
    from reconciler.store import access_of

    with opened(store, now) as (found, at):
        tokens = access_of(found).tokens(account=account, live_at=None if everything else at)
        zone = zone_of(found)
    if format_ == "json":
        output.write(objects.document({"tokens": [report.fields(token, at) for token in tokens]}))
    elif tokens:
        output.write(report.table(tokens, at, zone, output.style()))
    else:
        output.note("no tokens")
    return 0


@command.command(short_help="End tokens, and the sessions that began with them.")
@click.argument("numbers", metavar="NUMBER...", type=click.IntRange(1, 2**31 - 1), nargs=-1)
@options.actor
@options.reads_store("text", "json")
def revoke(
    numbers: tuple[int, ...], actor: str, store: str, now: datetime | None, format_: str
) -> int:
    """End tokens at once, and the sessions of browsers that signed in with them.

    NUMBER is what token list shows. Revoking a token again changes nothing.

    \b
    Example:
      reconciler token revoke 7
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import objects
    from reconciler.report import tokens as report
    from reconciler.report.escape import terminal
    from reconciler.store import access_of

    if not numbers:
        raise click.UsageError("name at least one NUMBER; reconciler token list shows them")
    revoked = []
    with opened(store, now, writes=True) as (found, at):
        known = access_of(found)
        for number in numbers:
            token = known.revoke_token(number, now=at, actor=actor)
            if token is None:
                raise _unknown(number)
            revoked.append(token)
            if format_ == "text":
                output.write(terminal(f'Token {number} "{token.name}" is revoked.') + "\n")
    if format_ == "json":
        output.write(objects.document({"tokens": [report.fields(token, at) for token in revoked]}))
    return 0


@command.command(name="end-sessions", short_help="Sign browsers out: all, or one person's.")
@click.option("--person", metavar="NAME", help="Only this person, as events name the actor.")
@options.actor
@options.reads_store("text", "json")
def end_sessions(
    person: str | None, actor: str, store: str, now: datetime | None, format_: str
) -> int:
    """Sign browsers out at once, those too that signed in at an identity provider.

    \b
    Examples:
      reconciler token end-sessions
      reconciler token end-sessions --person "ann@example.com via login.example.com"
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import objects
    from reconciler.report.words import counted
    from reconciler.store import access_of

    with opened(store, now, writes=True) as (found, at):
        ended = access_of(found).end_sessions(person, now=at, actor=actor)
    if format_ == "json":
        output.write(objects.document({"sessions": ended}))
    else:
        output.write(f"Ended {counted(ended, 'session')}.\n")
    return 0


def _role(role: str | None, account: str | None) -> Role:
    if role is None and account is None:
        raise click.UsageError("say what the token may do: --role ROLE, or --account NAME")
    found = Role.ACCOUNT if role is None else Role(role)
    if found is Role.ACCOUNT and account is None:
        raise click.UsageError("say of which account: --account NAME")
    if found is not Role.ACCOUNT and account is not None:
        raise click.UsageError("--account goes with --role account, and with no other role")
    return found


def _unknown(number: int) -> "ReconcilerError":
    from reconciler.errors import RequestRefused

    return RequestRefused(f"there is no token {number}", "reconciler token list --all lists them")
