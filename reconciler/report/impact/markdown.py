"""The impact of releases -> the sections of a pull request comment, or a page of their own."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.impact import EarlyAdopters, Hit, Impact, Timing
from reconciler.report.escape import markdown
from reconciler.report.impact import phrases
from reconciler.report.page import Links, Page, text
from reconciler.report.times import elsewhere, iso, span
from reconciler.report.words import counted, versions

_UTC = ZoneInfo("UTC")
_GAPS = 15_000  # characters
_DETAILS = 8_000
_ALL_DETAILS = 24_000
_RELEASES = 20
_LISTED = 50
_UNFOLDED = 20

HEADS = (
    "Pack",
    "From → to",
    "When (UTC)",
    "When (publisher)",
    "When (accounts)",
    "Accounts",
    "Attachments",
    "Adopters",
)


def render(impact: Impact, publisher: ZoneInfo, now: datetime, links: Links) -> str:
    """A page for one release, everything unfolded, of a bounded length."""
    page = Page()
    when = phrases.when(impact, publisher, now, markdown)
    page.add(f"**{markdown(phrases.head(impact))}: {when}.** {phrases.reached(impact)}")
    if not impact.stored:
        page.add(f"> {phrases.FROM_MANIFESTS}")
    page.table(HEADS, [row(impact, publisher, now)])
    fill_in(page, [impact])
    for title, lines in _details(impact, publisher, now, links):
        page.section(title, lines, _DETAILS)
    return page.text()


def row(impact: Impact, publisher: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """One release in the table under HEADS."""
    universal, local, there = _times(impact, publisher, now)
    return (
        markdown(impact.pack),
        markdown(versions(impact.before, impact.version)),
        universal,
        local,
        there,
        f"{impact.hit.accounts:,}",
        f"{impact.hit.attachments:,}",
        _adopters(impact.adopters),
    )


def _times(impact: Impact, publisher: ZoneInfo, now: datetime) -> tuple[str, str, str]:
    window = impact.window
    if impact.timing is Timing.WINDOW and window is not None:
        universal = f"{iso(window.opens_at)[:10]} {elsewhere(window, _UTC, _UTC)}"
        return universal, markdown(span(window, publisher, now)), phrases.local_clocks(impact, now)
    if impact.waits is not None:
        said = phrases.when(impact, publisher, now, markdown)
        return said, said, said
    said = "on merge" if impact.timing is Timing.NOW else impact.timing.value
    return said, said, said


def _adopters(found: EarlyAdopters | None) -> str:
    if found is None:
        return "0"
    keeps = "keeps it" if found.hit.attachments == 1 else "keep it"
    fate = keeps if found.keep else f"of {markdown(found.release)}, which ends"
    return f"{found.hit.attachments:,} {fate}"


def fill_in(page: Page, impacts: Sequence[Impact]) -> None:
    """What each account has to fill in, release by release; many accounts are folded."""
    told = [impact for impact in impacts if impact.missing]
    most = max(_GAPS // max(len(told), 1), 500)
    for impact in told[:_RELEASES]:
        what = markdown(f"{impact.pack} {impact.version}")
        heads = (
            f"**{phrases.will_miss(found, impact.version, markdown)}**" for found in impact.missing
        )
        page.section(f"What accounts have to fill in for {what}", heads, most, apart="\n\n")
        if len(impact.gaps) <= _UNFOLDED:
            page.listing(_gaps(impact), most)
        else:
            title = f"The {counted(len(impact.gaps), 'account')} that miss a value"
            page.folded(title, _gaps(impact), most, more=impact.gaps.more)
    if len(told) > _RELEASES:
        more = counted(len(told) - _RELEASES, "more release")
        page.add(f"{more} ask for values that accounts miss.")


def _gaps(impact: Impact) -> Iterator[str]:
    for gap in impact.gaps.items:
        names = ", ".join(markdown(".".join(name)) for name in gap.names)
        yield f"- {markdown(gap.account)}: {names}"


def details(
    page: Page, impacts: Sequence[Impact], publisher: ZoneInfo, now: datetime, links: Links
) -> None:
    """What changes, where it lands and the evidence, folded, release by release."""
    most = min(_DETAILS, _ALL_DETAILS // max(len(impacts), 1))
    for impact in impacts[:_RELEASES]:
        lines = [
            line
            for title, found in _details(impact, publisher, now, links)
            for line in (f"\n**{title}**\n", *found)
        ]
        title = f"{markdown(phrases.head(impact))}: changes, groups, environments, zones"
        lines[:1] = [line.lstrip("\n") for line in lines[:1]]
        page.folded(title, lines, max(most, 1_000))


def _details(
    impact: Impact, publisher: ZoneInfo, now: datetime, links: Links
) -> Iterator[tuple[str, list[str]]]:
    """Titles and lines; none without lines."""
    for title, lines in (
        ("Notes", [text(phrases.flat(impact.notes))] if impact.notes else []),
        ("What changes", _components(impact)),
        ("In the working day", _working_days(impact, now)),
        ("By group", _groups(impact)),
        ("By environment", _environments(impact)),
        ("Freezes", _freezes(impact, publisher, now)),
        ("Evidence", _evidence(impact, links)),
    ):
        found = list(lines)
        if found:
            yield title, found


def _components(impact: Impact) -> Iterator[str]:
    for found in impact.contrast.components if impact.contrast is not None else ():
        yield f"- {markdown(phrases.component_head(found))}"
        for line in phrases.component_lines(found, impact, text):
            yield f"  - {_plain(line)}"


def _plain(line: str) -> str:
    """A mark at the start would begin a list of its own."""
    return line if line[:1] not in ("+", "-", "~") else f"`{line[0]}`{line[1:]}"


def _working_days(impact: Impact, now: datetime) -> Iterator[str]:
    for found in phrases.in_working_days(impact):
        at = markdown(f"{phrases.local_time(found, now)} in {found.zone}")
        yield f"- {at}: {_hit(found.hit)}"


def _groups(impact: Impact) -> Iterator[str]:
    for found in impact.groups.items[:_LISTED]:
        name = "in no group any more" if found.group is None else markdown(found.group)
        yield f"- {name}: {_hit(found.hit)}"
    yield from _rest(len(impact.groups), "group")


def _environments(impact: Impact) -> Iterator[str]:
    for found in impact.environments.items[:_LISTED]:
        yield f"- {markdown(phrases.environment(found))}: {_hit(found.hit)}"
    yield from _rest(len(impact.environments), "environment")


def _freezes(impact: Impact, publisher: ZoneInfo, now: datetime) -> Iterator[str]:
    for found in impact.freezes.items[:_LISTED]:
        yield f"- {phrases.freeze(found, publisher, now, text)}"
    yield from _rest(len(impact.freezes), "freeze")


def _evidence(impact: Impact, links: Links) -> Iterator[str]:
    found = impact.assessment
    if impact.path is not None:
        yield f"- release {links.path(impact.path)}"
    if found.impact is not None:
        yield f"- impact note {links.path(found.impact)}"
    if found.regression is not None:
        yield f"- regression report {links.path(found.regression)} {text(phrases.tests(found))}"


def _hit(hit: Hit) -> str:
    return phrases.hits(hit)


def _rest(number: int, noun: str) -> Iterator[str]:
    if number > _LISTED:
        yield f"- … and {counted(number - _LISTED, noun)} more"
