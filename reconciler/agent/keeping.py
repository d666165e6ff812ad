"""A server and a folder -> the folder equal to the desired bundle, and the server told so."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.agent.folder import Folder
from reconciler.agent.git_ids import FileIds, content_id, file_ids
from reconciler.agent.server import WAIT_SECONDS, Refused, Server, TryLater
from reconciler.agent.wanted import Wanted, WantedAttachment, WantedFile, files, wanted
from reconciler.errors import ReconcilerError

_LONGEST_PAUSE = 60.0
_ATTEMPTS_ONCE = 4
_AT_ONCE_SECONDS = 1.0

Tell = Callable[[str], None]


class NotLaidOut(ReconcilerError):
    """A bundle could not be laid out; `failures` says why, by content. What ran still does."""

    def __init__(self, message: str, hint: str | None, failures: Mapping[str, str]) -> None:
        super().__init__(message, hint)
        self.failures = failures


class Keeper:
    """`most_bytes`: larger bundles are not taken. `tell` gets a line for what happens."""

    def __init__(self, server: Server, folder: Folder, *, most_bytes: int, tell: Tell) -> None:
        self._server = server
        self._folder = folder
        self._most_bytes = most_bytes
        self._tell = tell
        self._etag: str | None = None
        self._sequence: int | None = None
        self._reported: object = None
        self._verified: dict[str, tuple[WantedFile, ...]] = {}

    async def keep(self) -> None:
        """Until it is cancelled; trouble is told and tried again."""
        attempts, wait, told = 0, 0, ""
        while True:
            began = time.monotonic()
            try:
                changed = await self.step(wait)
            except ReconcilerError as error:
                attempts, wait = attempts + 1, 0
                if error.message != told:
                    self._tell(f"{error.message}; trying again")
                told = error.message
                await asyncio.sleep(_pause(attempts, error))
                continue
            if told:
                self._tell("all is well again")
            if not changed and wait and time.monotonic() - began < _AT_ONCE_SECONDS:
                await asyncio.sleep(_pause(1, None))  # something between us does not wait
            attempts, wait, told = 0, WAIT_SECONDS, ""

    async def once(self) -> None:
        """Raises ReconcilerError when the folder is not as it should be afterwards."""
        for attempt in range(1, _ATTEMPTS_ONCE + 1):
            try:
                await self.step(0)
                return
            except TryLater as error:
                if attempt == _ATTEMPTS_ONCE:
                    raise
                await asyncio.sleep(_pause(attempt, error))

    async def step(self, wait: int) -> bool:
        """Asks once, does what is asked for, and tells; whether the bundle was another.

        Raises ReconcilerError; what ran before still does, or the new bundle runs already.
        """
        current = self._folder.current()
        if current is not None and self._etag is None:
            self._etag = f'"{current.get("digest")}"'
        found = await self._server.desired(self._etag, wait)
        if found is not None:
            bundle = wanted(found.data)
            if current is None or current.get("digest") != bundle.digest:
                await self._install(bundle)
            self._etag = found.etag or f'"{bundle.digest}"'
        current = self._folder.current()
        if current is not None and self._reported != current["digest"]:
            await self._report(wanted(current), {})
            self._reported = current["digest"]
        return found is not None

    async def _install(self, bundle: Wanted) -> None:
        """Raises TryLater, and NotLaidOut when the server was told why it can't be done."""
        try:
            if not self._folder.has(bundle.digest):
                laid_out = await self._fetched(bundle)
                await asyncio.to_thread(self._folder.lay_out, bundle, laid_out)
            before = self._folder.switch(bundle.digest)
            self._folder.collect({bundle.digest, *([before] if before else [])})
        except OSError as error:
            where = self._folder.path
            trouble = NotLaidOut(
                f"{where} can't be written: {error.strerror or error}",
                "make room there, or let this user write to it; the bundle before still runs",
                dict.fromkeys(_contents(bundle), f"the disk: {error.strerror}"),
            )
            await self._tell_failure(bundle, trouble)
            raise trouble from error
        except NotLaidOut as trouble:
            await self._tell_failure(bundle, trouble)
            raise
        number = len(bundle.attachments)
        self._tell(f"bundle {bundle.digest[:12]} runs: {number:,} attachments")

    async def _fetched(self, bundle: Wanted) -> dict[str, tuple[WantedFile, ...]]:
        """All files of a bundle, verified and kept."""
        found: dict[str, tuple[WantedFile, ...]] = {}
        failures: dict[str, str] = {}
        size = 0
        for content in _contents(bundle):
            try:
                listed = files(await self._server.manifest(content), content)
                size += sum(file.size for file in listed)
                if size > self._most_bytes:
                    raise ReconcilerError(
                        f"the bundle is larger than {self._most_bytes >> 20:,} MiB",
                        "allow more with --most",
                    )
                found[content] = await self._content(content, listed)
            except TryLater:
                raise
            except ReconcilerError as error:
                if isinstance(error, Refused) and await self._is_over(bundle):
                    raise TryLater("the bundle changed while it was fetched") from error
                failures[content] = error.message
                hint = error.hint
        if failures:
            first = next(iter(failures.values()))
            raise NotLaidOut(
                f"bundle {bundle.digest[:12]} can't be fetched: {first}", hint, failures
            )
        self._verified = found
        return found

    async def _is_over(self, bundle: Wanted) -> bool:
        """Whether another bundle is desired by now."""
        return await self._server.desired(f'"{bundle.digest}"', 0) is not None

    async def _content(
        self, content: str, listed: tuple[WantedFile, ...]
    ) -> tuple[WantedFile, ...]:
        """Its files are there, and are what was committed. Raises ReconcilerError."""
        if self._verified.get(content) == listed and all(
            self._folder.blob(file.sha256).exists() for file in listed
        ):
            return listed
        entries = []
        for file in listed:
            ids = await self._file(content, file)
            entries.append((file.path, file.mode, ids.blob))
        if content_id(entries, content) != content:
            raise ReconcilerError(
                f"content {content[:12]} is not what was committed",
                "ask the publisher: the server gives other files than git has",
            )
        return listed

    async def _file(self, content: str, file: WantedFile) -> FileIds:
        """One file, verified. Raises ReconcilerError, TryLater and OSError."""
        blob, part = self._folder.blob(file.sha256), self._folder.part(file.sha256)
        if blob.exists():
            ids = await asyncio.to_thread(file_ids, blob, content)
            if ids.sha256 == file.sha256:
                return ids
            blob.unlink()
        await self._server.fetch(content, file, part)
        ids = await asyncio.to_thread(file_ids, part, content)
        if ids.sha256 != file.sha256:
            part.unlink()
            raise ReconcilerError(
                f"{file.path or 'a file'} of content {content[:12]} came corrupted",
                "it is fetched again; look at what lies between here and the server",
            )
        self._folder.keep_blob(file.sha256)
        return ids

    async def _tell_failure(self, bundle: Wanted, trouble: NotLaidOut) -> None:
        told = (bundle.digest, trouble.message)
        if self._reported == told:
            return
        current = self._folder.current()
        await self._report(
            None if current is None else wanted(current),
            {
                (one.pack, one.instance): (one, trouble.failures[content.content])
                for one in bundle.attachments
                for content in one.contents
                if content.content in trouble.failures
            },
        )
        self._reported = told

    async def _report(
        self,
        current: Wanted | None,
        failures: Mapping[tuple[str, str | None], tuple[WantedAttachment, str]],
    ) -> None:
        """What runs, and what of the new bundle can't. Each report has a number of its own."""
        runs = {} if current is None else {(a.pack, a.instance): a for a in current.attachments}
        lines = [
            _line(key, runs.get(key), failures[key][1] if key in failures else None)
            for key in sorted({*runs, *failures}, key=lambda one: (one[0], one[1] or ""))
        ]
        body: dict[str, Any] = {"attachments": lines}
        if current is not None:
            body["bundle"] = current.digest
        for attempt in (1, 2):
            if self._sequence is None:
                self._sequence = await self._server.sequence()
            self._sequence += 1
            try:
                await self._server.report({**body, "sequence": self._sequence})
                return
            except Refused as error:
                if error.rule != "stale-report" or attempt == 2:
                    raise
                self._sequence = None


def _line(
    key: tuple[str, str | None], runs: WantedAttachment | None, failure: str | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "pack": key[0],
        "instance": key[1],
        "release": None if runs is None else runs.release,
        "digest": None if runs is None else runs.digest,
    }
    return found if failure is None else {**found, "failure": failure}


def _contents(bundle: Wanted) -> tuple[str, ...]:
    """Each content once."""
    return tuple(
        dict.fromkeys(content.content for one in bundle.attachments for content in one.contents)
    )


def _pause(attempts: int, error: ReconcilerError | None) -> float:
    """Seconds: longer each time, never the same for all agents, and never less than asked for."""
    asked = error.seconds if isinstance(error, TryLater) and error.seconds is not None else 0.0
    grown = min(2.0 ** min(attempts, 10) / 2, _LONGEST_PAUSE)
    return asked + grown * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret
