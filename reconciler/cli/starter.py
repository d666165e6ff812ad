"""A time zone -> the files of a small valid publisher repository."""

from collections.abc import Mapping

_PUBLISHER = """\
# Who releases. Release dates mean midnight in this time zone.
apiVersion: reconciler/v1
kind: Publisher
metadata:
  name: publisher
spec:
  displayName: My company
  timeZone: {time_zone}
  contact:
    email: releases@example.com
"""
_COMPONENT = """\
# An immutable snapshot of an API service. A new snapshot is a new version:
# reconciler package hello-api --version 1.1.0 --shareable
apiVersion: reconciler/v1
kind: PackagedComponent
spec:
  component: hello-api
  type: api-service
  version: 1.0.0
  shareable: true
  content: components/hello-api/1.0.0/openapi.json
"""
_CONTENT = """\
{
  "openapi": "3.1.0",
  "info": {"title": "Hello", "version": "1.0.0"},
  "paths": {}
}
"""
_PACK = """\
# What is released as one solution.
apiVersion: reconciler/v1
kind: IntegrationPack
metadata:
  name: hello
spec:
  displayName: Hello
  description: Says hello. A pack to start from.
  attachment: single
  components:
    - hello-api
  documentation:
    installation: guides/hello/installation.md
    user: guides/hello/user.md
"""
_RELEASE = """\
# A published version of the pack. The next one: reconciler release hello --immediate
apiVersion: reconciler/v1
kind: Release
spec:
  pack: hello
  version: 1.0.0
  components:
    hello-api: 1.0.0
  schedule: immediate
"""
_ACCOUNT = """\
# Who installs packs.
apiVersion: reconciler/v1
kind: ManagedAccount
metadata:
  name: first-customer
spec:
  displayName: First customer
  environments:
    - name: production
      classification: production
"""
_GROUP = """\
# Which accounts may install which packs.
apiVersion: reconciler/v1
kind: AccountGroup
metadata:
  name: everyone
spec:
  all: true
  packs:
    - pack: hello
      install: manual
"""
_ATTACHMENT = """\
# One installed instance of a pack in one account.
apiVersion: reconciler/v1
kind: Attachment
spec:
  account: first-customer
  pack: hello
  environments:
    - production
"""
_INSTALLATION = """\
# Installing Hello

Nothing has to be prepared.
"""
_USER = """\
# Using Hello

Call the API.
"""
_README = """\
# Publisher repository

| folder | holds |
|---|---|
| `publisher.yaml` | who releases, in which time zone |
| `components/` | packaged components, a folder for each version |
| `packs/` | integration packs |
| `releases/` | the versions of each pack |
| `accounts/`, `groups/` | managed accounts, and which packs they may install |
| `attachments/` | what is installed where by declaration |
| `guides/` | what accounts read |

    reconciler validate --worktree    check what is on disk
    reconciler plan                   what the last commit would do
    reconciler apply                  do it
    reconciler status                 what runs

The next release: change something, `reconciler package hello-api --version 1.1.0 --shareable`,
`reconciler release hello --immediate` (or `--on 2030-01-01`), commit, `reconciler apply`.

To rehearse with another clock, take a store of its own. To see what happens on a release date:

    reconciler apply --store sqlite:///rehearsal.db --now 2029-12-01T00:00:00Z
    reconciler apply --store sqlite:///rehearsal.db --now 2030-01-01T00:00:00Z
"""
_GITIGNORE = """\
# The store and what lies beside it belong to the machine that reconciles.
*.db
*.db-*
*.db.*
"""


def files(time_zone: str) -> Mapping[str, str]:
    """Path below the folder -> content; `time_zone` is an IANA name."""
    return {
        "publisher.yaml": _PUBLISHER.format(time_zone=time_zone),
        "components/hello-api/1.0.0/component.yaml": _COMPONENT,
        "components/hello-api/1.0.0/openapi.json": _CONTENT,
        "packs/hello.yaml": _PACK,
        "releases/hello/1.0.0.yaml": _RELEASE,
        "accounts/first-customer.yaml": _ACCOUNT,
        "groups/everyone.yaml": _GROUP,
        "attachments/first-customer-hello.yaml": _ATTACHMENT,
        "guides/hello/installation.md": _INSTALLATION,
        "guides/hello/user.md": _USER,
        "README.md": _README,
        ".gitignore": _GITIGNORE,
    }
