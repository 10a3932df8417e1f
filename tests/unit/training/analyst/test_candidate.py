"""A package of prompts loads in the service, tests itself, and is the same each time."""

import asyncio

import msgspec
import pytest

from bentos.analyst.selftest import SelfTest, run_self_test
from bentos.core.errors import SelfTestFailed
from tests.support.judged_prompts import SAMPLE_WINDOWS, current_prompts
from tests.unit.training.analyst.test_evaluation import tell_the_truth
from training.analyst.candidate import make_candidate, make_files
from training.analyst.data import first_windows, load_windows
from training.analyst.evaluation import evaluate
from training.analyst.prompt_files import MADE, read_prompts


def test_files_are_the_prompts_with_contract_and_self_test() -> None:
    prompts = read_prompts("v1")
    files = make_files(prompts, load_windows())
    assert set(files) - set(prompts) == MADE - {"metrics.json"}
    assert make_files(prompts, load_windows()) == files


def test_self_test_holds_good_and_refused_texts_and_notices_other_prompts() -> None:
    prompts = read_prompts("v1")
    content = make_files(prompts, load_windows())["selftest.json"]
    run_self_test(content, current_prompts())
    cases = msgspec.json.decode(content, type=SelfTest).cases
    assert {case.language for case in cases} == {"en", "fr"}
    assert sum(not case.failed_checks for case in cases) == len(cases) / 2
    from bentos.analyst.prompts import PromptSet

    changed = PromptSet({**prompts, "user.fr.txt": prompts["user.fr.txt"] + b" Vite."})
    with pytest.raises(SelfTestFailed):
        run_self_test(content, changed)


def test_candidate_carries_its_evaluation() -> None:
    windows = first_windows(SAMPLE_WINDOWS)
    report = asyncio.run(evaluate(tell_the_truth, current_prompts(), windows, 2, lambda sentence: None))
    files = make_files(read_prompts("v1"), load_windows())
    candidate = make_candidate(files, report)
    assert candidate.metrics["first_try"] == 1.0
    assert msgspec.json.decode(candidate.files["metrics.json"])["texts"] == 2.0 * SAMPLE_WINDOWS
    assert len(candidate.report["asked"]) == 2 * SAMPLE_WINDOWS
    assert candidate.tracked_as == "files"
    assert list(candidate.input_example["file"]) == sorted(read_prompts("v1"))
