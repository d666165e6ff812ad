"""The text of a token: what it looks like, and what is told from it without a store."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import tokens

_ENTROPY = st.binary(min_size=32, max_size=32)
_SHAPE = re.compile(r"ipr_[0-9A-Za-z]{49}")


@given(_ENTROPY)
def test_every_token_has_the_one_shape_that_scanners_look_for(entropy: bytes) -> None:
    text = tokens.token_text(entropy)
    assert _SHAPE.fullmatch(text)
    assert tokens.is_token(text)
    assert text.startswith(tokens.hint(text))


@given(_ENTROPY, st.integers(4, 52), st.sampled_from("0aZ_ -"))
def test_a_character_that_was_typed_wrongly_is_noticed(
    entropy: bytes, place: int, wrong: str
) -> None:
    text = tokens.token_text(entropy)
    typed = text[:place] + wrong + text[place + 1 :]
    assert tokens.is_token(typed) == (typed == text)


@given(_ENTROPY, st.integers(4, 51))
def test_two_characters_that_changed_places_are_noticed(entropy: bytes, place: int) -> None:
    text = tokens.token_text(entropy)
    typed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert tokens.is_token(typed) == (typed == text)


def test_what_only_looks_like_a_token_is_none() -> None:
    text = tokens.token_text(bytes(32))
    for other in ("", "ipr_", text + "\n", text + "0", text.upper(), text[:-1], "é" * 53, "\ud800"):
        assert not tokens.is_token(other), other


def test_no_two_secrets_share_a_digest_and_any_text_has_one() -> None:
    texts = [tokens.token_text(bytes([number]) * 32) for number in range(256)] + ["", "\ud800"]
    assert len({tokens.digest(text) for text in texts}) == 258
    assert all(re.fullmatch(r"[0-9a-f]{64}", tokens.digest(text)) for text in texts)
