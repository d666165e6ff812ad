"""A place in a list <-> the text that a client sends back to go on from there.

Whoever gets one can't read it (it may hold numbers that tell of others), can't make one, and can't
use it for another question. Every process of a store reads those of every other.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from reconciler.web.problems import Problem

LONGEST = 1_000
_TAG_BYTES = 16


def seal(store_id: str, question: str, place: Any) -> str:
    """`place` is plain JSON; `question` all that makes the list this one."""
    plain = json.dumps(place, separators=(",", ":")).encode()
    tag = _keyed(store_id, "tag", question.encode() + b"\n" + plain)[:_TAG_BYTES]
    return urlsafe_b64encode(tag + _masked(store_id, tag, plain)).decode().rstrip("=")


def unseal(store_id: str, question: str, cursor: str) -> Any:
    """Raises Problem for a text that seal() did not make for this question."""
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise _unusable() from None
    tag, masked = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
    plain = _masked(store_id, tag, masked)
    expected = _keyed(store_id, "tag", question.encode() + b"\n" + plain)[:_TAG_BYTES]
    if not hmac.compare_digest(tag, expected):
        raise _unusable()
    return json.loads(plain)


def _unusable() -> Problem:
    return Problem(
        400,
        "cursor",
        "this cursor is not of this list",
        "send it with the same path and parameters as the page that gave it",
    )


def _masked(store_id: str, tag: bytes, text: bytes) -> bytes:
    """The text with every bit turned or not, as the tag says; done twice, the same text."""
    stream = b""
    while len(stream) < len(text):
        stream += _keyed(store_id, "mask", tag + len(stream).to_bytes(4, "big"))
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _keyed(store_id: str, use: str, text: bytes) -> bytes:
    return hmac.digest(f"cursor {use} {store_id}".encode(), text, hashlib.sha256)
