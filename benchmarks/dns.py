"""A number of records -> a configuration of octoDNS whose source and target say the same."""

from pathlib import Path

from benchmarks.measure import tool

RECORDS_IN_ZONE = 1_000
_PROVIDER = """\
  {name}:
    class: octodns.provider.yaml.YamlProvider
    directory: {zones}
    default_ttl: 3600
    enforce_order: false
"""


def no_op(folder: Path, records: int) -> list[str]:
    """Writes the zones; the command that compares them and finds nothing to do."""
    zones = folder / "zones"
    zones.mkdir(parents=True)
    names = []
    for first in range(0, records, RECORDS_IN_ZONE):
        name = f"zone-{first // RECORDS_IN_ZONE:04}.example."
        end = min(first + RECORDS_IN_ZONE, records)
        texts = (_record(number) for number in range(first, end))
        (zones / f"{name}yaml").write_text("---\n" + "".join(texts), encoding="utf-8")
        names.append(name)
    providers = "".join(_PROVIDER.format(name=name, zones=zones) for name in ("git", "installed"))
    listed = "".join(f"  {name}:\n    sources: [git]\n    targets: [installed]\n" for name in names)
    config = folder / "config.yaml"
    config.write_text(f"---\nproviders:\n{providers}zones:\n{listed}", encoding="utf-8")
    return [tool("octodns-sync"), "--config-file", str(config)]


def _record(number: int) -> str:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return f"host-{number:06}:\n  type: A\n  value: {address}\n"
