"""The order of versions: SemVer 2.0 item 11 for releases, free text for components."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from reconciler.model.versions import component_key, is_semver, next_version, semver_key

ORDERED = (
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 "
    "1.0.0-rc.1 1.0.0 1.9.0 1.10.0 2.0.0"
)

NUMBER = st.integers(0, 10**12)
IDENTIFIER = st.one_of(NUMBER.map(str), st.from_regex(r"\A[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*\Z"))
PRERELEASE = st.lists(IDENTIFIER, max_size=3).map(
    lambda parts: "-" + ".".join(parts) if parts else ""
)
VERSION = st.builds(lambda a, b, c, p: f"{a}.{b}.{c}{p}", NUMBER, NUMBER, NUMBER, PRERELEASE)


def test_the_example_of_the_semver_document_is_in_order() -> None:
    versions = ORDERED.split()
    assert sorted(set(versions), key=semver_key) == versions


@given(VERSION, VERSION)
def test_keys_compare_as_the_semver_library_does(one: str, other: str) -> None:
    assert (semver_key(one) < semver_key(other)) == (Version.parse(one) < Version.parse(other))


@pytest.mark.parametrize(
    "text", ["1.0", "01.0.0", "1.0.0+build", "1.0.0-01", "v1.0.0", "1.0.0\n", "١.0.0"]
)
def test_what_is_no_semver_is_told_so(text: str) -> None:
    assert not is_semver(text)
    with pytest.raises(ValueError, match="SemVer"):
        semver_key(text)


def test_free_texts_compare_digit_runs_as_numbers() -> None:
    assert sorted(["r10", "r9", "r9b"], key=component_key) == ["r9", "r9b", "r10"]
    assert sorted(["1.10.0", "1.9.0", "2024-1"], key=component_key)[-1] == "1.10.0"


def test_the_next_version_is_the_next_patch_or_the_release_of_a_prerelease() -> None:
    assert next_version(None) == "1.0.0"
    assert next_version("1.4.9") == "1.4.10"
    assert next_version("2.0.0-rc.1") == "2.0.0"
