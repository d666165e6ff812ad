"""A number of packs -> the manifests of a publisher, always the same ones for the same number.

A block is ten manifests: a pack, two packaged components, a release, an account and five
attachments. A hundred blocks share an account group, which entitles their accounts to their packs.
"""

from collections.abc import Iterator
from itertools import islice

CLUSTER = 100
ATTACHED = 5
MIDNIGHT_ON = "2026-12-01"

PUBLISHER = """\
apiVersion: reconciler/v1
kind: Publisher
metadata:
  name: larkfield
spec:
  displayName: Larkfield Integrations
  timeZone: America/New_York
  contact: {name: Larkfield release desk, email: releases@larkfield.example}
  policies:
    support-documentation: "off"
    single-process: "off"
    extension-missing: "off"
"""

_PACK = """\
apiVersion: reconciler/v1
kind: IntegrationPack
metadata:
  name: {pack}
spec:
  displayName: Order to cash, edition {number}
  description: Takes orders in, checks the credit and tells when the parcel leaves.
  attachment: single
  components:
    - {pack}-intake
    - {pack}-notice
  prerequisites:
    - An ERP user that may create and update sales orders.
"""

_COMPONENT = """\
apiVersion: reconciler/v1
kind: PackagedComponent
spec:
  component: {component}
  type: process
  version: {version}
  shareable: true
  notes: Reads the orders of edition {number} and writes them to the ERP system.
  contains:
    - name: {component}-erp
      type: connection
      extensions:
        baseUrl: {{type: string, required: true}}
        timeoutSeconds: {{type: number, default: 30}}
"""

_RELEASE = """\
apiVersion: reconciler/v1
kind: Release
spec:
  pack: {pack}
  version: {version}
  components:
    {pack}-intake: {intake}
    {pack}-notice: 1.0.0
  schedule: {schedule}
  notes: What edition {number} brings in {version}.
"""

_ACCOUNT = """\
apiVersion: reconciler/v1
kind: ManagedAccount
metadata:
  name: {account}
  labels:
    cluster: {cluster}
    tier: enterprise
spec:
  displayName: Customer {number}
  timeZone: Europe/Paris
  contact: {{name: Integration desk {number}, email: integration@{account}.example}}
  environments:
    - {{name: production, classification: production}}
    - {{name: test, classification: test}}
"""

_ATTACHMENT = """\
apiVersion: reconciler/v1
kind: Attachment
spec:
  account: {account}
  pack: {pack}
  environments: [production, test]
  extensions:
    {pack}-intake-erp:
      baseUrl: https://erp.{account}.example/api
      timeoutSeconds: {timeout}
    {pack}-notice-erp:
      baseUrl: https://erp.{account}.example/parcels
"""


def manifests(packs: int, *, pending: bool = False) -> dict[str, str]:
    """All manifests by path; with `pending` each pack has a release that is due at one midnight."""
    texts = {"publisher.yaml": PUBLISHER}
    for first in range(0, packs, CLUSTER):
        texts |= _group(first, min(first + CLUSTER, packs))
    for number in range(packs):
        texts |= _block(number, packs)
        if pending:
            texts |= release(number, f'{{date: "{MIDNIGHT_ON}"}}')
    return texts


def release(number: int, schedule: str) -> dict[str, str]:
    """The second release of a pack, with a newer component."""
    pack, component = pack_name(number), f"{pack_name(number)}-intake"
    return {
        f"components/{component}/1.1.0.yaml": _COMPONENT.format(
            component=component, version="1.1.0", number=number
        ),
        f"releases/{pack}/1.1.0.yaml": _RELEASE.format(
            pack=pack, version="1.1.0", intake="1.1.0", schedule=schedule, number=number
        ),
    }


def edited_attachments(packs: int, count: int, *, timeout: int) -> dict[str, str]:
    """So many attachments, spread over all packs, each with another value of an extension."""
    step = max(1, packs // count)
    edited = (_attachment(number, number, timeout) for number in range(0, packs, step))
    return dict(islice(edited, count))


def pack_name(number: int) -> str:
    """The name of a pack."""
    return f"pack-{number:05}"


def account_name(number: int) -> str:
    """The name of the account that came with that pack."""
    return f"account-{number:05}"


def _group(first: int, end: int) -> dict[str, str]:
    cluster = f"cluster-{first // CLUSTER:03}"
    packs = "".join(f"    - pack: {pack_name(number)}\n" for number in range(first, end))
    text = (
        f"apiVersion: reconciler/v1\nkind: AccountGroup\nmetadata:\n  name: {cluster}\n"
        f"spec:\n  selector:\n    matchLabels: {{cluster: {cluster}}}\n  packs:\n{packs}"
    )
    return {f"groups/{cluster}.yaml": text}


def _block(number: int, packs: int) -> dict[str, str]:
    pack, account = pack_name(number), account_name(number)
    first = number // CLUSTER * CLUSTER
    size = min(CLUSTER, packs - first)
    texts = {
        f"packs/{pack}.yaml": _PACK.format(pack=pack, number=number),
        f"accounts/{account}.yaml": _ACCOUNT.format(
            account=account, number=number, cluster=f"cluster-{number // CLUSTER:03}"
        ),
        f"releases/{pack}/1.0.0.yaml": _RELEASE.format(
            pack=pack, version="1.0.0", intake="1.0.0", schedule="immediate", number=number
        ),
    }
    for component in (f"{pack}-intake", f"{pack}-notice"):
        text = _COMPONENT.format(component=component, version="1.0.0", number=number)
        texts[f"components/{component}/1.0.0.yaml"] = text
    texts |= dict(_attachments(number, first, size))
    return texts


def _attachments(number: int, first: int, size: int) -> Iterator[tuple[str, str]]:
    for place in range(min(ATTACHED, size)):
        yield _attachment(number, first + (number - first + place) % size, timeout=30)


def _attachment(number: int, account: int, timeout: int) -> tuple[str, str]:
    names = {"pack": pack_name(number), "account": account_name(account)}
    path = f"attachments/{names['account']}/{names['pack']}.yaml"
    return path, _ATTACHMENT.format(**names, timeout=timeout)
