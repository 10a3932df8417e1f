"""All targets, with their shares of a run, and where they are: a process imports no more than it needs."""

from importlib import import_module

from tests.fuzz.target import Target

MODULES = {
    "battles": {"battle-body": 20, "battles-body": 15},
    "inferences": {"inference-json": 15, "inference-binary": 15},
    "messages": {"inference-message": 10},
    "tensors": {"tensor-json": 12, "tensor-binary": 10},
    "parameters": {"query": 8, "path": 3, "headers": 8},
    "exchanges": {"gateway": 12},
    "glances": {"glance": 10},
    "texts": {"headlines": 8, "addresses": 5, "feeds": 3},
    "answers": {"prices": 8, "schema-answer": 5, "providers": 2},
}
"""The slow ones, which call large libraries for each input, get fewest."""
SHARES = {name: share for targets in MODULES.values() for name, share in targets.items()}


def module_of(name: str) -> str:
    """Return the module of a target."""
    return next(f"tests.fuzz.{module}" for module, targets in MODULES.items() if name in targets)


def find_target(name: str) -> Target:
    """Return a target, whose module is imported."""
    targets: tuple[Target, ...] = import_module(module_of(name)).TARGETS
    return next(target for target in targets if target.name == name)
