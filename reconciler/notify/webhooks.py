"""A notice -> a POST that is signed as Standard Webhooks say, or that Slack understands."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from ssl import SSLError

import aiohttp

from reconciler import __version__
from reconciler.model.notices import Answer, Answered, Channel, ChannelKind, Letter, Notice
from reconciler.notify.addresses import NotPublic, PublicResolver, check_literal
from reconciler.report.notices.data import body
from reconciler.report.notices.letter import letter

SECONDS = 15
_CONNECTIONS = 64
_BUSY = frozenset({429, 500, 502, 503, 504})
_GONE = 410
_LONGEST_WAIT_SECONDS = 86_400.0
_PREFIX = "whsec_"


def web_session(*, private: bool) -> aiohttp.ClientSession:
    """For the use of one event loop; `private` lets it reach addresses that are not public.

    No proxy, no cookies: nothing but the address that was judged.
    """
    connector = (
        aiohttp.TCPConnector(limit=_CONNECTIONS)
        if private
        else aiohttp.TCPConnector(
            limit=_CONNECTIONS, resolver=PublicResolver(), use_dns_cache=False
        )
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"integration-pack-reconciler/{__version__}"},
        trust_env=False,
    )


async def post(
    session: aiohttp.ClientSession,
    channel: Channel,
    notice: Notice,
    now: datetime,
    *,
    private: bool,
) -> Answer:
    """Follows no redirect, and reads nothing of what is answered but status and headers."""
    text, headers = _message(channel, notice, now)
    try:
        if not private:
            check_literal(channel.address)
        async with session.post(
            channel.address, data=text.encode(), headers=headers, allow_redirects=False
        ) as response:
            return answer_of(response.status, response.headers)
    except TimeoutError:
        return Answer(answered=Answered.BUSY, error=f"no answer within {SECONDS} s")
    except aiohttp.ClientConnectorDNSError as error:
        inside = isinstance(error.os_error, NotPublic)
        kind = Answered.LATER if inside else Answered.BUSY
        return Answer(answered=kind, error=str(error.os_error) if inside else "unknown host")
    except NotPublic as error:
        return Answer(answered=Answered.LATER, error=str(error))
    except (aiohttp.ClientSSLError, SSLError):
        return Answer(answered=Answered.BUSY, error="its certificate is not accepted")
    except (aiohttp.InvalidURL, ValueError):
        return Answer(answered=Answered.NEVER, error="the address can't be used")
    except (aiohttp.ClientError, OSError) as error:
        return Answer(answered=Answered.BUSY, error=f"no connection: {type(error).__name__}")


def answer_of(status: int, headers: Mapping[str, str]) -> Answer:
    """What an HTTP answer means; a redirect is none that is taken."""
    if 200 <= status < 300:
        return Answer(answered=Answered.TAKEN)
    error = f"answered with status {status}"
    if status == _GONE:
        return Answer(answered=Answered.GONE, error=error)
    busy = status in _BUSY
    kind = Answered.BUSY if busy else Answered.LATER
    return Answer(answered=kind, error=error, wait_seconds=_asked(headers) if busy else 0.0)


def _asked(headers: Mapping[str, str]) -> float:
    """Seconds: what Retry-After says, a number or a date, the latter by the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text[:9]), _LONGEST_WAIT_SECONDS)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT_SECONDS)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _message(channel: Channel, notice: Notice, now: datetime) -> tuple[str, dict[str, str]]:
    headers = {"Content-Type": "application/json"}
    if channel.kind is ChannelKind.SLACK:
        return slack_text(letter(notice, now)), headers
    text = body(notice, now)
    return text, headers | signature(channel.secret or "", notice.id, text, now)


def signature(secret: str, message: str, text: str, now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks, version v1 (HMAC with SHA-256)."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret of a channel is not what was made") from error
    at = str(int(now.timestamp()))
    digest = hmac.new(key, f"{message}.{at}.{text}".encode(), hashlib.sha256).digest()
    signed = base64.b64encode(digest).decode()
    return {
        "webhook-id": message,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signed}",
    }


def slack_text(told: Letter) -> str:
    """The title in bold, the rest below; names can't mention, link or mark anything up."""
    lines = [f"*{_slack(told.title)}*", *map(_slack, told.lines)]
    if told.action:
        lines.append(f"→ {_slack(told.action)}")
    return json.dumps({"text": "\n".join(lines), "unfurl_links": False, "unfurl_media": False})


_MARKS = str.maketrans({"*": "∗", "_": "_\u2060", "~": "∼", "`": "ˋ"})


def _slack(text: str) -> str:
    """Escaped as Slack asks; its own marks become characters that look alike or have no effect."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.translate(_MARKS).replace("@", "@\u2060").replace("://", ":\u2060//")
