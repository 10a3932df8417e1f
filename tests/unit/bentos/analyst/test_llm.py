import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bentos.analyst.llm import ask_once, find_weights, main, start_server
from bentos.analyst.settings import LlmSettings
from bentos.core.errors import SettingsError
from tests.support.logs import kept_logs


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with kept_logs():
        yield


@pytest.fixture(autouse=True)
def _environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "THREADS"):
        monkeypatch.setenv(f"EKIBEN_LLM_{name}", str(LlmSettings.model_fields[name.lower()].default))


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the last log line."""
    code = main(arguments)
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_embedded_weights_are_those_of_the_package() -> None:
    path = find_weights(LlmSettings())
    assert path.name == "SmolLM2-135M-Instruct.Q4_1.gguf"


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.gguf can't be read: No such file or directory\."):
        find_weights(LlmSettings(weights=tmp_path / "gone.gguf"))


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("no model at all")
    with pytest.raises(SettingsError, match=r"notes\.gguf is no model in llama\.cpp's format"):
        find_weights(LlmSettings(weights=tmp_path / "notes.gguf"))


def test_a_broken_model_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    with find_weights(LlmSettings()).open("rb") as whole:
        path.write_bytes(whole.read(100_000))
    with pytest.raises(SettingsError, match=r"llama\.cpp could not load .*half\.gguf"):
        start_server(LlmSettings(weights=path), tmp_path / "llama.sock")


def test_a_port_that_is_taken_is_exit_code_5(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, line = _run(capsys, "--port", str(port))
    assert code == 5
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()), "signals reach the process again"
    assert line["event"] == (
        f"EKIBEN_LLM_HOST, EKIBEN_LLM_PORT: can't listen on 127.0.0.1:{port} (Address already in use)."
    )


@pytest.mark.parametrize(("option", "value"), [("--threads", "0"), ("--port", "many")])
def test_an_argument_that_makes_no_sense_is_exit_code_5(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    code, line = _run(capsys, option, value)
    assert code == 5
    assert f"EKIBEN_LLM_{option[2:].upper()}: Input should be" in line["event"]


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "exit codes:" in capsys.readouterr().out


def test_the_model_writes_and_listens_where_only_this_user_gets(tmp_path: Path) -> None:
    server = start_server(LlmSettings(calls_at_once=1, context_tokens=256), tmp_path / "llama.sock")
    assert ask_once(server) == 4
    assert server.listening_address == f"unix://{tmp_path}/llama.sock"


def test_a_model_that_writes_nothing_is_no_model() -> None:
    class Mute:
        def handle_chat_completions(self, _question: object) -> dict[str, object]:
            return {"error": {"message": "no"}}

    with pytest.raises(SettingsError, match="writes nothing"):
        ask_once(Mute())
