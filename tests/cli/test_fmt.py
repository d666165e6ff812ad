"""fmt as typed: what it changes, what it shows, what it leaves alone, and how it ends."""

import stat
from typing import Any

UNTIDY = """\
kind: ManagedAccount
apiVersion: reconciler/v1
metadata: {name: 'acme'}   # a comment
spec:
    displayName: "Acme"
"""
TIDY = """\
apiVersion: reconciler/v1
kind: ManagedAccount
metadata: {name: acme}  # a comment
spec:
  displayName: Acme
"""


def test_files_are_brought_into_form_once_and_keep_their_mode(publisher: Any) -> None:
    publisher.write("accounts/acme.yaml", UNTIDY)
    path = publisher.folder / "accounts/acme.yaml"
    path.chmod(0o640)
    done = publisher.reconciler("fmt")
    assert (done.code, done.err) == (0, "")
    assert done.out == "reformatted accounts/acme.yaml\n1 of 8 files reformatted.\n"
    assert path.read_text() == TIDY
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert publisher.reconciler("fmt").out == "0 of 8 files reformatted.\n"
    assert not list(publisher.folder.glob("accounts/.*"))


def test_check_and_diff_change_nothing(publisher: Any) -> None:
    publisher.write("accounts/acme.yaml", UNTIDY)
    done = publisher.reconciler("fmt", "--check")
    assert done.code == 1
    assert done.out == "would reformat accounts/acme.yaml\n1 of 8 files would be reformatted.\n"
    done = publisher.reconciler("fmt", "--diff")
    assert done.code == 0
    assert "+metadata: {name: acme}  # a comment\n" in done.out
    assert publisher.reconciler("fmt", "--check", "--diff").code == 1
    assert (publisher.folder / "accounts/acme.yaml").read_text() == UNTIDY


def test_only_what_is_named_is_looked_at_and_what_is_no_manifest_is_passed_over(
    publisher: Any,
) -> None:
    publisher.write("accounts/acme.yaml", UNTIDY)
    publisher.write(".github/workflows/ci.yaml", "on:   push\n")
    publisher.write("../elsewhere.yaml", UNTIDY)
    (publisher.folder / "accounts/link.yaml").symlink_to("../../elsewhere.yaml")
    names = (
        "packs",
        "publisher.yaml",
        "README.md",
        ".github/workflows/ci.yaml",
        "../elsewhere.yaml",
        "accounts/link.yaml",
    )
    done = publisher.reconciler("fmt", "--check", *names)
    assert (done.code, done.err) == (0, "")
    assert done.out == "0 of 2 files would be reformatted.\n"
    assert publisher.reconciler("fmt", "accounts/acme.yaml").code == 0
    assert (publisher.folder / "accounts/acme.yaml").read_text() == TIDY
    assert (publisher.folder / "../elsewhere.yaml").read_text() == UNTIDY


def test_the_root_may_be_elsewhere(publisher: Any, shell: Any) -> None:
    publisher.write("accounts/acme.yaml", UNTIDY)
    assert shell.reconciler("fmt", "--check", "repo").code == 1
    assert shell.reconciler("fmt", "--check", "--repo", "repo").code == 1
    assert shell.reconciler("fmt", "--check", "--repo", "repo", "repo/packs").code == 0
    done = shell.reconciler("fmt")
    assert (done.code, done.err.splitlines()[0]) == (
        1,
        "reconciler: there is no publisher.yaml in .",
    )
    assert shell.reconciler("fmt", "--repo", "repo", "nowhere.yaml").code == 1


def test_what_can_not_be_read_is_left_and_told(publisher: Any) -> None:
    publisher.write("accounts/acme.yaml", "kind: [\n")
    publisher.write("accounts/globex.yaml", UNTIDY)
    publisher.write("values.yaml", "a:   1\n")
    done = publisher.reconciler("fmt")
    assert done.code == 3
    assert "accounts/acme.yaml is left as it is: it can't be read" in done.err
    assert "values.yaml is left as it is: it holds something that is no manifest" in done.err
    assert "reformatted accounts/globex.yaml\n" in done.out
    assert (publisher.folder / "values.yaml").read_text() == "a:   1\n"


def test_a_difference_shows_no_control_characters(publisher: Any) -> None:
    publisher.write("accounts/acme.yaml", UNTIDY.replace("a comment", "a \u202e comment"))
    done = publisher.reconciler("fmt", "--diff")
    assert "\u202e" not in done.out
    assert "\\u202e" in done.out
