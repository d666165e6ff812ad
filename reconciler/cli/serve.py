"""`reconciler serve`: an address -> the HTTP API and the pages, until the process is stopped."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import answering as answers_how
from reconciler.cli import delivering, options, signing_in, telling

if TYPE_CHECKING:
    from reconciler.notify.post import Ways
    from reconciler.web.duties import Duty
    from reconciler.web.identity.provider import Provider
    from reconciler.web.limiting import Limits
    from reconciler.web.services import Services
    from reconciler.wiring import OpenedWorld


def _host(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    text: str,
) -> str:
    """An empty text would be every address of the machine: hardly what an unset variable means."""
    if not text:
        raise click.BadParameter("'' is no address; every one of this machine is 0.0.0.0")
    return text


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    callback=_host,
    help="The address that is listened on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port; 0 takes any that is free.",
)
@answers_how.options
@delivering.options
@signing_in.options
@telling.reminds
@telling.sends
@options.store
@options.now
def command(
    host: str,
    port: int,
    store: str,
    now: datetime | None,
    answering: answers_how.Answering,
    trusted_proxies: tuple[str, ...],
    leads: tuple[timedelta, ...],
    ways: "Ways",
    **given: Any,
) -> int:
    """Serve the HTTP API and the pages of accounts and publishers.

    REPO is where runtimes get the content of packaged components from; without it they get none.

    \b
    Examples:
      reconciler serve
      reconciler serve https://git.example/acme.git
      reconciler serve --store postgresql://db/install_base --host 0.0.0.0 --port 80
      reconciler serve --public-url https://packs.example.com --trusted-proxy 10.0.0.0/8
    """
    from reconciler.cli import streams
    from reconciler.notify.dispatch import in_background
    from reconciler.settings import Settings
    from reconciler.store import pooling
    from reconciler.web.app import application
    from reconciler.web.duties import looking_after
    from reconciler.web.routes import ROUTES
    from reconciler.web.serving import listening, serve
    from reconciler.wiring import open_world

    with open_world(Settings(store_url=store, now=now), store="create") as world:
        services, duties = _services(world, limits=answering.limits(), ways=ways, **given)
        sender, _ = telling.dispatcher(services.store, world.clock, ways, leads)
        answering.log()
        with (
            pooling(services.store, answering.connections),
            listening(host, port) as sock,
            looking_after(duties),
            in_background(sender),
        ):
            shown = f"[{host}]" if ":" in host else host
            ready = f"serving on http://{shown}:{sock.getsockname()[1]}"
            app = application(services, ROUTES)
            serve(app, sock, lambda: streams.say(ready), services.stop, trusted_proxies)
    return 0


def _services(
    world: "OpenedWorld",
    *,
    limits: "Limits",
    delivery: "delivering.Delivery",
    ways: "Ways",
    public_url: str | None,
    provider: "Provider | None",
) -> "tuple[Services, list[Duty]]":
    """What routes are given, and what the process looks after beside them."""
    from reconciler.store import access_of
    from reconciler.web.identity.visitors import Visitors
    from reconciler.web.services import Services

    assert world.store is not None, "a store was demanded"
    visitors = Visitors(access_of(world.store), world.clock)
    services = Services(
        store=world.store,
        clock=world.clock,
        identity=visitors,
        origin=public_url,
        provider=provider,
        contents=delivery.contents(),
        overdue_after=delivery.timeout,
        ways=ways,
        limits=limits,
    )
    return services, [services.tell_overdue, visitors.keep_house]
