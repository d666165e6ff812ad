"""A request that is granted -> the event that tells of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.model.events import EventDraft, EventKind


def told(
    kind: EventKind,
    base: InstallBase,
    key: AttachmentKey,
    now: datetime,
    actor: str,
    message: str,
    details: Mapping[str, Any],
) -> EventDraft:
    """The event of one attachment; its `details` begin with the instance, None on a single pack."""
    return EventDraft(
        kind=kind,
        at=now,
        actor=actor,
        revision=base.in_force,
        pack=key.pack,
        account=key.account,
        message=message,
        details={"instance": key.instance or None, **details},
    )
