"""The command line says which steps are measured."""

import pytest

from k8s.scale.__main__ import main, parser, steps_of


@pytest.mark.parametrize(
    ("wanted", "services", "steps"),
    [
        ([100, 250, 500, 1000], 1000, [100, 250, 500, 1000]),
        ([100, 250, 500, 1000], 20, [20]),
        ([500, 100, 100], 300, [100, 300]),
    ],
)
def test_last_step_is_the_number_of_services(wanted: list[int], services: int, steps: list[int]) -> None:
    assert steps_of(wanted, services) == steps


def test_a_thousand_services_with_five_pods_each_are_the_default() -> None:
    options = parser().parse_args([])
    assert (options.services, options.replicas) == (1000, 5)


def test_steps_that_are_no_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--steps", "ten"])
    assert "--steps" in capsys.readouterr().err
