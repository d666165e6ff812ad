"""How messages list and count."""

import pytest

from reconciler.desired.phrases import counted, listed


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c"), "a, b and c"),
        (("a", "b", "c", "d"), "a, b, c and 1 more"),
    ],
)
def test_at_most_three_names_are_listed(names: tuple[str, ...], text: str) -> None:
    assert listed(names) == text


def test_numbers_have_a_noun_and_thousands_separators() -> None:
    assert (counted(1, "account"), counted(1204, "account")) == ("1 account", "1,204 accounts")
