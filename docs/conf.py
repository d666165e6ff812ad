"""How Sphinx makes the site: `make docs`. The top of the repository is the source folder, so that
links between README.md, ARCHITECTURE.md and docs/ are the same on the site and on a forge.
"""

import sys
from pathlib import Path

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))

from reconciler import __version__  # noqa: E402

project = "Integration pack reconciler"
author = "The authors of the integration pack reconciler"
release = version = __version__

extensions = ["myst_parser", "handbook.site"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "example-repo/README.md"]
exclude_patterns = [".*", "benchmarks", "build", "docs/_*", "reconciler", "tests"]
toc_pages = ["docs/index", "docs/decisions"]
picture_folders = ["docs/pictures"]
# Where a forge shows files of the main branch, for links to what is no page of the site.
repository_url = None

myst_heading_anchors = 4
myst_fence_as_directive: set[str] = set()
highlight_language = "text"
smartquotes = False  # it would make a dash of the two hyphens of an option

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_root"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
