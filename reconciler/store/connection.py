"""What the queries ask of a database: the seam where a second dialect comes in."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Values = Mapping[str, Any]


class Cursor(Protocol):
    """The rows of a statement, and how many it wrote."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Runs statements; values are always bound by name (:name)."""

    def execute(self, statement: str, values: Values = ..., /) -> Cursor: ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> Cursor: ...


class Writer(Protocol):
    """A connection that may write."""

    @property
    def connection(self) -> Connection:
        """For reading between two transactions."""
        ...

    def transaction(self) -> AbstractContextManager[Connection]:
        """Everything inside is written, or nothing. Raises StoreError."""
        ...
