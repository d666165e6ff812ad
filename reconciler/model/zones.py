"""A time zone's name -> its rules, always from the tzdata package, never from the host."""

import zoneinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata

# The host's rules may be years old: offsets of fifteen zones differ in 2026 to 2028.
zoneinfo.reset_tzpath(to=[])

_UNIVERSAL = frozenset({"UTC", "Etc/UTC"})
_WITHOUT_PLACE = frozenset(
    {"CET", "CST6CDT", "EET", "EST", "EST5EDT", "Factory", "GMT", "GMT+0", "GMT-0", "GMT0", "HST"}
    | {"Greenwich", "MET", "MST", "MST7MDT", "PRC", "PST8PDT", "ROC", "ROK", "UCT", "Universal"}
    | {"W-SU", "WET", "Zulu"}
)


@cache
def zone_names() -> frozenset[str]:
    """The IANA names that a manifest may use: places and UTC, no abbreviation, no fixed offset."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(
        name
        for name in listed
        if name in _UNIVERSAL or (name not in _WITHOUT_PLACE and not name.startswith("Etc/"))
    )


@cache
def zone(name: str) -> ZoneInfo:
    """The zone's rules. Raises LookupError for a name that zone_names() lacks (rule time-zone)."""
    if name not in zone_names():
        raise LookupError(f"{name!r} is not an IANA time zone")
    return ZoneInfo(name)


def rules_version() -> str:
    """The version of the zone rules in use, such as "2026f"."""
    return tzdata.IANA_VERSION
