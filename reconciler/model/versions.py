"""Versions in order: SemVer precedence for releases, free text for components (SPEC section 4)."""

import re
from enum import StrEnum
from functools import lru_cache

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
)
_DIGITS = re.compile(r"([0-9]+)")

SortKey = tuple[object, ...]


@lru_cache(maxsize=65536)
def is_semver(text: str) -> bool:
    """Whether text is SemVer 2.0 without build metadata."""
    return _SEMVER.fullmatch(text) is not None


def _ordered(digits: str) -> str:
    stripped = digits.lstrip("0") or "0"
    return f"{len(stripped):03d}{stripped}"


@lru_cache(maxsize=65536)
def semver_key(text: str) -> str:
    """A text that sorts, byte by byte, in SemVer precedence (semver.org, item 11).

    Raises ValueError when text is no SemVer.
    """
    match = _SEMVER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a SemVer 2.0 version")
    core = ".".join(_ordered(part) for part in match.group(1, 2, 3))
    if match.group(4) is None:
        return core + "~"
    parts = (
        "0" + _ordered(part) if part.isdigit() else "1" + part for part in match.group(4).split(".")
    )
    return core + "-" + "".join(part + "\x01" for part in parts)


@lru_cache(maxsize=65536)
def component_key(text: str) -> SortKey:
    """Orders a component's free-text versions: SemVer above other texts, ties by text.

    Within one component all that matters is a total order in which SemVer texts keep their
    precedence and digit runs compare as numbers.
    """
    if is_semver(text):
        return (1, semver_key(text), text)
    runs = tuple(
        (1, int(run), "") if run.isascii() and run.isdigit() else (0, 0, run)
        for run in _DIGITS.split(text)
        if run
    )
    return (0, runs, text)


class Level(StrEnum):
    """Which number of a version rises (semver.org, items 6 to 8)."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def raised(highest: str | None, level: Level) -> str:
    """The lowest version above `highest` that says so much; 1.0.0 when there is none.

    A prerelease is followed by what it was a prerelease of, where that says enough: 2.0.0-rc.1 by
    2.0.0. Raises ValueError when `highest` is no SemVer.
    """
    if highest is None:
        return "1.0.0"
    match = _SEMVER.fullmatch(highest)
    if match is None:
        raise ValueError(f"{highest!r} is not a SemVer 2.0 version")
    major, minor, patch = map(int, match.group(1, 2, 3))
    announced = match.group(4) is not None
    match level:
        case Level.MAJOR:
            return f"{major + (not announced or bool(minor or patch))}.0.0"
        case Level.MINOR:
            return f"{major}.{minor + (not announced or bool(patch))}.0"
        case Level.PATCH:
            return f"{major}.{minor}.{patch + (not announced)}"


def next_version(highest: str | None) -> str:
    """The lowest version after `highest`: the next patch; 1.0.0 when there is none."""
    return raised(highest, Level.PATCH)


def rises_by(before: str, after: str) -> Level | None:
    """How far a component's version rises; None when it does not.

    In free text the first two numbers count as major and minor.
    """
    if component_key(after) <= component_key(before):
        return None
    old, new = ([*map(int, _DIGITS.findall(text)), 0, 0] for text in (before, after))
    if old[0] != new[0]:
        return Level.MAJOR
    return Level.MINOR if old[1] != new[1] else Level.PATCH
