"""Pages become a site: lists become its contents, links lead on, and broken ones are noticed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from handbook.links import main

TOP = Path(__file__).parents[2]
FORGE = "https://forge.example/larkfield/blob/main"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two pages, a file and a folder that are no pages."""
    folder = tmp_path / "source"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "plan.py").write_text("plan = 1\n")
    (folder / "index.md").write_text(
        "# Start\n\n## Learn\n\n- [A guide](guide.md): how\n\nSee [its end](guide.md#the-end).\n"
    )
    (folder / "guide.md").write_text(
        "# Guide\n\n## The end\n\n[plan](code/plan.py), [`code`](code), [start](index.md)\n"
    )
    return folder


def _built(source: Path, *settings: str) -> tuple[Path, str]:
    """The site, and what Sphinx complained about."""
    site = source.parent / "site"
    defaults = ("extensions=myst_parser,handbook.site", "root_doc=index", "toc_pages=index")
    options = (
        "-D",
        "myst_heading_anchors=3",
        *(x for s in (*defaults, *settings) for x in ("-D", s)),
    )
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-C", *options, str(source), str(site)],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=True,
    )
    return site, done.stderr


def test_the_lists_of_the_first_page_are_the_contents_of_the_site(source: Path) -> None:
    site, complaints = _built(source)
    assert complaints == ""
    start = (site / "index.html").read_text(encoding="utf-8")
    assert '<span class="caption-text">Learn</span>' in start
    assert main(site) == 0


def test_only_commands_are_coloured_as_commands(source: Path) -> None:
    (source / "guide.md").write_text(
        "# Guide\n\n## The end\n\n```console\n"
        "$ cat > a.csv <<END\n> account,pack\n> END\n"
        "# a comment that is shown\n"
        "orders  100 %  fine\n```\n"
    )
    site, complaints = _built(source)
    assert complaints == ""
    guide = (site / "guide.html").read_text(encoding="utf-8")
    assert re.findall(r'<span class="gp">(.*?)</span>', guide) == ["$ ", "&gt; ", "&gt; "]
    assert '<span class="go"># a comment that is shown</span>' in guide


def test_files_of_the_repository_are_text_where_no_forge_is_known(source: Path) -> None:
    guide = (_built(source)[0] / "guide.html").read_text(encoding="utf-8")
    assert "<span>plan</span>" in guide
    assert "plan.py" not in guide


def test_files_of_the_repository_are_links_where_a_forge_is_known(source: Path) -> None:
    guide = (_built(source, f"repository_url={FORGE}")[0] / "guide.html").read_text("utf-8")
    assert f'href="{FORGE}/code/plan.py"' in guide
    assert f'href="{FORGE}/code"' in guide


@pytest.mark.parametrize(
    "target", ["nowhere.md", "guide.md#nowhere", "code/nowhere.py", "#nowhere", "../../etc"]
)
def test_a_link_that_leads_nowhere_is_complained_about(source: Path, target: str) -> None:
    (source / "index.md").write_text(f"# Start\n\n- [A guide](guide.md)\n\n[there]({target})\n")
    assert "WARNING" in _built(source)[1]


def test_a_page_that_no_list_names_is_complained_about(source: Path) -> None:
    (source / "lost.md").write_text("# Lost\n")
    assert "isn't included in any toctree" in _built(source)[1]


@pytest.mark.parametrize(
    "element",
    [
        '<a href="gone.html">',
        '<a href="#gone">',
        '<a href="other.html#gone">',
        '<a href="https:forge">',
        '<a href="ftp://forge.example">',
        '<img src="https://forge.example/badge.svg">',
        '<script src="//forge.example/a.js"></script>',
        '<link rel="stylesheet" href="https://forge.example/fonts.css">',
    ],
)
def test_what_is_broken_in_a_built_site_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], element: str
) -> None:
    (tmp_path / "other.html").write_text('<h1 id="there">There</h1>')
    (tmp_path / "index.html").write_text(f'<a href="other.html#there">{element}')
    assert main(tmp_path) == 1
    assert capsys.readouterr().err.startswith("broken: index.html: ")


def test_a_style_that_loads_a_font_from_elsewhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>Start</h1>")
    (tmp_path / "site.css").write_text('@import url("https://forge.example/fonts.css");')
    assert main(tmp_path) == 1
