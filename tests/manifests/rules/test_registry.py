"""The registry, the schema of policies and the files of the rules say the same."""

import json
from pathlib import Path

from reconciler.desired import rules
from reconciler.desired.rules import CHANGE_RULES, RULES, RULES_BY_ID

TOP = Path(__file__).parents[3]
NO_RULES = {"__init__", "context", "contents", "paths", "rule"}


def test_no_rule_is_listed_twice() -> None:
    assert len(RULES_BY_ID) == len(RULES)


def test_every_file_of_a_rule_is_in_the_registry_under_its_name() -> None:
    files = {path.stem for path in Path(rules.__file__).parent.glob("*.py")} - NO_RULES
    judged = {rule.id.replace("-", "_") for rule in RULES if rule.check is not None}
    assert judged == files


def test_a_publisher_may_set_exactly_the_rules_that_are_policies() -> None:
    schema = json.loads((TOP / "schemas/publisher.schema.json").read_text(encoding="utf-8"))
    policies = schema["properties"]["spec"]["properties"]["policies"]["properties"]
    assert set(policies) == {rule.id for rule in RULES if rule.policy}


def test_change_rules_are_rules() -> None:
    assert set(RULES_BY_ID) >= CHANGE_RULES


def test_every_rule_says_what_holds_in_one_sentence() -> None:
    for rule in RULES:
        assert rule.summary.endswith(".")
        assert rule.summary[0].isupper()
