"""What an operator sets, by option or environment; read once, in wiring."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DEFAULT_STORE = "sqlite:///install-base.db"
STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`now` (aware) replaces the clock; `actor` is who is written into events.

    `snapshot` is an export that is read instead of the store, "-" for standard input.
    `allowed_signers` None: revisions need no signature.
    """

    repository: str = "."
    store_url: str = DEFAULT_STORE
    snapshot: Path | None = None
    revision: str | None = None
    ref: str | None = None
    now: datetime | None = None
    actor: str = "reconciler"
    lease_wait_seconds: float = 35.0
    allow_destructive: bool = False
    allow_rewind: bool = False
    allowed_signers: Path | None = None
    revoked_keys: Path | None = None


def user_cache() -> Path | None:
    """This product's folder in the user's cache; all of it may be deleted at any time.

    Below XDG_CACHE_HOME, else ~/.cache; a relative XDG_CACHE_HOME is ignored, as its specification
    says: it would lie in the publisher's repository. None: a user without a home, as in many
    containers.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        base = base if base.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "integration-pack-reconciler"


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address, as other programs understand it."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass  # most commands speak with nobody

    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
