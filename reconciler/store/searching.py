"""What somebody looks for -> names, by queries that stop when a page is full."""

from reconciler.model.declarations import Kind
from reconciler.store.connection import Database, Values

_NAMES = r"""
SELECT name FROM declaration
WHERE kind = :kind AND name > :after AND name LIKE :words ESCAPE '\'
ORDER BY name LIMIT :limit
"""
_PENDING = r"""
SELECT name FROM pack
WHERE declared AND pending_id IS NOT NULL AND name > :after AND name LIKE :words ESCAPE '\'
ORDER BY name LIMIT :limit
"""


class SqlSearch:
    """Implements ports.search.Search; may be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def names(self, kind: Kind, words: str = "", *, after: str = "", limit: int) -> tuple[str, ...]:
        """Declarations of a kind that have the words in their name."""
        values = {"kind": kind.value, "words": _containing(words), "after": after, "limit": limit}
        return self._found(_NAMES, values)

    def pending(self, words: str = "", *, after: str = "", limit: int) -> tuple[str, ...]:
        """Declared packs that have a pending release."""
        values = {"words": _containing(words), "after": after, "limit": limit}
        return self._found(_PENDING, values)

    def _found(self, statement: str, values: Values) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return tuple(name for (name,) in connection.execute(statement, values))


def _containing(words: str) -> str:
    """The pattern of names that have the words in them, as they are. Names are in lower case."""
    said = words.lower()
    for special in ("\\", "%", "_"):
        said = said.replace(special, "\\" + special)
    return f"%{said}%"
