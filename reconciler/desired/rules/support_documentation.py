"""Rule support-documentation: a pack has both guides and a contact."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import packs
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import IntegrationPack
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """A state rule; a contact that a pack lacks is the publisher's."""
    contact = _publisher_has_contact(context)
    for declaration, pack in packs(context):
        lacking = _lacking(pack, contact)
        if lacking:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("metadata", "name"),
                message=f"{pack.name} has {', '.join(lacking)}; accounts will ask you instead.",
                hint="set spec.documentation.installation and .user (a path or a URL), and "
                "spec.contact here or at the publisher.",
            )


def _publisher_has_contact(context: Context) -> bool:
    try:
        return context.tree.publisher.contact is not None
    except LookupError:
        return True  # the rule publisher tells it


def _lacking(pack: IntegrationPack, publisher_has_contact: bool) -> list[str]:
    there = {
        "no installation guide": pack.installation_guide is not None,
        "no user guide": pack.user_guide is not None,
        "no contact": pack.contact is not None or publisher_has_contact,
    }
    return [text for text, found in there.items() if not found]


RULE = Rule(
    id="support-documentation",
    severity=Severity.WARNING,
    policy=True,
    summary="A pack has an installation guide, a user guide and a contact.",
    check=check,
)
