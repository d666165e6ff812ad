"""A request to a forge's API -> its answer as plain data; bounded in size, time and patience."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from reconciler import __version__
from reconciler.errors import ReconcilerError
from reconciler.settings import proxy_for

if TYPE_CHECKING:
    import aiohttp

SECONDS = 30
BYTES = 64 << 20
ATTEMPTS = 4
PATIENCE_SECONDS = 60
_BUSY = frozenset({429, 503})
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`data` is the decoded JSON; None where the answer was empty."""

    status: int
    headers: Mapping[str, str]
    data: Any


class Api:
    """One address with one token. It follows no redirect: the token stays where it was given."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        try:
            import aiohttp
        except ImportError as error:
            raise ReconcilerError(
                "writing comments needs the library aiohttp",
                "pip install 'integration-pack-reconciler[ci]'",
            ) from error
        self._url = url
        self.host = urlsplit(url).hostname or url
        self._proxy = proxy_for(url)
        self._session = aiohttp.ClientSession(
            headers={
                "Accept": "application/json",
                "User-Agent": f"integration-pack-reconciler/{__version__}",
                **headers,
            },
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def call(
        self, method: str, path: str = "", body: Mapping[str, Any] | None = None
    ) -> Answer:
        """The answer of any status below 300 or from 400 on.

        A busy server is asked again as it says, up to four times and a minute in all. Raises
        ReconcilerError when there is no answer, or one that is of no use.
        """
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            answer = await self._once(method, path, body)
            if not _is_busy(answer):
                return answer
            seconds = _asked_to_wait(answer.headers, attempt)
            waited += seconds
            if attempt == ATTEMPTS or waited > PATIENCE_SECONDS:
                break
            await asyncio.sleep(seconds)
        raise ReconcilerError(
            f"{self.host} is busy (status {answer.status}) and asks to wait {seconds:,.0f} s",
            "run it again later",
        )

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        import aiohttp

        try:
            async with self._session.request(
                method,
                self._url + path,
                json=body,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                return self._answer(response, await self._read(response))
        except TimeoutError as error:
            raise ReconcilerError(
                f"{self.host} did not answer within {SECONDS} s", "run it again later"
            ) from error
        except aiohttp.ClientError as error:
            raise ReconcilerError(
                f"cannot reach {self.host}: {error or type(error).__name__}",
                "check the address of the API, and proxies",
            ) from error

    async def _read(self, response: "aiohttp.ClientResponse") -> bytes:
        parts, size = [], 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > BYTES:
                raise ReconcilerError(f"{self.host} answers with more than {BYTES >> 20} MiB")
            parts.append(part)
        return b"".join(parts)

    def _answer(self, response: "aiohttp.ClientResponse", content: bytes) -> Answer:
        if response.status in _REDIRECTS:
            there = urlsplit(response.headers.get("Location", "")).hostname or "another page"
            raise ReconcilerError(
                f"{self.host} leads on to {there}, where the token is not sent",
                "name the repository and the address of the API as they are now",
            )
        try:
            data = json.loads(content) if content.strip() else None
        except (ValueError, RecursionError) as error:
            if response.status < 400:
                raise ReconcilerError(
                    f"{self.host} does not answer with JSON", "check the address of the API"
                ) from error
            data = None
        return Answer(status=response.status, headers=response.headers, data=data)


def _is_busy(answer: Answer) -> bool:
    """GitHub says 403, too, when it has had too many requests, and then how long to wait."""
    return answer.status in _BUSY or (answer.status == 403 and "Retry-After" in answer.headers)


def _asked_to_wait(headers: Mapping[str, str], attempt: int) -> float:
    """Seconds: what Retry-After says, a number or a date, the latter by the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(min(int(text[:10]), 10**9))
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return max((until - now).total_seconds(), 0)
    except (TypeError, ValueError, OverflowError):
        return float(2**attempt)
