"""A Sphinx extension: Markdown that reads well on a forge -> a site with the same pages and links.

Lists of links on the pages in `toc_pages` are the tables of contents, so that no page needs a
directive that a forge would show as it is. Links to files of the repository that are no pages lead
to `repository_url`, or are plain text where none is set.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers.shell import BashSessionLexer
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.fileutil import copy_asset

_HEADING = re.compile(r"^## +(?P<caption>.+)$")
_ENTRY = re.compile(r"^- \[(?P<text>[^\]]+)\]\((?P<path>[^)#]+)\.md\)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Registers with Sphinx."""
    app.add_config_value("repository_url", None, "env", types=frozenset({str}))
    app.add_config_value("toc_pages", [], "env", types=frozenset({list}))
    app.add_config_value("picture_folders", [], "html", types=frozenset({list}))
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _copy_pictures)
    app.add_transform(RepositoryLinks)
    app.add_lexer("mermaid", TextLexer)  # a forge draws these; drawing here would take a browser
    app.add_lexer("console", Console)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Console(BashSessionLexer):  # type: ignore[misc]  # Pygments has no types
    """Commands after a dollar sign, with lines that go on after `>`; all else is what they print.

    Pygments takes more for a prompt: a comment in a manifest that is shown, or "100 %".
    """

    name = "Commands and what they print"
    aliases = ("console",)
    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")
    _bare_continuation = True


def _copy_pictures(app: Sphinx, error: Exception | None) -> None:
    """Pictures that raw HTML of a page names, for light and for dark, lie where they lay."""
    for folder in app.config.picture_folders if error is None else ():
        copy_asset(app.srcdir / folder, app.outdir / folder)


def _add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    if page in app.config.toc_pages:
        source[0] += "".join(f"\n{tree}" for tree in _trees(source[0]))


def _trees(text: str) -> Iterator[str]:
    """A hidden toctree for the entries below each heading, and for those above the first."""
    caption, entries = "", list[str]()
    for line in [*text.splitlines(), "## end"]:
        heading, entry = _HEADING.match(line), _ENTRY.match(line)
        if entry:
            entries.append(f"{entry['text']} <{entry['path']}>")
        if heading:
            if entries:
                options = f":hidden:\n:caption: {caption}" if caption else ":hidden:"
                yield "\n".join(["```{toctree}", options, "", *entries, "```", ""])
            caption, entries = heading["caption"], []


class RepositoryLinks(SphinxTransform):
    """Links to files and folders that are no pages; a link that leads nowhere is left to fail."""

    default_priority = 100

    def apply(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Before references are resolved, while they still name what was written."""
        kinds = (addnodes.download_reference, addnodes.pending_xref)
        for kind in kinds:
            for link in list(self.document.findall(kind)):
                if link.get("reftype") == "myst" and link.get("refdomain") is None:
                    self._replace(link)

    def _replace(self, link: nodes.Element) -> None:
        top = Path(self.env.srcdir).resolve()
        written = link["reftarget"].partition("#")[0]
        place = Path(self.env.relfn2path(written, self.env.docname)[1]).resolve()
        if not (written and place.exists() and place.is_relative_to(top)):
            return
        text = link.children[0].children
        if url := self.config.repository_url:
            address = f"{url}/{place.relative_to(top).as_posix()}"
            link.replace_self(nodes.reference("", "", *text, refuri=address))
        else:
            link.replace_self(nodes.inline("", "", *text))
