"""Every error of the training side belongs to the one tree, and the command line explains its exit code."""

from bentos.core.errors import EkibenError
from training.cli.app import EXIT_CODES
from training.core import errors


def leaves() -> list[type[EkibenError]]:
    return [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, EkibenError)
    ]


def test_docstring_draws_every_class() -> None:
    assert [leaf.__name__ for leaf in leaves() if leaf.__name__ not in (errors.__doc__ or "")] == []


def test_every_exit_code_is_explained() -> None:
    assert {leaf.exit_code for leaf in leaves()} <= set(EXIT_CODES)
