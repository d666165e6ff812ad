"""How browsers reach `serve` and sign in: options -> an origin, trusted proxies, a provider."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from reconciler.cli.options import Command, together

if TYPE_CHECKING:
    from reconciler.web.identity.provider import Provider

SECRET_VARIABLE = "RECONCILER_OIDC_CLIENT_SECRET"  # noqa: S105 - its name


def _origin(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        good = parts.scheme in ("http", "https") and parts.hostname and plain
    except ValueError:
        good = False
    if not good:
        example = "https://packs.example.com"
        raise click.BadParameter(f"{value!r} is no address such as {example}", ctx, param)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _networks(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    import ipaddress

    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise click.BadParameter(
                f"{value!r} is no address or network, such as 10.0.0.0/8", ctx, param
            ) from error
    return values


_PUBLIC_URL = click.option(
    "--public-url",
    envvar="RECONCILER_PUBLIC_URL",
    callback=_origin,
    metavar="URL",
    help="How browsers reach the server: https://packs.example.com. "
    "Also set by RECONCILER_PUBLIC_URL.  [default: as they say]",
)
_TRUSTED_PROXIES = click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    callback=_networks,
    metavar="ADDRESS",
    help="A proxy, or a network of them, that may say for whom it asks "
    "(X-Forwarded-For, X-Forwarded-Proto); repeatable.",
)


def provider_of(
    oidc_issuer: str | None,
    oidc_client_id: str | None,
    oidc_client_secret_file: Path | None,
    oidc_claim: str,
    oidc_scope: str,
) -> "Provider | None":
    """The identity provider, None when none was named. Raises click.UsageError."""
    import os

    if oidc_issuer is None and oidc_client_id is None:
        return None
    if not (oidc_issuer and oidc_client_id):
        raise click.UsageError("--oidc-issuer and --oidc-client-id go together")
    if not _private(oidc_issuer):
        raise click.UsageError(f"--oidc-issuer {oidc_issuer!r} has to be an https address")
    if "openid" not in oidc_scope.split():
        raise click.UsageError("--oidc-scope has to hold openid")
    from reconciler.web.identity.provider import Provider, ProviderSettings

    secret = os.environ.get(SECRET_VARIABLE)
    if oidc_client_secret_file is not None:
        secret = oidc_client_secret_file.read_text(encoding="utf-8").strip()
    return Provider(
        ProviderSettings(
            issuer=oidc_issuer,
            client_id=oidc_client_id,
            secret=secret or None,
            claim=oidc_claim,
            scope=oidc_scope,
        )
    )


def _private(issuer: str) -> bool:
    """Over plain http only on this machine."""
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return False
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


_PROVIDER = together(
    "provider",
    provider_of,
    click.option(
        "--oidc-issuer",
        envvar="RECONCILER_OIDC_ISSUER",
        metavar="URL",
        help="An identity provider at which people sign in. Also RECONCILER_OIDC_ISSUER.",
    ),
    click.option(
        "--oidc-client-id",
        envvar="RECONCILER_OIDC_CLIENT_ID",
        metavar="ID",
        help="What the provider knows this server as. Also RECONCILER_OIDC_CLIENT_ID.",
    ),
    click.option(
        "--oidc-client-secret-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help=f"Holds the client's secret; else {SECRET_VARIABLE} does.",
    ),
    click.option(
        "--oidc-claim",
        default="reconciler",
        show_default=True,
        metavar="NAME",
        help="The claim that says what a person may do here.",
    ),
    click.option(
        "--oidc-scope",
        default="openid email",
        show_default=True,
        metavar="SCOPES",
        help="What is asked of the provider; openid has to be there.",
    ),
)


def options(command: Command) -> Command:
    """--public-url, --trusted-proxy, and the identity provider as the parameter `provider`."""
    return _PUBLIC_URL(_TRUSTED_PROXIES(_PROVIDER(command)))
