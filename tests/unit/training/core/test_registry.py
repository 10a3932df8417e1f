"""The typed registry over a real one: versions, aliases, tags, and finding a version by what it was made
from."""

from pathlib import Path

import pytest

from bentos.core.package import Pin
from tests.support.homes import make_bench
from training.core import registry as registry_module
from training.core.errors import VersionNotFound
from training.core.registry import CHALLENGER, CHAMPION, ModelVersion, Registry, Tag


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return make_bench(tmp_path).registry


def add(registry: Registry, inputs: str, model: str = "tiny") -> ModelVersion:
    tags = {Tag.INPUTS: inputs, Tag.DIGEST: f"sha256:{inputs}", Tag.URI: f"/packages/{inputs}"}
    return registry.register(model, f"/somewhere/{inputs}", "", tags, "made by a test")


def test_model_that_was_never_trained_has_nothing(registry: Registry) -> None:
    assert registry.models() == []
    assert registry.versions("tiny") == []
    assert registry.aliases("tiny") == {}
    assert registry.with_alias("tiny", CHAMPION) is None
    assert registry.find_by_inputs("tiny", "a") is None


def test_registered_version_is_pending_and_keeps_its_tags(registry: Registry) -> None:
    version = add(registry, "a")
    assert (version.version, version.gate, version.quarantined) == ("1", "pending", False)
    assert (version.digest, version.uri) == ("sha256:a", "/packages/a")
    assert version.created_at.endswith("+00:00")
    assert version.verdict is None


@pytest.mark.parametrize("page_size", [1000, 5])
def test_versions_come_newest_first_and_only_of_the_model(
    registry: Registry, page_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "PAGE_SIZE", page_size)
    for number in range(12):
        add(registry, str(number))
    add(registry, "x", model="other")
    assert [version.version for version in registry.versions("tiny")][:3] == ["12", "11", "10"]
    assert len(registry.versions("tiny")) == 12
    assert registry.models() == ["other", "tiny"]


def test_alias_moves_and_is_seen_on_the_version(registry: Registry) -> None:
    add(registry, "a")
    add(registry, "b")
    registry.set_alias("tiny", CHAMPION, "1")
    registry.set_alias("tiny", CHALLENGER, "2")
    registry.set_alias("tiny", CHAMPION, "2")
    assert registry.aliases("tiny") == {CHAMPION: "2", CHALLENGER: "2"}
    champion = registry.with_alias("tiny", CHAMPION)
    assert champion is not None
    assert champion.aliases == (CHALLENGER, CHAMPION)
    assert registry.version("tiny", "1").aliases == ()


def test_dropped_alias_is_gone_and_dropping_it_again_is_no_error(registry: Registry) -> None:
    add(registry, "a")
    registry.set_alias("tiny", CHALLENGER, "1")
    registry.drop_alias("tiny", CHALLENGER)
    registry.drop_alias("tiny", CHALLENGER)
    assert registry.aliases("tiny") == {}


def test_version_is_found_by_its_inputs_the_newest_first(registry: Registry) -> None:
    for inputs in ("a", "b", "a"):
        add(registry, inputs)
    found = registry.find_by_inputs("tiny", "a")
    assert found is not None
    assert found.version == "3"
    assert registry.find_by_inputs("tiny", "c") is None


def test_tags_become_fields(registry: Registry) -> None:
    add(registry, "a")
    tags = {Tag.GATE: "refused", Tag.QUARANTINED: "now", Tag.PREVIOUS: "7", Tag.FORCED: "a demo"}
    registry.tag("tiny", "1", tags)
    version = registry.version("tiny", "1")
    assert (version.gate, version.quarantined) == ("refused", True)
    assert (version.previous_champion, version.forced_because) == ("7", "a demo")


@pytest.mark.parametrize("version", ["9", "nine", "-1", "", "1' OR '1'='1"])
def test_missing_version_is_named(registry: Registry, version: str) -> None:
    add(registry, "a")
    with pytest.raises(VersionNotFound, match="tiny has no version"):
        registry.version("tiny", version)


def test_alias_tag_and_deletion_need_the_version(registry: Registry) -> None:
    add(registry, "a")
    with pytest.raises(VersionNotFound):
        registry.set_alias("tiny", CHAMPION, "9")
    with pytest.raises(VersionNotFound):
        registry.tag("tiny", "9", {"a": "b"})
    with pytest.raises(VersionNotFound):
        registry.delete("tiny", "9")


def test_deleted_version_is_gone(registry: Registry) -> None:
    add(registry, "a")
    add(registry, "b")
    registry.delete("tiny", "1")
    assert [version.version for version in registry.versions("tiny")] == ["2"]
    assert registry.find_by_inputs("tiny", "a") is None


def test_champions_of_all_models_come_page_by_page(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "PAGE_SIZE", 1)
    for model in ("one", "two", "three"):
        registry.register(model, "/x", "", {}, "made by a test")
    registry.set_alias("one", CHAMPION, "1")
    registry.set_alias("three", CHAMPION, "1")
    found = registry.champions()
    assert sorted((crown.model, crown.version) for crown in found) == [("one", "1"), ("three", "1")]
    assert all(crown.registered_at > 1_600_000_000_000 for crown in found)


def test_pin_is_what_was_registered(registry: Registry) -> None:
    registry.register("tiny", "/x", "", {Tag.URI: "/store/x", Tag.DIGEST: "sha256:0"}, "")
    assert registry.pin("tiny", "1") == Pin(uri="/store/x", version="1", digest="sha256:0")
    with pytest.raises(VersionNotFound):
        registry.pin("tiny", "2")


def test_data_are_known_once_a_version_was_trained_with_them(registry: Registry) -> None:
    assert not registry.knows_data("tiny", "abc")
    registry.register("tiny", "/x", "", {Tag.DATA: "abc"}, "")
    assert registry.knows_data("tiny", "abc")
    assert not registry.knows_data("tiny", "abcd")
