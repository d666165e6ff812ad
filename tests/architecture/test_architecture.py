"""Holds the shape of the code: who may import whom and what, and who reads a clock."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "reconciler"

# Top to bottom: imports point down, and units on one line are strangers to each other.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"web"},
    {"wiring", "loop"},
    {"reconcile"},
    {"steps"},
    {"source", "rollout", "store", "forge", "notify", "agent"},
    {"plan", "report", "estate"},
    {"manifests", "desired"},
    {"ports", "settings"},
    {"model"},
    {"errors"},
)
DEPTHS = {unit: depth for depth, units in enumerate(LAYERS) for unit in units}

# Library -> the only places, below reconciler/, that may import it.
FENCES = {
    "git": ("source/",),
    "sqlite3": ("store/",),
    "psycopg": ("store/",),
    "yaml": ("manifests/",),
    "jsonschema": ("manifests/", "web/schemas.py"),
    "jsonschema_rs": ("manifests/",),
    "click": ("cli/",),
    "aiohttp": ("forge/", "notify/", "agent/"),
    "aiosmtplib": ("notify/",),
    "starlette": ("web/",),
    "uvicorn": ("web/",),
    "jinja2": ("web/",),
    "authlib": ("web/",),
    "httpx2": ("web/",),
    "joserfc": ("web/",),
    "limits": ("web/",),
    "prometheus_client": ("web/",),
    "psycopg_pool": ("store/",),
    "croniter": ("desired/freezes.py", "loop.py"),
}
PURE = ("model/", "desired/", "estate/", "plan/", "report/")
IMPURE_LIBRARIES = {"os", "subprocess", "socket", "shutil", "tempfile", "urllib.request", "http"}

CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.localtime", "time.gmtime",
}  # fmt: skip


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _below(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _unit(dotted_or_path: str) -> str:
    return re.split(r"[./]", dotted_or_path, maxsplit=1)[0]


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that a module imports, in functions and for types too."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            module = node.module or ""
            names = (alias.name for alias in node.names) if module == PACKAGE.name else ()
            yield from ((node.lineno, f"{module}.{name}") for name in names)
            if module != PACKAGE.name:
                yield node.lineno, module


def _own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and unit of each import from this package."""
    for line, dotted in _imports(path):
        first, _, rest = dotted.partition(".")
        if first == PACKAGE.name and rest and not rest.startswith("__version__"):
            yield line, _unit(rest)


def test_every_unit_has_a_layer() -> None:
    units = {_unit(_below(path)) for path in _modules()} - {"__init__"}
    assert units <= set(DEPTHS)


def test_imports_only_point_down() -> None:
    upward = [
        f"{path.relative_to(TOP)}:{line}: {unit} imports {imported}"
        for path in _modules()
        if (unit := _unit(_below(path))) in DEPTHS
        for line, imported in _own_imports(path)
        if imported != unit and DEPTHS.get(imported, 0) <= DEPTHS[unit]
    ]
    assert upward == []


def test_the_package_itself_imports_nothing() -> None:
    assert list(_imports(PACKAGE / "__init__.py")) == []


def test_libraries_stay_behind_their_fences() -> None:
    outside = [
        f"{path.relative_to(TOP)}:{line}: {dotted}"
        for path in _modules()
        for line, dotted in _imports(path)
        if _unit(dotted) in FENCES and not _below(path).startswith(FENCES[_unit(dotted)])
    ]
    assert outside == []


def test_the_pure_layers_import_nothing_that_does_input_or_output() -> None:
    impure = [
        f"{path.relative_to(TOP)}:{line}: {dotted}"
        for path in _modules()
        if _below(path).startswith(PURE)
        for line, dotted in _imports(path)
        if {dotted, _unit(dotted)} & IMPURE_LIBRARIES
    ]
    assert impure == []


def test_only_the_composition_root_reads_the_time() -> None:
    readers = [
        f"{path.relative_to(TOP)}:{node.lineno}: {ast.unparse(node)}"
        for path in _modules()
        if _below(path) != "wiring.py"
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in CLOCKS
    ]
    assert readers == []
