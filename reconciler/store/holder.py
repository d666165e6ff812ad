"""Who holds the lease -> a line in the lock file beside the store, for those who wait."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

_LONGEST = 1000


class Holder:
    """This process, as the lock file names it; the file is locked and open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.row: Mapping[str, object] = {"host": os.uname().nodename, "pid": os.getpid()}
        # Only a courtesy to those who wait: a full disk must not end a pass that may write nothing.
        with suppress(OSError):
            os.utime(descriptor)
            since = os.fstat(descriptor).st_mtime
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({**self.row, "since": since}).encode(), 0)

    def renew(self) -> None:
        """Shows that the holder is alive: the file's time of change."""
        with suppress(OSError):
            os.utime(self._descriptor)


def told_holder(path: Path, now_seconds: float) -> str:
    """ " (host b7, pid 4121) holds this store since 15:03:20 UTC and renewed 2 s ago".

    As far as the file tells it. `now_seconds` is since 1970, by the clock that times files.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LONGEST))
            renewed_seconds = max(0.0, now_seconds - os.fstat(file.fileno()).st_mtime)
        since = datetime.fromtimestamp(content["since"], UTC)
        recent = now_seconds - content["since"] < 86_400
        moment = since.strftime("%H:%M:%S" if recent else "%Y-%m-%d %H:%M:%S")
        who = f"(host {content['host']}, pid {content['pid']})"
    except (OSError, ValueError, TypeError, LookupError, OverflowError):
        return " holds this store"
    return f" {who} holds this store since {moment} UTC and renewed {renewed_seconds:.0f} s ago"
