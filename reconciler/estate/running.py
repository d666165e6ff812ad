"""The table of attachments -> what each is called in manifests, and what it runs."""

from dataclasses import dataclass
from typing import Any

from reconciler.estate.cells import Cells
from reconciler.estate.tables import Row, Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One attachment of the estate: what it is called in manifests, and what it runs."""

    account: str
    pack: str
    instance: str
    release: str
    environments: list[str]
    extensions: dict[str, Any] | None
    row: Row


def running_of(tables: Tables, cells: Cells | None = None) -> list[Running]:
    """The attachments that the tables tell, none of them twice; trouble is told in the tables."""
    cells = cells or Cells(tables)
    found: dict[tuple[str, str, str], Running] = {}
    for row in tables.rows["attachments"]:
        one = _running(row, tables, cells)
        if one is None:
            continue
        key = (one.account, one.pack, one.instance)
        if key in found:
            other = found[key].row
            message = f"{'/'.join(filter(None, key))} stands in line {other.line} already."
            hint = "one row for each attachment; instances tell those of one pack apart."
            tables.complain(row, "account", message, hint)
            continue
        found[key] = one
    return list(found.values())


def _running(row: Row, tables: Tables, cells: Cells) -> Running | None:
    account, pack = cells.name(row, "account"), cells.name(row, "pack")
    release = None if pack is None else cells.version(row, "release", pack)
    instance: str | None = ""
    if "instance" in row.values:
        instance = cells.name(row, "instance", f"instance of {pack} in {account}")
    extensions = cells.data(row, "extensions")
    if extensions is not None and not isinstance(extensions, dict):
        tables.complain(row, "extensions", "extensions is no object.")
    if account is None or pack is None or release is None or instance is None:
        return None
    return Running(
        account=account,
        pack=pack,
        instance=instance,
        release=release,
        environments=list(cells.environments(row)),
        extensions=extensions,
        row=row,
    )
