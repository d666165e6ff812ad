"""A text -> the scalar of YAML that every reader takes for this text, quoted only where needed."""

import json
import re
from functools import lru_cache

import yaml

from reconciler.manifests.scalars import is_plain_text

_DATE_TAG = "tag:yaml.org,2002:timestamp"
# Dates are text in YAML 1.2; everything else that YAML 1.1 would not read as text stays quoted.
_READ_OTHERWISE = {
    start: [expression for tag, expression in resolvers if tag != _DATE_TAG]
    for start, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
_NEVER_PLAIN = re.compile(
    r"""\Z|[ \-?:](?:\s|\Z)|\s|[,\[\]{}#&*!|>'"%@`]|---|\.\.\.|.*(?::(?:\s|\Z)|\s\#|\s\Z)""",
    re.DOTALL,
)
_NOT_IN_FLOW = re.compile(r"[,?\[\]{}]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_NO_LITERAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@lru_cache(1 << 16)
def as_scalar(text: str, *, in_flow: bool = False) -> str:
    """The text on one line; `in_flow`: between braces or brackets."""
    if _is_plain(text) and not (in_flow and _NOT_IN_FLOW.search(text)):
        return text
    return in_quotes(text)


def in_quotes(text: str) -> str:
    """The text on one line in double quotes."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _is_plain(text: str) -> bool:
    if _NEVER_PLAIN.match(text) or _UNPRINTABLE.search(text) or not is_plain_text(text):
        return False
    for start in (text[0], None):
        if any(expression.match(text) for expression in _READ_OTHERWISE.get(start, ())):
            return False
    return True


def as_literal(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Header and lines of a literal block scalar for a text of several lines; None: better not."""
    if "\n" not in text or text[0] in " \n" or _NO_LITERAL.search(text):
        return None
    body = text.rstrip("\n")
    lines = body.split("\n")
    if any(line != line.rstrip(" ") for line in lines):
        return None
    ends = len(text) - len(body)
    header = ("|-", "|")[ends] if ends < 2 else "|+"
    return header, (*lines, *[""] * (ends - 1))
