"""A number of attachments -> one pack whose next release many accounts in many places review.

Accounts have zones, environments and groups, and none has the value that the next release requires.
"""

from collections.abc import Iterator

from benchmarks.worlds import PUBLISHER

INSTANCES = 10  # of each account
PACK = "order-to-cash"
GROUPS = 40
LISTED = 100  # accounts in a file
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Paris",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)

_PACK = f"""\
apiVersion: reconciler/v1
kind: IntegrationPack
metadata:
  name: {PACK}
spec:
  attachment: multiple
  components: [order-intake]
"""
_GROUP = """\
---
apiVersion: reconciler/v1
kind: AccountGroup
metadata:
  name: {group}
spec:
  selector: {{matchLabels: {{group: {group}}}}}
  packs: [{{pack: {pack}}}]
"""
_ACCOUNT = """\
  - metadata: {{name: account-{number:05}, labels: {{group: group-{group:02}}}}}
    spec:
      timeZone: {zone}
      environments:
        - {{name: production, classification: production}}
        - {{name: rehearsal, classification: test}}
"""
_RELEASED = """\
apiVersion: reconciler/v1
kind: PackagedComponent
spec:
  component: order-intake
  type: process
  version: {version}
  shareable: true
  notes: Reads orders from the shop of {version}.
  contains:
    - name: erp
      type: connection
      extensions: {{baseUrl: {{type: string, required: true}}{more}}}
---
apiVersion: reconciler/v1
kind: Release
spec:
  pack: {pack}
  version: {version}
  components: {{order-intake: {version}}}
  schedule: {schedule}
"""


def accounts(attachments: int) -> int:
    """How many accounts share the attachments."""
    return max(1, attachments // INSTANCES)


def first_release(attachments: int) -> dict[str, str]:
    """The publisher with release 1.0.0, whose required value every attachment has."""
    publisher = PUBLISHER.replace('    extension-missing: "off"\n', "")
    groups = (_GROUP.format(group=f"group-{n:02}", pack=PACK) for n in range(GROUPS))
    return {
        "publisher.yaml": publisher,
        "pack.yaml": _PACK + "".join(groups),
        **dict(_accounts(accounts(attachments))),
        **released("1.0.0", "immediate"),
    }


def second_release() -> dict[str, str]:
    """A scheduled release that requires a value which no account has."""
    more = ", region: {type: string, required: true}"
    return released("1.1.0", '{date: "2026-12-01"}', more)


def released(version: str, schedule: str, more: str = "") -> dict[str, str]:
    """A release of the pack with a component of the same version."""
    text = _RELEASED.format(pack=PACK, version=version, schedule=schedule, more=more)
    return {f"releases/{version}.yaml": text}


def _accounts(number: int) -> Iterator[tuple[str, str]]:
    """Lists of a hundred accounts each."""
    for first in range(0, number, LISTED):
        items = (
            _ACCOUNT.format(number=n, group=n % GROUPS, zone=ZONES[n % len(ZONES)])
            for n in range(first, min(first + LISTED, number))
        )
        head = "apiVersion: reconciler/v1\nkind: ManagedAccountList\nitems:\n"
        yield f"accounts/{first // LISTED:04}.yaml", head + "".join(items)
