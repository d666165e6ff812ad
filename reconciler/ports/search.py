"""Names of an install base, found by what somebody looks for."""

from typing import Protocol

from reconciler.model.declarations import Kind


class Search(Protocol):
    """Finds names, in their order, those after `after`; at most `limit`. Raises StoreError.

    No declaration is parsed, and no attachment looked at.
    """

    def names(self, kind: Kind, words: str = "", *, after: str = "", limit: int) -> tuple[str, ...]:
        """Declarations of a kind that have the words in their name."""
        ...

    def pending(self, words: str = "", *, after: str = "", limit: int) -> tuple[str, ...]:
        """Declared packs that have a pending release."""
        ...
