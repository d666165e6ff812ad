"""Elements -> SVG text in which everything that came from outside is escaped."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """An `<svg>` element as text; what it shows is in classes that the style sheet knows."""

    svg: str


def element(name: str, inside: str = "", /, **attributes: object) -> str:
    """One element around markup; `class_` is class, "_" in other names "-"."""
    said = "".join(
        f' {"class" if key == "class_" else key.replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def words(text: str, /, **attributes: object) -> str:
    """A line of text."""
    return element("text", escape(text), **attributes)


def drawing(height: int, parts: Iterable[str], label: str | None = None) -> Drawing:
    """As wide as there is room, `height` pixels high.

    `label` tells those who don't see it; None: the page says the same in words beside it.
    """
    told: dict[str, object] = (
        {"aria_hidden": "true"} if label is None else {"role": "img", "aria_label": label}
    )
    svg = element("svg", "".join(parts), width="100%", height=height, **told)
    return Drawing(svg=svg)


def percent(part: float, whole: float) -> str:
    """A place along the width; between 0 and 100, as short as a hundredth of a percent needs."""
    share = 0.0 if whole <= 0 else min(max(part / whole, 0.0), 1.0) * 100
    return f"{share:.2f}".rstrip("0").rstrip(".") + "%"
