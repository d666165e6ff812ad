"""Requests of one client -> whether it may ask more now.

Who signed in is counted by name, others by their address. Counted in this process alone: with
several behind one proxy each lets so many pass.
"""

import ipaddress

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from reconciler.web.problems import Problem
from reconciler.wiring import SystemClock

# So many clients are told apart; beyond, all others are one.
_MOST_CLIENTS = 20_000
_THE_OTHERS = "the others"


class Limits:
    """How much one client may ask; 0 for as much as it likes."""

    def __init__(self, per_minute: int, unknown_per_minute: int) -> None:
        self._storage = MemoryStorage()
        self._counter = FixedWindowRateLimiter(self._storage)
        self._known = _item(per_minute)
        self._unknown = _item(unknown_per_minute)

    def known(self, name: str) -> None:
        """Somebody who signed in asks. Raises Problem (429)."""
        self._count(self._known, f"name {name}")

    def unknown(self, address: str) -> None:
        """Somebody asks who did not, or whose token was refused. Raises Problem (429)."""
        self._count(self._unknown, f"address {_network(address)}")

    def _count(self, item: RateLimitItemPerMinute | None, key: str) -> None:
        if item is None:
            return
        counted = self._storage.storage
        if len(counted) > _MOST_CLIENTS and item.key_for(key) not in counted:
            key = _THE_OTHERS
        if self._counter.hit(item, key):
            return
        stats = self._counter.get_window_stats(item, key)
        seconds = max(1, round(stats.reset_time - SystemClock().now().timestamp()))
        raise Problem(
            429,
            "rate-limit",
            f"at most {item.amount:,} requests a minute",
            "wait as long as Retry-After says",
            {
                "Retry-After": str(seconds),
                "RateLimit-Policy": f'"minute";q={item.amount};w=60',
                "RateLimit": f'"minute";r=0;t={seconds}',
            },
        )


def _item(per_minute: int) -> RateLimitItemPerMinute | None:
    return RateLimitItemPerMinute(per_minute) if per_minute else None


def _network(address: str) -> str:
    """One client has a whole /64 of IPv6 addresses to choose from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
