"""A prompt set as a loaded model."""

import msgspec
import pytest

from bentos.analyst.predictor import load_predictor
from bentos.core.errors import ContractMismatch, NotReady, SelfTestFailed
from bentos.core.package import CONTRACT_NAME
from tests.support.tiny_analyst import PROMPT_VERSION, tiny_analyst_predictor, tiny_files
from tests.support.tiny_battle import unsigned_package


def test_package_is_loaded_and_proves_itself() -> None:
    predictor = load_predictor(unsigned_package(tiny_files()), threads=1)
    assert predictor.prompts.version == PROMPT_VERSION
    predictor.self_test()


def test_package_of_another_contract_is_refused() -> None:
    files = {**tiny_files(), CONTRACT_NAME: b"{}"}
    with pytest.raises(ContractMismatch):
        load_predictor(unsigned_package(files), threads=1)


@pytest.mark.parametrize("name", ["prompt.json", "user.fr.txt", "selftest.json"])
def test_missing_file_is_named(name: str) -> None:
    files = {other: content for other, content in tiny_files().items() if other != name}
    with pytest.raises(KeyError, match=name):
        load_predictor(unsigned_package(files), threads=1)


def test_changed_prompts_fail_the_self_test() -> None:
    files = {**tiny_files(), "system.fr.txt": b"Autre chose."}
    with pytest.raises(SelfTestFailed):
        load_predictor(unsigned_package(files), threads=1).self_test()


def test_broken_self_test_is_an_error() -> None:
    files = {**tiny_files(), "selftest.json": b"{"}
    with pytest.raises(msgspec.DecodeError):
        load_predictor(unsigned_package(files), threads=1).self_test()


def test_nobody_answers_before_the_service_is_open() -> None:
    with pytest.raises(NotReady):
        _ = tiny_analyst_predictor().analyst
