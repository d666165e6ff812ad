"""What an operator sets, by option or environment; read once, in wiring."""

from dataclasses import dataclass
from datetime import datetime

DEFAULT_STORE = "sqlite:///install-base.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`now` (aware) replaces the clock; `actor` is who is written into events."""

    repository: str = "."
    store_url: str = DEFAULT_STORE
    revision: str | None = None
    ref: str | None = None
    now: datetime | None = None
    actor: str = "reconciler"
    lease_wait_seconds: float = 35.0
    allow_destructive: bool = False
    allow_rewind: bool = False
    full: bool = False
