"""The registry: every rule of SPEC section 4, in its order, and how a context is judged by them."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.desired.rules import (
    adopt_idle,
    adopt_unknown,
    assessment_failed,
    assessment_missing,
    attachment_instance,
    attachment_single,
    duplicate_name,
    environment_unknown,
    extensibility_mismatch,
    extension_missing,
    extension_secret,
    extension_type,
    extension_unknown,
    freeze,
    hold_expired,
    multiple_api_service,
    newer_version,
    not_entitled,
    one_pending,
    pack_components,
    pack_content_type,
    pack_immutable,
    pack_retired,
    pack_unreleased,
    package_in_use,
    path_escape,
    path_missing,
    process_route,
    publisher,
    release_date,
    release_immutable,
    release_in_freeze,
    release_incomplete,
    release_not_shareable,
    release_order,
    release_removes,
    release_unchanged,
    renamed_from,
    shareable_type,
    single_process,
    support_documentation,
    template_source,
    time_zone,
    unknown_reference,
    version_immutable,
)
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import NOTHING
from reconciler.model.findings import Problem, Severity

RULES: tuple[Rule, ...] = (
    Rule(id="yaml-syntax", summary="A manifest is YAML that can be read."),
    Rule(id="yaml-duplicate-key", summary="No mapping has a key twice."),
    Rule(id="yaml-limit", summary="A document keeps the limits of size, nesting and nodes."),
    Rule(id="encoding", summary="A manifest is text in UTF-8."),
    Rule(id="schema", summary="A document has the fields of its kind, and no others."),
    Rule(id="unknown-kind", summary="A document is of one of the kinds that there are."),
    publisher.RULE,
    time_zone.RULE,
    freeze.RULE,
    duplicate_name.RULE,
    unknown_reference.RULE,
    renamed_from.RULE,
    path_escape.RULE,
    path_missing.RULE,
    shareable_type.RULE,
    process_route.RULE,
    version_immutable.RULE,
    package_in_use.RULE,
    pack_immutable.RULE,
    pack_components.RULE,
    multiple_api_service.RULE,
    pack_content_type.RULE,
    extensibility_mismatch.RULE,
    single_process.RULE,
    support_documentation.RULE,
    pack_retired.RULE,
    template_source.RULE,
    release_not_shareable.RULE,
    release_order.RULE,
    release_immutable.RULE,
    release_incomplete.RULE,
    release_removes.RULE,
    release_unchanged.RULE,
    one_pending.RULE,
    release_date.RULE,
    release_in_freeze.RULE,
    assessment_missing.RULE,
    assessment_failed.RULE,
    newer_version.RULE,
    pack_unreleased.RULE,
    not_entitled.RULE,
    attachment_single.RULE,
    attachment_instance.RULE,
    environment_unknown.RULE,
    extension_unknown.RULE,
    extension_type.RULE,
    extension_missing.RULE,
    extension_secret.RULE,
    adopt_unknown.RULE,
    adopt_idle.RULE,
    hold_expired.RULE,
)

RULES_BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}

# Judged only against a base (marked with a delta in SPEC section 4). Rules that are so in part,
# such as release-date, look for the base themselves.
CHANGE_RULES = frozenset(
    "version-immutable package-in-use pack-immutable pack-retired release-order release-immutable "
    "release-incomplete release-removes release-unchanged assessment-missing "
    "assessment-failed".split()
)


def judge(context: Context) -> list[Problem]:
    """All that the rules find in this revision, each problem with its severity (SPEC section 4).

    The severity is the problem's own, else what the publisher's policies say, else the rule's. A
    policy rule that is off is not judged, nor a change rule without a base.
    """
    policies = _policies(context)
    problems: list[Problem] = []
    for rule in RULES:
        level = Severity(policies.get(rule.id, rule.severity)) if rule.policy else rule.severity
        skipped = rule.id in CHANGE_RULES and context.base is None
        if rule.check is None or level is Severity.OFF or skipped:
            continue
        problems += [
            replace(problem, severity=problem.severity or level) for problem in rule.check(context)
        ]
    return problems


def _policies(context: Context) -> Mapping[str, str]:
    try:
        return context.tree.publisher.policies
    except LookupError:
        return NOTHING
