"""The embedded model as a process: a failure to start is an error, and nothing is left running."""

import os
from pathlib import Path

import psutil
import pytest

from training.analyst.embedded import embedded_model, free_port, llm_address, llm_service
from training.core.errors import ServiceFailed


def started() -> set[int]:
    return {child.pid for child in psutil.Process(os.getpid()).children()}


def test_model_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = started()
    monkeypatch.setenv("EKIBEN_LLM_WEIGHTS", str(tmp_path / "no.gguf"))
    with pytest.raises(ServiceFailed, match=r"no\.gguf"), embedded_model():
        pass
    assert started() <= before


def test_process_listens_on_loopback_and_is_asked_there(tmp_path: Path) -> None:
    port = free_port()
    service = llm_service(port, tmp_path / "llm.log")
    assert service.command[1:] == ("-m", "bentos.analyst.llm", "--host", "127.0.0.1", "--port", str(port))
    assert service.ready_url == f"http://127.0.0.1:{port}/health"
    assert llm_address(port) == f"http://127.0.0.1:{port}/v1"
