"""32 random bytes -> the text of a token, and a text -> whether it can be one, and its digest.

`ipr_`, 43 characters of base 62, 6 more of a checksum. The beginning lets scanners find a token
where it should not be; the checksum tells a typing error from a token that was revoked, without
asking the store.
"""

import hashlib
import re
import zlib

ENTROPY_BYTES = 32
PREFIX = "ipr_"

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY_LENGTH = 43
_CHECKSUM_LENGTH = 6
_HINT_LENGTH = len(PREFIX) + 6
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_BODY_LENGTH + _CHECKSUM_LENGTH}}}")


def token_text(entropy: bytes) -> str:
    """The token that a person copies; `entropy` are ENTROPY_BYTES from a secure source."""
    assert len(entropy) == ENTROPY_BYTES
    body = PREFIX + _base62(int.from_bytes(entropy), _BODY_LENGTH)
    return body + _checksum(body)


def is_token(text: str) -> bool:
    """Whether it was typed as it was shown; says nothing about whether it is known."""
    if not _SHAPE.fullmatch(text):
        return False
    body, checksum = text[:-_CHECKSUM_LENGTH], text[-_CHECKSUM_LENGTH:]
    return _checksum(body) == checksum


def hint(text: str) -> str:
    """The beginning of a token, by which it is recognised; tells 36 bits of 256."""
    return text[:_HINT_LENGTH]


def digest(secret: str) -> str:
    """What is kept of a token, or of the id of a session: SHA-256 as 64 hexadecimal digits.

    Both have 256 random bits, so that nothing slower is needed to keep them from being guessed.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
