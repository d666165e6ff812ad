"""package: a new version of a component, what it is made of, and whether it may be released."""

from typing import Any

API = "components/hello-api/1.0.0/openapi.json"


def test_the_content_is_told_by_its_git_object_id(applied: Any, fits: Any) -> None:
    applied.write("new.json", '{"openapi": "3.1.0"}\n')
    blob = applied.git("hash-object", "new.json")
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable", "--content", "new.json")
    done = applied.reconciler(*words, "--format", "json")
    assert done.code == 0, done.err
    fits("package", done.json())
    assert (done.json()["content_id"], done.json()["branch"]) == (blob, None)


def test_a_version_in_which_nothing_changed_is_refused_unless_forced(applied: Any) -> None:
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable", "--content", API)
    done = applied.reconciler(*words)
    assert done.code == 1
    assert "hello-api 1.0.0 has the same content" in done.err
    assert not (applied.folder / "components/hello-api/1.1.0").exists()
    assert applied.reconciler(*words, "--force").code == 0


def test_a_lower_version_follows_the_one_below_it_and_is_released_by_a_pin(applied: Any) -> None:
    higher = ("package", "hello-api", "--version", "2.0.0", "--shareable", "--content", API)
    assert applied.reconciler(*higher, "--force").code == 0
    manifest = applied.folder / "components/hello-api/2.0.0/component.yaml"
    manifest.write_text(manifest.read_text() + "  contains:\n    - {name: map, type: map}\n")
    done = applied.reconciler("package", "hello-api", "--version", "1.4.1", "--shareable")
    assert done.code == 0, done.err
    written = (applied.folder / "components/hello-api/1.4.1/component.yaml").read_text()
    assert "name: map" not in written
    assert "reconciler release hello --immediate --pin hello-api=1.4.1, or --on DATE" in done.out
    done = applied.reconciler("package", "hello-api", "--version", "2.0.1", "--shareable")
    assert "What it contains is taken over from 2.0.0" in done.out


def test_content_that_would_change_with_the_manifest_is_refused(applied: Any) -> None:
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable", "--content")
    for path in (".", "components", "./components/hello-api/1.1.0/"):
        done = applied.reconciler(*words, path)
        assert done.code == 1, path
        assert "its content would change with its manifest" in done.err
    assert applied.reconciler(*words, "").code == 64
    assert applied.git("status", "--porcelain") == ""


def test_the_same_content_may_be_packaged_to_be_shareable(applied: Any) -> None:
    words = ("package", "hello-api", "--content", API)
    done = applied.reconciler(*words, "--version", "1.1.0")
    assert (done.code, done.out.splitlines()[0].endswith("not shareable.")) == (0, True)
    assert "hello-api 1.1.0 is not shareable: it can never be released in a pack" in done.err
    done = applied.reconciler(*words, "--version", "1.2.0", "--shareable")
    assert done.code == 0, done.err


def test_content_that_is_not_there_is_refused_and_nothing_is_written(applied: Any) -> None:
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable", "--content", "no.json")
    done = applied.reconciler(*words)
    assert done.code == 3
    assert "path-missing" in done.err
    assert not (applied.folder / "components/hello-api/1.1.0").exists()


def test_a_version_without_content_is_remarked_on_where_the_one_before_had_some(
    applied: Any,
) -> None:
    words = ("package", "hello-api", "--shareable", "--version")
    told = "hello-api 1.0.0 names its content, 1.1.0 none (--content PATH)"
    assert told in applied.reconciler(*words, "1.1.0").err
    assert applied.reconciler(*words, "1.2.0").err == ""


def test_a_version_is_packaged_on_a_branch_of_what_is_committed(applied: Any) -> None:
    applied.write("new.json", "{}\n")
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable", "--branch")
    assert applied.reconciler(*words, "--content", "new.json").code == 3
    done = applied.reconciler(*words)
    assert done.code == 0, done.err
    assert "Prepared branch package/hello-api-1.1.0, which adds components/hello" in done.out
    message = applied.git("log", "-1", "--format=%B", "package/hello-api-1.1.0").splitlines()
    assert message == ["Package hello-api 1.1.0", "", "It may be released in packs."]
    assert applied.git("status", "--porcelain") == "?? new.json"


def test_what_is_left_open_without_a_terminal_is_wrong_usage(applied: Any) -> None:
    for words, told in (((), "COMPONENT is missing"), (("hello-api",), "--version is missing")):
        done = applied.reconciler("package", *words)
        assert done.code == 64
        assert told in done.err
