"""Let pydantic, which BentoML asks, take a msgspec type as it is."""

from typing import Any

import msgspec
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


class StructSchema:
    """An annotation that leaves validation, encoding and the JSON schema of a type to msgspec."""

    def __get_pydantic_core_schema__(self, source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: _convert(value, source),
            metadata={"ekiben_type": source},
            serialization=core_schema.plain_serializer_function_ser_schema(msgspec.to_builtins),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return inlined_schema(schema["metadata"]["ekiben_type"])


def inlined_schema(source: Any) -> dict[str, Any]:
    """Return the JSON schema of a type that does not hold itself, with nothing left to look up."""
    (schema,), components = msgspec.json.schema_components([source], ref_template="{name}")
    inlined: dict[str, Any] = _inline(schema, components)
    return inlined


def _inline(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(components[node["$ref"]], components)
    return {name: _inline(value, components) for name, value in node.items()}


def _convert(value: Any, source: Any) -> Any:
    try:
        return msgspec.convert(value, source)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
