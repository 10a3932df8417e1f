import pytest

from k8s.testcluster.commands import pipe, run, step, succeeds, wait_until
from k8s.testcluster.errors import CommandFailed, NotReady


def test_output_is_returned() -> None:
    assert run("cat", given="hello") == "hello"


def test_environment_is_added() -> None:
    assert run("sh", "-c", "echo $EXTRA", environment={"EXTRA": "1"}) == "1\n"


def test_failure_names_command_code_and_words() -> None:
    with pytest.raises(CommandFailed, match=r"`sh -c .*` ended with 3:\nno luck") as caught:
        run("sh", "-c", "echo no luck >&2; exit 3")
    assert caught.value.code == 3


def test_program_that_is_missing_does_not_succeed() -> None:
    assert not succeeds("no-such-program-anywhere")
    assert not succeeds("false")
    assert succeeds("true")


def test_pipe_carries_all_bytes() -> None:
    pipe(("head", "-c", "1000000", "/dev/zero"), ("sh", "-c", "test $(wc -c) = 1000000"), {})


@pytest.mark.parametrize(("source", "sink"), [("exit 4", "cat"), ("echo", "cat >/dev/null; exit 4")])
def test_pipe_fails_if_either_end_does(source: str, sink: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        pipe(("sh", "-c", source), ("sh", "-c", sink), {})
    assert caught.value.code == 4


def test_waiting_ends_when_the_condition_holds() -> None:
    answers = iter([False, False, True])
    wait_until(lambda: next(answers), "the third answer", 10)


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(NotReady, match=r"the moon: not after 0 s"):
        wait_until(lambda: False, "the moon", 0)


def test_step_says_what_was_done_and_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with step("first"):
        pass
    with pytest.raises(ValueError, match="x"), step("second"):
        raise ValueError("x")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith(" s  first")
    assert second.endswith(" s  failed: second")
