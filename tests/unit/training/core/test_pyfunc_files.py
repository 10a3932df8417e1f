"""The module that MLflow copies into each model without an engine runs without Ekiben on the path."""

import ast
from pathlib import Path

import training.core.session as beside

SOURCE = Path(beside.__file__).with_name("pyfunc_files.py")


def test_it_imports_nothing_of_the_project() -> None:
    tree = ast.parse(SOURCE.read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names}.isdisjoint({"bentos", "training", "tests"})
