"""The rules that every file keeps, as far as a machine can see them."""

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE_FOLDERS = ("bentos", "training", "loadtests", "k8s")
LOCKS = re.compile(r"(^|/)(uv\.lock|[\w-]+-lock\.json|go\.sum)$")
LONGEST_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10
LONGEST_FILE_LINES = 300

# Written in pieces, so that this file keeps its own rules.
LEFT_BEHIND = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImplemented" + r"Error|# no" + r"qa\b"
    r"|# type: ign" + r"ore(?!\[)|mark\.(sk" + r"ip|xf" + r"ail)"
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home/\w+|Users/\w+)/[\w.-]+")
REGISTRY_HOST = re.compile(
    r"\b(py" + r"pi\.org|pythonhosted" + r"\.org|registry\.npm" + r"js|proxy\.gol" + r"ang|crates" + r"\.io"
    r"|repo1?\.mav" + r"en|deb\.deb" + r"ian)"
)


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


FILES = _files()
PYTHON = [name for name in FILES if name.endswith(".py")]
CODE = [name for name in PYTHON if name.startswith(CODE_FOLDERS)]
TESTS = [name for name in PYTHON if re.match(r"tests/unit/.+/test_\w+\.py$", name)]


def _functions(name: str) -> Iterator[tuple[str, int]]:
    """Yield `file:line name` and the length in lines of every function in the file."""
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in FILES:
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        if not LOCKS.search(name):
            numbered = enumerate(text.splitlines(), start=1)
            found += [
                f"{name}:{number}: {line.strip()[:120]}" for number, line in numbered if pattern.search(line)
            ]
    return found


def test_no_function_is_long() -> None:
    lengths = [entry for name in PYTHON for entry in _functions(name)]
    assert [entry for entry in lengths if entry[1] > LONGEST_FUNCTION_LINES] == []


def test_most_functions_are_short() -> None:
    lengths = [length for name in CODE for _, length in _functions(name)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES


def test_no_file_is_long() -> None:
    sources = [name for name in FILES if name.endswith((".py", ".js", ".sh")) or name == "Makefile"]
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in sources}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE_LINES} == {}


def test_nothing_is_left_behind_or_silenced() -> None:
    assert _lines_with(LEFT_BEHIND) == []


def test_no_machine_path_and_no_registry_host_is_named() -> None:
    assert _lines_with(MACHINE_PATH) == []
    assert _lines_with(REGISTRY_HOST) == []


@pytest.mark.parametrize(
    "text", ["/wo" + "rk/x", "cd /ro" + "ot/.cache", "/ho" + "me/ann/x", "https://py" + "pi.org/"]
)
def test_machine_paths_and_registry_hosts_are_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text) or REGISTRY_HOST.search(text)


def test_every_module_says_what_it_is_for() -> None:
    modules = [name for name in PYTHON if name not in TESTS]
    assert [name for name in modules if not ast.get_docstring(ast.parse((ROOT / name).read_text()))] == []


def test_every_test_module_mirrors_code() -> None:
    def mirrored(test: str) -> list[Path]:
        path = Path(test).relative_to("tests/unit")
        name = path.stem.removeprefix("test_")
        return [
            ROOT / path.with_name(f"{name}.py"),
            ROOT / path.with_name(name),
            ROOT / path.with_name(f"__{name}__.py"),
        ]

    assert [test for test in TESTS if not any(path.exists() for path in mirrored(test))] == []


def _declared(group: str) -> set[str]:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return {re.split(r"[\[<>=~! ]", entry)[0] for entry in groups[group] if isinstance(entry, str)}


@pytest.mark.parametrize(
    "group", ["serve", "grpc", "battle", "analyst", "llm", "train", "load", "mlflow", "s3", "dev"]
)
def test_every_dependency_is_justified_and_its_licence_named(group: str) -> None:
    section = (ROOT / "docs/dependencies.md").read_text().split(f"## {group}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.-]+)` \| (.+) \| (.+) \|$", section, flags=re.MULTILINE)
    assert {name for name, reason, licence in rows if reason.strip() and licence.strip()} == _declared(group)


def test_architecture_links_to_the_dependencies() -> None:
    assert "(dependencies.md)" in (ROOT / "docs/architecture.md").read_text()
