"""How many attachments run which release -> one stacked bar, and what its colours mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from reconciler.model.versions import semver_key
from reconciler.report.charts.drawing import Drawing, drawing, element, percent
from reconciler.report.words import counted, share

_HEIGHT = 28
# Older releases than these share one part.
_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the bar. `release` None: those that several releases share, or that run none."""

    label: str
    release: str | None
    number: int
    part: str
    style: str

    @property
    def swatch(self) -> Drawing:
        """Its colour, for a legend."""
        whole = element("rect", width=12, height=12, rx=2, class_=self.style)
        return Drawing(svg=f'<svg viewBox="0 0 12 12" aria-hidden="true">{whole}</svg>')


def shares(
    by_release: Mapping[str, int],
    not_installed: int,
    *,
    current: str | None,
    pending: str | None,
) -> tuple[Share, ...]:
    """The newest release first; the current and the pending one have colours of their own."""
    total = sum(by_release.values()) + not_installed
    ordered = sorted(by_release, key=semver_key, reverse=True)
    kept = [v for v in ordered if v in (current, pending)]
    kept += [v for v in ordered if v not in kept][: _NAMED - len(kept)]
    found: list[Share] = []
    older = 0
    for version in ordered:
        if version in (current, pending):
            style = "series-0" if version == current else "series-next"
            label = f"{version} (current)" if version == current else f"{version} (pending)"
        else:
            older += 1
            style, label = f"series-{min(older, 5)}", version
        if version in kept:
            found.append(_share(label, version, by_release[version], total, style))
    rest = sum(by_release[v] for v in ordered if v not in kept)
    if rest:
        left = counted(len(ordered) - len(kept), "other release")
        found.append(_share(left, None, rest, total, "series-5"))
    if not_installed:
        found.append(_share("not installed yet", None, not_installed, total, "series-none"))
    return tuple(found)


def _share(label: str, release: str | None, number: int, total: int, style: str) -> Share:
    return Share(
        label=label, release=release, number=number, part=share(number, total), style=style
    )


def running(found: Sequence[Share]) -> Drawing:
    """One bar; each part says on being pointed at what it is."""
    total = sum(one.number for one in found)
    parts, at = [], 0
    for one in found:
        title = element("title", escape(f"{one.label}: {one.number:,}"))
        parts.append(
            element(
                "rect",
                title,
                x=percent(at, total),
                width=percent(one.number, total),
                height=_HEIGHT,
                class_=one.style,
            )
        )
        at += one.number
    said = ", ".join(f"{one.label}: {one.number:,}" for one in found) or "no attachments"
    return drawing(_HEIGHT, parts, said)
