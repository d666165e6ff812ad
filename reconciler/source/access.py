"""Credentials turned into environment variables of git: never an argument, never in a message."""

import base64
import os
from collections.abc import Mapping

from reconciler.errors import SourceError
from reconciler.source.location import RemoteLocation
from reconciler.source.process import Git

ACCESS_VARIABLE = "RECONCILER_GIT_TOKEN"
_DEFAULT_USER = "x-access-token"  # GitHub wants this name, other hosts take any


def with_access(git: Git, remote: RemoteLocation) -> Git:
    """`git` with the credentials for `remote` alone: those in its URL, else RECONCILER_GIT_TOKEN.

    The token's user is the URL's, else x-access-token. Raises SourceError for a token that
    can't stand in a header.
    """
    if not remote.url.startswith(("https://", "http://")):
        return git
    settings = ("protocol.http.allow=always",) if remote.plain_http else ()
    credentials = _credentials(remote)
    if credentials is None:
        return git.using(*settings)
    encoded = base64.b64encode(credentials.encode()).decode("ascii")
    scope = "/".join(remote.url.split("/")[:3])
    header = f"http.{scope}/.extraHeader"
    # The empty value takes back a header that the clone's own configuration sets for the host:
    # two of them make hosts answer 400.
    return git.using(
        *settings, **_git_config((header, ""), (header, f"Authorization: Basic {encoded}"))
    )


def _credentials(remote: RemoteLocation) -> str | None:
    if remote.password is not None:
        return f"{remote.user or ''}:{remote.password}"
    token = os.environ.get(ACCESS_VARIABLE, "").strip()
    if not token:
        return None if remote.user is None else f"{remote.user}:"
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SourceError(f"{ACCESS_VARIABLE} is not a token", "it holds spaces or odd characters")
    return f"{remote.user or _DEFAULT_USER}:{token}"


def _git_config(*entries: tuple[str, str]) -> Mapping[str, str]:
    """Entries for GIT_CONFIG_*, after those that the caller of this program has set."""
    inherited = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(inherited) if inherited.isascii() and inherited.isdigit() else 0
    variables = {"GIT_CONFIG_COUNT": str(first + len(entries))}
    for number, (key, value) in enumerate(entries, start=first):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables
