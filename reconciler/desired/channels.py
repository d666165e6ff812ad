"""What somebody wants to be told, and where -> a channel, or why it can't be one."""

import re
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from reconciler.desired.notices import audience
from reconciler.desired.phrases import listed
from reconciler.errors import RequestRefused
from reconciler.model.notices import Audience, Channel, ChannelDraft, ChannelKind, Topic

MOST_CHANNELS = 20
"""Of one account, or of the publisher."""
_LONGEST_URL = 2_000
_LONGEST_EMAIL = 254
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_URL = re.compile(r"https?://[!-~]+")


def channel_draft(
    account: str | None,
    kind: ChannelKind,
    address: str,
    topics: Collection[str],
    now: datetime,
    actor: str,
    *,
    plain_http: bool = False,
) -> ChannelDraft:
    """`topics` empty: all. `plain_http` lets a URL be http, for receivers in the same network.

    The address is judged as text; where it leads is judged when something is sent. A webhook gets
    its secret from the store. Raises RequestRefused.
    """
    if kind is ChannelKind.EMAIL:
        _check_email(address)
    else:
        _check_url(address, plain_http)
    return ChannelDraft(
        account=account,
        kind=kind,
        address=address,
        topics=_chosen(topics, account),
        at=now,
        actor=actor,
    )


def topics_for(account: str | None) -> tuple[Topic, ...]:
    """What the publisher (None) or an account can be told of."""
    shut_out = Audience.PUBLISHER if account is not None else None
    return tuple(
        topic
        for topic in Topic
        if topic is not Topic.TEST
        and audience(topic) is not shut_out
        and not (account is None and topic is Topic.VALUES_MISSING)
    )


def _chosen(names: Collection[str], account: str | None) -> tuple[Topic, ...] | None:
    known = topics_for(account)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RequestRefused(
            f"there is no topic {unknown[0]!r} here",
            f"topics are {listed(known, most=len(known))}",
        )
    return tuple(topic for topic in known if topic in names) or None


def _check_email(address: str) -> None:
    if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise RequestRefused(
            f"{address[:80]!r} is no e-mail address", "give one address, such as ops@example.com"
        )


def _check_url(address: str, plain_http: bool) -> None:
    shown = f"{address[:80]!r}"
    if len(address) > _LONGEST_URL or not _URL.fullmatch(address):
        raise RequestRefused(f"{shown} is no URL", "give one that begins with https://")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0:
        raise RequestRefused(f"{shown} names no host", "give a URL such as https://example.com/x")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise RequestRefused(
            f"the URL of {host} holds a name, a password or a fragment",
            "leave them out; what comes from here is known by its signature",
        )
    if parts.scheme != "https" and not plain_http:
        raise RequestRefused(
            f"the URL of {host} is not https",
            "use https; --allow-private-addresses lets receivers in your own network do without",
        )


def shown_address(channel: Channel) -> str:
    """An address as it may be listed: what follows the host of a URL may be a secret."""
    if channel.kind is ChannelKind.EMAIL:
        return channel.address
    parts = urlsplit(channel.address)
    path = parts.path if channel.kind is ChannelKind.WEBHOOK else "/…"
    return f"{parts.scheme}://{parts.netloc}{path}{'?…' if parts.query else ''}"
