"""The registry is asked as little as it can be, and never believed for longer than it says so."""

from pathlib import Path

from tests.support.homes import add_champion, make_bench
from tests.support.tiny_pipeline import TinyPipeline
from training.core.registry import Registry
from training.rollout.champions import Champions


def test_champion_is_read_as_it_was_registered_and_asked_for_once(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    first = add_champion(bench, TinyPipeline(note="a"))
    asked: list[str] = []
    pin = bench.registry.pin

    def noted(model: str, version: str) -> object:
        asked.append(version)
        return pin(model, version)

    bench.registry.pin = noted  # type: ignore[method-assign, assignment]
    champions = Champions(lambda: bench.registry)
    found = champions.read(frozenset({"tiny", "unknown"}))
    assert (found["tiny"].uri, found["tiny"].digest) == (first.uri, first.digest)
    assert champions.read(frozenset({"tiny"})) == found
    assert asked == ["1"]
    second = add_champion(bench, TinyPipeline(note="b"))
    assert champions.read(frozenset({"tiny"}))["tiny"].digest == second.digest
    assert champions.read(frozenset()) == {}


def test_registry_is_opened_at_first_use(tmp_path: Path) -> None:
    opened: list[Registry] = []

    def open_registry() -> Registry:
        opened.append(make_bench(tmp_path).registry)
        return opened[-1]

    champions = Champions(open_registry)
    assert opened == []
    champions.read(frozenset())
    champions.read(frozenset())
    assert len(opened) == 1
