"""The page `docs/settings.md`, made from the settings themselves: `python -m training.core.settings_page`."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bentos.analyst import settings as analyst
from bentos.core import settings as serving
from training.core.settings import TrainingSettings

GROUPS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("The model that is served", serving.ModelSettings),
    ("Where the server listens", serving.ServerSettings),
    ("Whether gRPC is spoken too", serving.GrpcSettings),
    ("Who may call", serving.AuthSettings),
    ("How often each key may call", serving.RateSettings),
    ("What is logged", serving.LogSettings),
    ("Where tables are kept", serving.DatabaseSettings),
    ("The analyst's language models and texts", analyst.AnalystSettings),
    ("The embedded language model", analyst.LlmSettings),
    ("Where prices and news come from", analyst.CollectSettings),
    ("Training and the command line", TrainingSettings),
)
_HEAD = (
    "# Settings\n\n"
    "Environment variables; a value that makes no sense ends the process with one sentence that names it.\n"
)


def render() -> str:
    """Return the page as Markdown."""
    return "".join([_HEAD, *(_section(title, group) for title, group in GROUPS)])


def _section(title: str, group: type[BaseSettings]) -> str:
    rows = "".join(_row(group, name, text) for name, text in _documented(group))
    return f"\n## {title}\n\n| variable | default | meaning |\n|---|---|---|\n{rows}"


def _row(group: type[BaseSettings], name: str, text: str) -> str:
    default = group.model_fields[name].default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    shown = f"`{default}`" if default not in ("", None) else "none"
    variable = f"{group.model_config['env_prefix']}{name.upper()}"
    return f"| `{variable}` | {shown} | {text} |\n"


def _documented(group: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yield each field with the docstring below it."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(group))).body[0]
    for field, below in pairwise(ast.iter_child_nodes(definition)):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.target.id, " ".join(_text(below).split())


def _text(statement: ast.AST) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return ""


if __name__ == "__main__":
    sys.stdout.write(render())
