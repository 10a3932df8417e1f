"""The command line as a whole: help, exit codes, one sentence instead of a traceback."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.support.commands import CommandLine
from training.cli.app import EXIT_CODES, EkibenGroup, app
from training.core.errors import NoChampion

COMMANDS = ("up", "doctor", "train", "models", "gate", "promote", "rollback", "serve", "predict", "build")
ROOT = Path(__file__).parents[4]


@pytest.fixture
def ekiben(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch)


def failing(error: BaseException) -> typer.Typer:
    """Return a command line whose only command raises `error`."""
    broken = typer.Typer(cls=EkibenGroup)
    broken.callback()(lambda: None)

    @broken.command()
    def fail() -> None:
        raise error

    return broken


def test_help_lists_every_command_and_explains_every_exit_code(ekiben: CommandLine) -> None:
    result = ekiben.run("--help")
    assert result.exit_code == 0
    assert [command for command in COMMANDS if f" {command} " not in result.stdout] == []
    assert [code for code in EXIT_CODES if f"• {code}: " not in result.stdout] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(ekiben: CommandLine, command: str) -> None:
    result = ekiben.run(command, "--help")
    assert result.exit_code == 0
    assert f"ekiben {command}" in result.stdout.split("Examples:")[1]


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["train"], ["models", "--output", "yaml"], ["promote", "tiny", "--fast"]]
)
def test_wrong_usage_ends_with_2(ekiben: CommandLine, arguments: list[str]) -> None:
    result = ekiben.run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["train", "promote", "rollback", "gate", "models", "predict"])
def test_unknown_model_ends_with_4_and_one_sentence(ekiben: CommandLine, command: str) -> None:
    result = ekiben.run(command, "nothing", *(["{}"] if command == "predict" else []))
    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr == (
        "ekiben: No model is called 'nothing': there is no training/nothing/pipeline.py.\n"
    )


def test_nonsense_in_the_environment_ends_with_5(
    ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_PROMOTION", "perhaps")
    result = ekiben.run("models")
    assert result.exit_code == 5
    assert "EKIBEN_PROMOTION" in result.stderr


def test_error_of_the_tree_ends_with_its_exit_code() -> None:
    result = CliRunner().invoke(failing(NoChampion("battle")), ["fail"])
    assert result.exit_code == NoChampion.exit_code
    assert result.stderr == "ekiben: battle has no champion yet. Train one: ekiben train battle\n"


def test_unexpected_error_is_one_line_unless_debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(failing(KeyError("odds")), ["fail"])
    assert result.exit_code == 1
    assert result.stderr == "ekiben: unexpected: KeyError: 'odds' (EKIBEN_DEBUG=1 shows where)\n"
    monkeypatch.setenv("EKIBEN_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(failing(KeyError("odds")), ["fail"]).stderr


def test_interruption_ends_with_130() -> None:
    assert CliRunner().invoke(failing(KeyboardInterrupt()), ["fail"]).exit_code == 130


def test_help_needs_neither_mlflow_nor_pandas() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from training.cli.app import app;"
        "CliRunner().invoke(app, ['--help']); heavy = ('mlflow', 'pandas', 'sklearn', 'xgboost', 'bentoml');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_colour_is_off_where_no_color_says_so(ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = ("\x1b[3", "\x1b[9")
    assert not any(code in ekiben.run("--help").stdout for code in coloured)


def test_reader_that_goes_away_is_told_nothing() -> None:
    result = CliRunner().invoke(failing(BrokenPipeError(errno.EPIPE, "gone")), ["fail"])
    assert result.stderr == ""


def test_version_is_that_of_the_project() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == "ekiben 0.1.0\n"


@pytest.mark.parametrize(
    "command", [["models"], ["train", "tiny"], ["promote", "tiny"], ["up", "--no-mlflow"]]
)
@pytest.mark.parametrize("home", ["/proc/nope", "/dev/null/nope", "/" + "a" * 5000])
def test_home_that_cannot_be_made_ends_with_5(
    ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch, command: list[str], home: str
) -> None:
    monkeypatch.setenv("EKIBEN_HOME", home)
    result = ekiben.run(*command)
    assert result.exit_code == 5
    assert "EKIBEN_HOME" in result.stderr


@pytest.mark.parametrize("option", ["--port", "--mlflow-port"])
@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_port_that_is_none_is_wrong_usage(ekiben: CommandLine, option: str, port: str) -> None:
    result = ekiben.run("up", option, port)
    assert result.exit_code == 2
    assert option in result.stderr
