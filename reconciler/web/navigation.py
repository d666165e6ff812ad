"""Who is asking, and where they are -> the pages that every page leads to."""

from dataclasses import dataclass

from reconciler.model.access import Role
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
# What administrators see besides.
_ADMINISTRATOR = (("/notifications", "Notifications"), ("/tokens", "Tokens"))
# Of an account, beside what it runs.
_ACCOUNT = (
    ("/packs", "Packs"),
    ("/calendar", "Calendar"),
    ("/templates", "Process library"),
    ("/events", "Events"),
)


def navigation(call: Call) -> tuple[Entry, ...]:
    """The links for who is asking; none for nobody."""
    who = call.principal
    if who is None:
        return ()
    if who.account is not None:
        return pages_of_account(call, who.account)
    path = call.route.path.format_map(call.path)
    administers = who.role is Role.PUBLISHER_ADMIN
    pairs = (*PUBLISHER_PAGES, *(_ADMINISTRATOR if administers else ()))
    return tuple(Entry(path=to, label=label, here=_within(path, to)) for to, label in pairs)


def pages_of_account(call: Call, account: str) -> tuple[Entry, ...]:
    """The pages of one account; its attachments lie below the first, what it runs."""
    path = call.route.path.format_map(call.path).removeprefix(f"/accounts/{account}")
    own = call.who.account == account
    here = next((to for to, _ in _ACCOUNT if _within(path, to)), "")
    return (
        Entry(
            path=f"/accounts/{account}",
            label=f"What {'I run' if own else 'it runs'}",
            here=not here,
        ),
        *(
            Entry(path=f"/accounts/{account}{to}", label=label, here=to == here)
            for to, label in _ACCOUNT
        ),
    )


def _within(path: str, to: str) -> bool:
    if to == "/":
        return path == "/" or path.startswith("/packs")
    return path == to or path.startswith(f"{to}/")
