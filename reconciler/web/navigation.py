"""Who is asking, and where they are -> the pages that every page leads to."""

from dataclasses import dataclass

from reconciler.web.route import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link; `here`: the page shown is that one, or below it."""

    path: str
    label: str
    here: bool = False


# What publishers see, in the order of how often it is looked at.
PUBLISHER_PAGES = (
    ("/", "Packs"),
    ("/calendar", "Calendar"),
    ("/accounts", "Accounts"),
    ("/groups", "Groups"),
    ("/rollouts", "Roll-outs"),
    ("/events", "Events"),
    ("/why", "Why"),
)


def navigation(call: Call) -> tuple[Entry, ...]:
    """The links for who is asking; none for nobody."""
    who = call.principal
    if who is None:
        return ()
    pairs = PUBLISHER_PAGES if who.publishes else ((f"/accounts/{who.account}", "My packs"),)
    path = call.route.path.format_map(call.path)
    return tuple(Entry(path=to, label=label, here=_within(path, to)) for to, label in pairs)


def _within(path: str, to: str) -> bool:
    if to == "/":
        return path == "/" or path.startswith("/packs")
    return path == to or path.startswith(f"{to}/")
