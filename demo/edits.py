"""What the publisher's people write between two commands -> files in the repository."""

from pathlib import Path


def change_process(repository: Path, component: str, before: str, after: str, note: str) -> None:
    """Saves the process of a packaged version, changed, where the next version will have it."""
    folder = repository / "components" / component
    text = (folder / before / "process.xml").read_text(encoding="utf-8")
    (folder / after).mkdir()
    changed = f"{text}<!-- {after}: {note} -->\n"
    (folder / after / "process.xml").write_text(changed, encoding="utf-8")


def replace_text(path: Path, before: str, after: str) -> None:
    """An edit by hand; `before` must be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path} has no {before!r}"
    path.write_text(text.replace(before, after), encoding="utf-8")
