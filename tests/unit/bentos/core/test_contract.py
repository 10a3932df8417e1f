"""A contract is data with one spelling."""

import msgspec

from bentos.core.contract import Contract
from tests.support.tiny.definition import CONTRACT


def test_contract_survives_its_file() -> None:
    assert msgspec.json.decode(CONTRACT.encode(), type=Contract) == CONTRACT


def test_digest_changes_with_any_part_and_with_nothing_else() -> None:
    defaults = msgspec.structs.replace(CONTRACT, defaults={"b": ("1",), "a": ("2",)})
    reordered = msgspec.structs.replace(CONTRACT, defaults={"a": ("2",), "b": ("1",)})
    assert defaults.digest() == reordered.digest() != CONTRACT.digest()
    renamed = msgspec.structs.replace(CONTRACT.inputs[0], unit="m")
    assert (
        msgspec.structs.replace(CONTRACT, inputs=(renamed, *CONTRACT.inputs[1:])).digest()
        != CONTRACT.digest()
    )
