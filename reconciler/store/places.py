"""Many names -> the places of an IN list, a bounded number at a time."""

from collections.abc import Iterable, Iterator, Sequence

CHUNK = 500


def chunks(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """All names once and in order, so many at a time that a statement can list them."""
    ordered = sorted(set(names))
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))


def listed(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Places for the names in an IN list, and the values that go there."""
    values = {f"name_{_letters(number)}": name for number, name in enumerate(names)}
    return ", ".join(f":{place}" for place in values), values


def _letters(number: int) -> str:
    """A number in letters: places in a statement have no digits."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))
