"""Paths of any repository -> names that are valid and unique (SPEC section 3)."""

import hashlib
import re
from dataclasses import dataclass, field

_LONGEST = 63
_HASH = 8


@dataclass
class Names:
    """The names given so far. The same path always gets the same name."""

    given: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def of(self, path: str) -> str:
        """A slug of the path; with a hash behind it where another path has that one already."""
        if path not in self.given:
            name = slug(path)
            if name in self.taken:
                name = f"{name[: _LONGEST - _HASH - 1].rstrip('-')}-{digest(path)}"
            self.given[path] = name
            self.taken.add(name)
        return self.given[path]


def slug(path: str) -> str:
    """Lower case, dashes for all that is no letter or digit; a hash where nothing else is left."""
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    if not words:
        return digest(path)
    if len(words) <= _LONGEST:
        return words
    return f"{words[: _LONGEST - _HASH - 1].rstrip('-')}-{digest(path)}"


def digest(path: str) -> str:
    """Eight hexadecimal digits."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH]


def bucket(path: str, of: int) -> int:
    """A number below `of` that is the same in every run."""
    return int(digest(path), 16) % of
