"""The events of one YAML document -> plain data, counted and limited while it is built."""

import re
from collections.abc import Callable
from typing import Any

from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reconciler.manifests.scalars import STARTS, NoValue, plain
from reconciler.manifests.troubles import Trouble, Unreadable, quoted

GetEvent = Callable[[], Any]

MAX_DEPTH = 64
MAX_NODES_OF_LIST = 5_000_000
MAX_TROUBLES = 100

_KEY_STARTS = STARTS | {"<"}
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_TAG + "null": "null", _TAG + "bool": "bool", _TAG + "int": "int"}
_SCALAR_TAGS[_TAG + "float"] = "float"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TYPE_NAMES = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str"}


def trouble_at(event: Any, rule: str, message: str, hint: str | None = None) -> Trouble:
    """A trouble at the start of an event, lines and columns still counted from 0."""
    mark = event.start_mark
    return Trouble(line=mark.line, column=mark.column, rule=rule, message=message, hint=hint)


class ValueBuilder:
    """Builds one document. Aliased values are shared, but counted each time (rule yaml-limit).

    `troubles` holds what does not stop the reading: each makes the document unusable.
    `whole_decimals` says whether any value is a decimal number without a fraction, such as 2.0.
    """

    __slots__ = ("_anchors", "_get", "nodes", "troubles", "whole_decimals")

    def __init__(self, get: GetEvent) -> None:
        self._get = get
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self.nodes = 0
        self.whole_decimals = False
        self.troubles: list[Trouble] = []

    def build(self, event: Event, depth: int = 1) -> Any:
        """The value that starts with `event`. Raises Unreadable and yaml.YAMLError."""
        kind = event.__class__
        if kind is AliasEvent:
            return self._alias(event)
        assert isinstance(event, NodeEvent)
        before = self.nodes
        if event.anchor:
            self._anchors[event.anchor] = None
        if kind is ScalarEvent:
            self.nodes += 1
            value = self._scalar(event)
        elif depth > MAX_DEPTH:
            raise Unreadable(trouble_at(event, "yaml-limit", _TOO_DEEP, "nest less deeply."))
        else:
            self._check_collection_tag(event)
            value = self._mapping(depth) if kind is MappingStartEvent else self._sequence(depth)
            if self.nodes > MAX_NODES_OF_LIST:
                raise Unreadable(trouble_at(event, "yaml-limit", _TOO_MANY, _TOO_MANY_HINT))
        if event.anchor:
            self._anchors[event.anchor] = (value, self.nodes - before)
        return value

    def _mapping(self, depth: int) -> dict[str, Any]:
        get, result = self._get, {}  # type: tuple[GetEvent, dict[str, Any]]
        event = get()
        while event.__class__ is not MappingEndEvent:
            first_event, key = event, None
            if event.__class__ is ScalarEvent and event.implicit[0] and not event.anchor:
                text = event.value
                key = text if text and text[0] not in _KEY_STARTS else None
            if key is None:
                key = self._key(event, depth)
            event = get()
            if event.__class__ is ScalarEvent and not event.anchor:
                text = event.value
                if event.implicit[0]:
                    value = text if text and text[0] not in STARTS else self._plain(event)
                else:
                    value = self._scalar(event)
                self.nodes += 1
            else:
                value = self.build(event, depth + 1)
            if key in result:
                self._duplicate(first_event, key)
            else:
                result[key] = value
            event = get()
        self.nodes += len(result) + 1
        return result

    def _sequence(self, depth: int) -> list[Any]:
        get, result = self._get, []  # type: tuple[GetEvent, list[Any]]
        event = get()
        while event.__class__ is not SequenceEndEvent:
            if event.__class__ is ScalarEvent and event.implicit[0] and not event.anchor:
                text = event.value
                result.append(text if text and text[0] not in STARTS else self._plain(event))
                self.nodes += 1
            else:
                result.append(self.build(event, depth + 1))
            event = get()
        self.nodes += 1
        return result

    def _key(self, event: Any, depth: int) -> str:
        if event.__class__ is ScalarEvent and not event.anchor:
            text: str = event.value
            if event.implicit[0] and (not text or text[0] in STARTS or text == "<<"):
                return self._odd_key(event)
            if not event.implicit[0]:
                self._scalar(event)
            return text
        value = self.build(event, depth + 1)
        if isinstance(value, str):
            return value
        self._report(event, f"a key must be text, not {_kind_of(value)}.", _KEY_HINT)
        return f"\x00{len(self.troubles)}"  # no key that a document can hold

    def _odd_key(self, event: Any) -> str:
        text: str = event.value
        if text == "<<":
            self._report(event, "merge keys (<<) are not read here.", "write the fields out.")
        else:
            before = len(self.troubles)
            value = self._plain(event)
            if not isinstance(value, str) and len(self.troubles) == before:
                hint = f'quote it: "{text}"' if text else "write the key before the colon."
                self._report(event, f"a key must be text, not {_kind_of(value)}.", hint)
        return text

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.implicit[0] and event.tag is None:
            return self._plain(event)
        if event.style == '"' and _CONTROL.search(text):
            self._report(event, "a text holds a control character.", "take the escape out.")
        if event.tag is None or event.tag in ("!", _TAG + "str"):
            return text
        wanted = _SCALAR_TAGS.get(event.tag)
        if wanted is None:
            self._report(event, f"the tag {_tag_text(event)} is not read here.", _TAG_HINT)
            return text
        value = self._plain(event)
        if _TYPE_NAMES[type(value)] not in (wanted, "int" if wanted == "float" else wanted):
            self._report(event, f"{quoted(text)} is no {wanted}, as its tag says.", _TAG_HINT)
        return value

    def _plain(self, event: Any) -> Any:
        try:
            value = plain(event.value)
        except NoValue as reason:
            text = event.value if len(event.value) <= 40 else "…"
            self._report(event, f"{quoted(event.value)[1:-1]} {reason}.", f'quote it: "{text}"')
            return event.value
        if value.__class__ is float and value.is_integer():
            self.whole_decimals = True
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            message = f"the alias *{quoted(event.anchor)[1:-1]} has no anchor before it."
            raise Unreadable(trouble_at(event, "yaml-syntax", message, "write the value out."))
        anchored = self._anchors[event.anchor]
        if anchored is None:
            message = f"the alias *{quoted(event.anchor)[1:-1]} stands inside its own value."
            raise Unreadable(trouble_at(event, "yaml-syntax", message, "write the value out."))
        value, nodes = anchored
        self.nodes += nodes
        if self.nodes > MAX_NODES_OF_LIST:
            raise Unreadable(trouble_at(event, "yaml-limit", _TOO_MANY, _TOO_MANY_HINT))
        return value

    def _check_collection_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", _TAG + "map", _TAG + "seq"):
            self._report(event, f"the tag {_tag_text(event)} is not read here.", _TAG_HINT)

    def _duplicate(self, event: Any, key: str) -> None:
        message = f"the key {quoted(key)} stands twice in this mapping."
        self._report(event, message, "keep one of them.", "yaml-duplicate-key")

    def _report(self, event: Any, message: str, hint: str, rule: str = "yaml-syntax") -> None:
        if len(self.troubles) < MAX_TROUBLES:
            self.troubles.append(trouble_at(event, rule, message, hint))


_TOO_DEEP = f"the document is nested more than {MAX_DEPTH} levels deep."
_TOO_MANY = f"the document has more than {MAX_NODES_OF_LIST:,} nodes, aliases written out."
_TOO_MANY_HINT = "split it into several files."
_TAG_HINT = "take the tag out."
_KEY_HINT = "use a short text as the key."


def _tag_text(event: Any) -> str:
    return quoted(event.tag.removeprefix(_TAG) if event.tag else "")


def _kind_of(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return f"the {'value' if isinstance(value, bool) else 'number'} {quoted(value)}"
