"""msgspec types as pydantic sees them."""

from typing import Annotated, Any

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

from bentos.core.struct_schema import StructSchema, inlined_schema
from tests.support.tiny.api import Answer, Leaf, Leaves

ADAPTER: TypeAdapter[Any] = TypeAdapter(Annotated[Leaves, StructSchema()])
"""pydantic's view of a struct that holds others."""


def test_value_is_converted_as_msgspec_does() -> None:
    assert ADAPTER.validate_python({"leaves": [{"height": 1, "width": 2.5}]}) == Leaves([Leaf(1.0, 2.5)])
    ready = Leaves([Leaf(1.0, 2.0)])
    assert ADAPTER.validate_python(ready) == ready


@pytest.mark.parametrize("value", [{}, {"leaves": []}, {"leaves": [{"height": -1, "width": 1}]}, 3])
def test_what_msgspec_refuses_pydantic_refuses(value: Any) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(value)


def test_value_is_written_as_msgspec_does() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[Answer, StructSchema()])
    answer = Answer(oak=True, confidence=0.75, model_version="7")
    assert adapter.dump_python(answer) == msgspec.to_builtins(answer)
    assert adapter.dump_json(answer) == msgspec.json.encode(answer)


def test_schema_holds_all_that_it_refers_to() -> None:
    schema = ADAPTER.json_schema()
    assert "$ref" not in str(schema)
    item = schema["properties"]["leaves"]["items"]
    assert item["properties"]["height"]["maximum"] == 100
    assert item["additionalProperties"] is False
    assert inlined_schema(list[int]) == {"type": "array", "items": {"type": "integer"}}
