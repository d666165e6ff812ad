"""Settings from the environment."""

from pathlib import Path

import pytest

from reconciler.settings import Settings, user_cache
from reconciler.wiring import open_world


def test_the_cache_follows_the_environment_and_never_lies_in_the_repository(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert user_cache() == Path("/somewhere/integration-pack-reconciler")
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert user_cache() == Path("/home/ada/.cache/integration-pack-reconciler")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert user_cache() == Path("/home/ada/.cache/integration-pack-reconciler")


def test_parsed_documents_have_a_folder_of_their_own_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    with open_world(Settings(), store="none") as world:
        documents = Path("/somewhere/integration-pack-reconciler/documents")
        assert world.cache_folder == documents
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/ada")
    with open_world(Settings(), store="none") as world:
        documents = Path("/home/ada/.cache/integration-pack-reconciler/documents")
        assert world.cache_folder == documents
