"""One attachment as its account sees it, and the entity tag that guards what is done to it.

The tag has two parts: one of what the account may change, and one of what its runtime reports. Who
changes something has to have seen the first; what the runtime says meanwhile is in nobody's way.
"""

from reconciler.model.base import Attached
from reconciler.report.delivery import delivered_fields
from reconciler.report.objects import Fields
from reconciler.web import paging
from reconciler.web.route import Answer, Call


def delivery(call: Call, row: Attached) -> Fields:
    """What the account's runtime says of it."""
    delivered = call.services.delivered_to(row.key.account, call.now)
    return delivered_fields(delivered(row), row.release)


def shown(state: Fields, said: Fields) -> Answer:
    """Both, with the tag of both."""
    return Answer(body={**state, **said}, etag=tag(state, said))


def tag(state: Fields, said: Fields) -> str:
    """The entity tag."""
    return f"{paging.etag(state)}.{paging.etag(said)[:8]}"


def is_seen(tags: frozenset[str], state: Fields) -> bool:
    """Whether one of the tags (with their quotes) is of this state, whatever the runtime said."""
    mine = paging.etag(state)
    return any(text.strip('"').partition(".")[0] == mine for text in tags)
