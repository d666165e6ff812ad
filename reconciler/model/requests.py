"""What an account asks for itself, once decided: the row, the copy and the event to write."""

from dataclasses import dataclass

from reconciler.model.base import Attached, AttachmentKey, TemplateCopy
from reconciler.model.events import EventDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The effect of one request, written in one transaction with its event.

    `put` replaces or adds a row, `removed` deletes one, `copy` adds a template copy; a decision
    that writes nothing (asked twice) has no event either. `action` names the history line.
    """

    action: str
    put: Attached | None = None
    removed: AttachmentKey | None = None
    copy: TemplateCopy | None = None
    event: EventDraft | None = None
    message: str
