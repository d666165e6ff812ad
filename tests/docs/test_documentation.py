"""Documentation and code say the same: rules, events, exit codes, commands, links, examples."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from reconciler.cli.application import commands
from reconciler.desired.rules import CHANGE_RULES, RULES
from reconciler.errors import ReconcilerError
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.model.findings import Severity

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
YAML = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CITED_TEST = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")


def _pages() -> list[Path]:
    return sorted([*TOP.glob("*.md"), *DOCS.rglob("*.md"), *(TOP / "example-repo").rglob("*.md")])


def _text(page: str) -> str:
    return (TOP / page).read_text(encoding="utf-8")


def _section(text: str, heading: str) -> str:
    """From a heading to the next one of its level or above; examples hold no headings."""
    level = heading.partition(" ")[0]
    prose = FENCED.sub(lambda match: " " * len(match.group()), text)
    start = prose.index(f"\n{heading}\n") + 1
    following = re.compile(rf"^#{{1,{len(level)}}} ", re.MULTILINE).search(prose, start + 1)
    return text[start : following.start() if following else None]


def _first_cells(text: str, cell: str) -> list[str]:
    """What stands in the first cell of each row of the tables, if it looks like `cell`."""
    return re.findall(rf"^\| {cell} \|", text, re.MULTILINE)


def test_every_rule_has_its_section_in_the_order_of_the_registry() -> None:
    headings = re.findall(r"^### (.+)$", _text("docs/rules.md"), re.MULTILINE)
    assert headings == [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_the_section_of_a_rule_says_what_it_is_and_how_it_fails_and_is_mended(rule: object) -> None:
    by_id = {rule.id: rule for rule in RULES}
    found = by_id[str(getattr(rule, "id", ""))]
    section = _section(_text("docs/rules.md"), f"### {found.id}")
    facts = section.splitlines()[2].split(" · ")
    assert facts[0] == found.severity
    assert ("policy" in facts) is found.policy
    assert ("change rule" in facts) is (found.id in CHANGE_RULES)
    assert len(FENCED.findall(section)) >= 2, "an example that fails, and one that is mended"


def test_the_list_above_the_rules_leads_to_every_one() -> None:
    head = _text("docs/rules.md").partition("\n## ")[0]
    assert re.findall(r"\(#([a-z-]+)\)", head) == [rule.id for rule in RULES]


def test_every_kind_of_event_is_explained_once() -> None:
    told = _first_cells(_text("docs/events.md"), "`([a-z-]+)`")
    assert sorted(told) == sorted(kind.value for kind in EventKind)


def test_every_exit_code_of_the_program_is_explained() -> None:
    told = {int(code) for code in _first_cells(_text("docs/exit-codes.md"), "([0-9]+)")}
    raised = {error.exit_code for error in _errors(ReconcilerError)}
    assert raised | {0, 2, 130} <= told
    assert told - raised == {0, 2, 7, 130}


def _errors(kind: type[ReconcilerError]) -> Iterator[type[ReconcilerError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _errors(child)


def test_every_command_stands_in_the_readme() -> None:
    section = _section(_text("README.md"), "## Commands")
    context = click.Context(commands)
    missing = []
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        if not re.search(rf"`{name}\b", section):
            missing.append(name)
        if isinstance(command, click.Group):
            missing += [
                f"{name} {child}" for child in command.commands if f"{child}`" not in section
            ]
    assert missing == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    known = set(commands.list_commands(click.Context(commands)))
    pages = {page: page.read_text(encoding="utf-8") for page in _pages()}
    unknown = {
        f"{page.relative_to(TOP)}: {name}"
        for page, text in pages.items()
        for name in re.findall(r"(?:`|\$ |^ *)reconciler ([a-z][a-z-]*)", text, re.MULTILINE)
        if name not in known
    }
    assert unknown == set()


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(TOP).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = CODE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            broken.append(target)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    """What a heading is called in an address: as GitHub does it."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(TOP).as_posix())
def test_yaml_in_examples_can_be_read(page: Path) -> None:
    for block in YAML.findall(page.read_text(encoding="utf-8")):
        documents = [d for d in yaml.safe_load_all(block) if isinstance(d, dict)]
        kinds = {str(document["kind"]) for document in documents if "kind" in document}
        known = {kind.value for kind in Kind} | {f"{kind.value}List" for kind in Kind}
        assert kinds <= known | {"Account"}, "Account is the example of unknown-kind"


def test_decisions_are_numbered_without_a_gap_and_have_the_same_parts() -> None:
    records = sorted((DOCS / "adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(record.name[:4])}. ")
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], record.name


@pytest.mark.parametrize("page", ["failure-modes.md", "operations/faults.md"])
def test_the_tests_that_the_pages_on_failures_name_are_there(page: str) -> None:
    cited = CITED_TEST.findall(_text(f"docs/{page}"))
    assert cited
    missing = [
        name
        for name, path in cited
        if f"def {name}(" not in ((DOCS / page).parent / path).resolve().read_text(encoding="utf-8")
    ]
    assert missing == []


def test_severities_are_words_that_the_rules_page_explains() -> None:
    head = _text("docs/rules.md").partition("\n## ")[0]
    assert all(f"**{level}**" in head or f"`{level}`" in head for level in Severity)
