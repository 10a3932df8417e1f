"""What counts as a prompt, and what was added to it."""

import pytest

from bentos.core.errors import SettingsError
from training.analyst.prompt_files import digest_prompts, prompt_files, read_prompts


def test_every_file_of_the_folder_is_read() -> None:
    files = read_prompts("v1")
    assert {"prompt.json", "system.en.txt", "system.fr.txt", "grammar.en.gbnf"} <= set(files)
    assert prompt_files(files) == files


def test_files_that_are_made_do_not_change_the_digest_and_others_do() -> None:
    files = read_prompts("v1")
    made = {"contract.json": b"{}", "selftest.json": b"{}", "metrics.json": b"{}"}
    assert digest_prompts({**files, **made}) == digest_prompts(files)
    assert digest_prompts({**files, "system.en.txt": b"Other."}) != digest_prompts(files)


def test_missing_version_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="'v0'"):
        read_prompts("v0")
