"""A template that an account copies -> the decision, or a refusal."""

from datetime import datetime

from reconciler.desired.eligibility import active_account
from reconciler.desired.phrases import listed
from reconciler.errors import RequestRefused
from reconciler.model.base import InstallBase, TemplateCopy
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.requests import Decision


def copy_template(
    base: InstallBase, account: str, component: str, now: datetime, actor: str
) -> Decision:
    """Copies a process template into the account, once; later versions do not touch the copy.

    Raises RequestRefused.
    """
    active_account(base, account)
    template = base.tree.templates.get(component)
    if template is None:
        raise RequestRefused(f'the process library has no template "{component}"', rule="missing")
    if not any(account in base.tree.members.get(group, ()) for group in template.groups):
        raise RequestRefused(
            f"template {component} is shared with {listed(template.groups)};"
            f" {account} is in none of these groups",
            rule="not-entitled",
        )
    for copy in base.copies:
        if copy.account == account and copy.component == component:
            return _copied_before(copy, template.version)
    message = f"{account} copied template {component} {template.version}"
    made = TemplateCopy(
        account=account,
        component=component,
        version=template.version,
        copied_at=now,
        actor=actor,
    )
    event = EventDraft(
        kind=EventKind.ACCOUNT_COPY_TEMPLATE,
        at=now,
        actor=actor,
        revision=base.in_force,
        account=account,
        message=message,
        details={"component": component, "version": template.version},
    )
    return Decision(action="copy-template", copy=made, event=event, message=message)


def _copied_before(copy: TemplateCopy, version: str) -> Decision:
    if copy.version != version:
        raise RequestRefused(
            f"{copy.account} copied template {copy.component} already, as {copy.version};"
            f" a template is copied once and {version} does not update the copy",
            rule="installed",
        )
    told = f"{copy.account} has template {copy.component} {version} already; nothing was changed"
    return Decision(action="copy-template", message=told)
