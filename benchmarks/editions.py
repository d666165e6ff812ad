"""A number of attachments -> the manifests of one pack that accounts attach many times over."""

from benchmarks.worlds import PUBLISHER

INSTANCES = 100  # of each account
PACK = "order-to-cash"

_DECLARED = f"""\
apiVersion: reconciler/v1
kind: IntegrationPack
metadata:
  name: {PACK}
spec:
  attachment: multiple
  components: [order-intake]
---
apiVersion: reconciler/v1
kind: AccountGroup
metadata:
  name: everyone
spec:
  all: true
  packs:
    - pack: {PACK}
"""


def first_release(attachments: int) -> dict[str, str]:
    """The publisher with release 1.0.0, and a hundredth as many accounts as attachments."""
    names = (f"  - metadata: {{name: account-{n:05}}}\n" for n in range(accounts(attachments)))
    head = "apiVersion: reconciler/v1\nkind: ManagedAccountList\nitems:\n"
    return {
        "publisher.yaml": PUBLISHER,
        "pack.yaml": _DECLARED,
        "accounts.yaml": head + "".join(f"{name}    spec: {{}}\n" for name in names),
        **released("1.0.0"),
    }


def released(version: str) -> dict[str, str]:
    """An immediate release of the pack with a component of the same version."""
    component = (
        "apiVersion: reconciler/v1\nkind: PackagedComponent\nspec:\n  component: order-intake\n"
        f"  type: process\n  version: {version}\n  shareable: true\n"
        "  contains:\n    - name: erp\n      type: connection\n"
        "      extensions: {baseUrl: {type: string}}\n"
    )
    release = (
        f"apiVersion: reconciler/v1\nkind: Release\nspec:\n  pack: {PACK}\n  version: {version}\n"
        f"  components: {{order-intake: {version}}}\n  schedule: immediate\n"
    )
    return {f"releases/{version}.yaml": f"{component}---\n{release}"}


def accounts(attachments: int) -> int:
    """How many accounts share the attachments."""
    return max(1, attachments // INSTANCES)
