"""A misspelt name and the names that there are -> the hint "did you mean …?"."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches

# Comparing texts is slow: a repository with thousands of dangling references must not wait for it.
_MOST_COMPARISONS = 200_000
_LONGER_OR_SHORTER = 3

_Bucket = tuple[int, int, str]


class Nearest:
    """Finds the existing name that lies nearest to one that does not exist.

    Only names of a similar length that begin or end with the same letter are compared, answers are
    remembered, and after a bounded number of comparisons there are no more hints.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._buckets: dict[_Bucket, list[str]] | None = None
        self._left = _MOST_COMPARISONS
        self._hints: dict[str, str | None] = {}

    def hint(self, name: str) -> str | None:
        """The hint, or None when nothing is near enough."""
        if name not in self._hints:
            self._hints[name] = self._found(name)
        return self._hints[name]

    def _found(self, name: str) -> str | None:
        if self._left <= 0 or not name:
            return None
        candidates = dict.fromkeys(
            other
            for length in range(len(name) - _LONGER_OR_SHORTER, len(name) + _LONGER_OR_SHORTER + 1)
            for end in (0, -1)
            for other in self._by_bucket().get((length, end, name[end]), ())
        )
        self._left -= len(candidates) + 1
        near = get_close_matches(name, candidates, n=1)
        return f'did you mean "{near[0]}"?' if near else None

    def _by_bucket(self) -> dict[_Bucket, list[str]]:
        if self._buckets is None:
            self._buckets = defaultdict(list)
            for name in filter(None, self._names):
                for end in (0, -1):
                    self._buckets[len(name), end, name[end]].append(name)
        return self._buckets
