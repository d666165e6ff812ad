"""`python -m handbook.links FOLDER`: a built site -> nothing, or what is broken in it and exit 1.

Links within the site have to lead to a file, and to a place in it where they name one; nothing may
be loaded from elsewhere when a page is shown. Links that leave the site are not followed, for there
need be no network: their form is checked, and they are listed.
"""

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {("link", "href")} | {(tag, "src") for tag in ("script", "img", "iframe", "source")}
_IN_STYLES = re.compile(r"(?:@import\s*|url\()\s*[\"']?(?:https?:)?//", re.IGNORECASE)


@dataclass(kw_only=True)
class Page(HTMLParser):
    """What one page refers to, and the places in it that can be referred to."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each element."""
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.places.add(value)
            elif (tag, name) in _LOADED:
                self.loads.append(value)
            elif (tag, name) == ("a", "href"):
                self.links.append(value)


def read(folder: Path) -> dict[Path, Page]:
    """Every page of a built site, by its path."""
    pages = {}
    for path in sorted(folder.resolve().rglob("*.html")):
        pages[path] = Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    return pages


def broken(folder: Path, pages: dict[Path, Page]) -> list[str]:
    """A line for each link that leads nowhere, and for each thing loaded from elsewhere."""
    found = [
        f"{path.relative_to(folder.resolve())}: {target}"
        for path, page in pages.items()
        for target in dict.fromkeys([*page.links, *page.loads])
        if not _leads_somewhere(path, target, pages) or (target in page.loads and _outside(target))
    ]
    return found + [
        f"{path.relative_to(folder)}: loads something from elsewhere"
        for path in sorted(folder.rglob("*.css"))
        if _IN_STYLES.search(path.read_text(encoding="utf-8"))
    ]


def leaving(pages: dict[Path, Page]) -> list[str]:
    """The addresses outside the site that its pages link to."""
    return sorted({link for page in pages.values() for link in page.links if _outside(link)})


def _outside(target: str) -> bool:
    return bool(urlsplit(target).scheme or urlsplit(target).netloc)


def _leads_somewhere(page: Path, target: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(target)
    if parts.scheme == "mailto":
        return "@" in parts.path
    if _outside(target):
        return parts.scheme in ("http", "https") and "." in parts.netloc
    place = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not place.is_file():
        return False
    if not parts.fragment or place not in pages:
        return True
    return unquote(parts.fragment) in pages[place].places


def main(folder: Path) -> int:
    """Prints what is broken, or what was looked at; the exit code."""
    pages = read(folder)
    for line in (wrong := broken(folder, pages)):
        print(f"broken: {line}", file=sys.stderr)
    links = sum(len(page.links) for page in pages.values())
    print(f"{len(pages)} pages, {links:,} links, {len(wrong)} broken. These leave the site:")
    print("\n".join(f"  {address}" for address in leaving(pages)))
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
