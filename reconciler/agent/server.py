"""Requests of the delivery protocol -> bounded answers, or trouble that says if to try again."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aiohttp

from reconciler import __version__
from reconciler.agent.wanted import WantedFile
from reconciler.errors import ReconcilerError
from reconciler.settings import proxy_for

WAIT_SECONDS = 60
_SILENT_SECONDS = 60
_JSON_BYTES = 64 << 20
_CHUNK = 1 << 18
_LONGEST_WAIT = 3_600.0
_TRY_AGAIN = frozenset({408, 425, 429, *range(500, 600)})


class TryLater(ReconcilerError):
    """The server can't be reached, or is busy; `seconds` is how long it asks to wait, or None."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message, "it is tried again by itself; look at the server and the network")
        self.seconds = seconds


class Refused(ReconcilerError):
    """The server answers that it will not; `status` is why, `rule` its word for it."""

    def __init__(self, message: str, hint: str | None, status: int, rule: str | None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The desired bundle as JSON, and the tag to ask with next time."""

    data: Any
    etag: str


class Server:
    """One address, one account, one agent. The token is read anew for each request."""

    def __init__(self, url: str, account: str, agent: str, token: "Token") -> None:
        self._place = f"{url}/api/v1/accounts/{quote(account, safe='')}"
        self._host = urlsplit(url).netloc
        self._account, self._agent = account, agent
        self._token = token
        self._proxy = proxy_for(url)
        self._session = aiohttp.ClientSession(
            headers={
                "User-Agent": f"integration-pack-reconciler-agent/{__version__}",
                "Accept-Encoding": "identity",
            },
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=30, sock_read=_SILENT_SECONDS + WAIT_SECONDS
            ),
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

    async def desired(self, etag: str | None, wait: int) -> Bundle | None:
        """What should run; None: still what `etag` says. Raises TryLater and Refused."""
        headers = {"Reconciler-Agent": self._agent}
        if etag is not None:
            headers["If-None-Match"] = etag
        try:
            async with self._asked("GET", f"/desired?wait={wait}", headers) as response:
                if response.status == 304:
                    return None
                data = await self._json(response)
                return Bundle(data=data, etag=response.headers.get("ETag", ""))
        except Refused as error:
            if error.status != 404:
                raise
            hint = f"look whether {self._account} is the account that the token is for"
            raise Refused(error.message, hint, error.status, error.rule) from error

    async def manifest(self, content: str) -> Any:
        """The files of a content, as JSON. Raises TryLater and Refused."""
        async with self._asked("GET", f"/content/{content}") as response:
            return await self._json(response)

    async def sequence(self) -> int:
        """That of the newest report; 0 when there is none. Raises TryLater and Refused."""
        try:
            async with self._asked("GET", "/agent") as response:
                return int((await self._json(response))["sequence"])
        except (KeyError, TypeError, ValueError) as error:
            raise ReconcilerError("the server does not answer as a reconciler does") from error
        except Refused as error:
            if error.status == 404:
                return 0
            raise

    async def report(self, body: Mapping[str, Any]) -> None:
        """What runs. Raises TryLater and Refused."""
        content = json.dumps({**body, "agent": self._agent}).encode()
        headers = {"Content-Type": "application/json"}
        async with self._asked("PUT", "/report", headers, content) as response:
            await self._json(response)

    async def fetch(self, content: str, file: WantedFile, target: Path) -> None:
        """Goes on with `target` where it ends; complete when it returns, but not verified.

        Raises TryLater, Refused, and OSError when it can't be written.
        """
        there = target.stat().st_size if target.exists() else 0
        if there > file.size:
            target.unlink()
            there = 0
        if there == file.size and there:
            return
        headers = {}
        if there:
            headers = {"Range": f"bytes={there}-", "If-Range": f'"{file.sha256}"'}
        async with self._asked("GET", f"/content/{content}/{file.sha256}", headers) as response:
            resumed = response.status == 206 and response.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {there}-")
            if response.status == 206 and not resumed:
                raise TryLater(f"{self._host} sends another part of a file than it was asked for")
            with target.open("ab" if resumed else "wb") as out:
                size = there if resumed else 0
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > file.size:
                        raise TryLater(f"{self._host} sends more of a file than it has")
                    out.write(chunk)
            if size < file.size:
                raise TryLater(f"{self._host} ended in the middle of a file")

    def _asked(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> "_Asked":
        sent = {"Authorization": f"Bearer {self._token.read()}", **(headers or {})}
        return _Asked(
            self._host,
            self._session.request(
                method,
                self._place + path,
                data=body,
                headers=sent,
                proxy=self._proxy,
                allow_redirects=False,
            ),
        )

    async def _json(self, response: aiohttp.ClientResponse) -> Any:
        content = await _read(response, _JSON_BYTES)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ReconcilerError(
                f"{self._host} does not answer with JSON", "check the address of the server"
            ) from error


class _Asked:
    """A request for the length of a block. Raises TryLater and Refused, also from inside of it."""

    def __init__(self, host: str, request: Any) -> None:
        self._host = host
        self._request = request

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            response: aiohttp.ClientResponse = await self._request.__aenter__()
            if response.status < 300 or response.status == 304:
                return response
            try:
                raise await _trouble(self._host, response)
            finally:
                await self._request.__aexit__(None, None, None)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._unreachable(error) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._request.__aexit__(kind, error, trace)
        if isinstance(error, TimeoutError | aiohttp.ClientError | asyncio.IncompleteReadError):
            raise self._unreachable(error) from error

    def _unreachable(self, error: BaseException) -> TryLater:
        if isinstance(error, TimeoutError):
            return TryLater(f"{self._host} does not answer in time")
        return TryLater(f"cannot reach {self._host}: {_said(error)}")


def _said(error: BaseException) -> str:
    """What is wrong, without the library's own words about how it was about to connect."""
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(
        error, aiohttp.ClientSSLError
    ):
        number = error.os_error.errno or 0
        return os.strerror(number) if number > 0 else (error.os_error.strerror or str(error))
    return str(error) or type(error).__name__


async def _trouble(host: str, response: aiohttp.ClientResponse) -> ReconcilerError:
    """What the server says is wrong, in its own words as far as they can be shown."""
    status = response.status
    if status in _TRY_AGAIN:
        return TryLater(f"{host} answers {status}", _asked_to_wait(response.headers))
    if status < 400:
        where = urlsplit(response.headers.get("Location", "")).netloc or "another place"
        return ReconcilerError(
            f"{host} leads on to {where[:100]}, where the token is not sent",
            "name the address of the server as it is now",
        )
    try:
        said = json.loads(await _read(response, 1 << 16))
        detail, hint, rule = (said.get(name) for name in ("detail", "hint", "rule"))
    except (ValueError, RecursionError, AttributeError, ReconcilerError):
        detail = hint = rule = None
    message = f"{host} refuses ({status}): {_line(detail) or 'it does not say why'}"
    return Refused(message, _line(hint), status, _line(rule))


def _line(text: object) -> str | None:
    if not isinstance(text, str):
        return None
    return "".join(c if c.isprintable() else " " for c in text[:300])


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > most:
            raise ReconcilerError(f"the server answers with more than {most >> 10:,} KiB")
        parts.append(part)
    return b"".join(parts)


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds: what Retry-After says, a number or a date, the latter by the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text[:9]), _LONGEST_WAIT)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return min(max((until - now).total_seconds(), 0), _LONGEST_WAIT)
    except (TypeError, ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, or the file that it is read from whenever it is sent, so that it can be renewed."""

    text: str | None = None
    file: Path | None = None

    def read(self) -> str:
        """Raises ReconcilerError; the message does not show it."""
        text = self.text
        if self.file is not None:
            try:
                text = self.file.read_text(encoding="ascii").strip()
            except (OSError, ValueError) as error:
                raise ReconcilerError(
                    f"the token can't be read from {self.file}", "write it there, in one line"
                ) from error
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ReconcilerError(
                "this is no token: it is empty, or holds spaces or odd characters",
                "make one with reconciler token create",
            )
        return text
