"""What a path, a query and headers say, in the types that handlers take."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from bentos.core.errors import MOST_ECHOED, FieldError, InvalidFields, UnknownResource
from bentos.core.field_errors import NAMELESS, parse_message


def read_path(values: Mapping[str, str], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the path's parameters in their types. Raises UnknownResource for one that is not of its type."""
    read: dict[str, Any] = {}
    for name, value in values.items():
        try:
            read[name] = convert_text(value, parameters.get(name, str))
        except msgspec.ValidationError as error:
            raise UnknownResource(f"{name} in the path is {value[:100]!r}: {error}.") from None
    return read


def read_headers(headers: Mapping[bytes, bytes], parameters: Mapping[str, str]) -> dict[str, str | None]:
    """Return the text of each wanted header by its keyword; None for one that was not sent."""
    sent = {keyword: headers.get(name.encode()) for name, keyword in parameters.items()}
    return {keyword: None if value is None else value.decode("latin-1") for keyword, value in sent.items()}


def read_query(query: bytes, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query's parameters in their types.

    Raises InvalidFields naming each that is not known, given twice, or not of its type.
    """
    if not query:
        return {}
    read: dict[str, Any] = {}
    errors = []
    for name, values in parse_qs(query.decode("latin-1"), keep_blank_values=True).items():
        error = _read_parameter(name, values, parameters, read)
        if error:
            errors.append(FieldError(name[:MOST_ECHOED] or NAMELESS, error))
    if errors:
        raise InvalidFields(errors)
    return read


def convert_text(text: str, kind: Any) -> Any:
    """Return what the text of a parameter says. A whole number is written in one way only, so that `1e3` and
    `-0` are none, as in JSON. Raises msgspec.ValidationError."""
    value = msgspec.convert(text, kind, strict=False)
    if type(value) is int and str(value) != text:
        raise msgspec.ValidationError("Expected `int`")
    return value


def _read_parameter(name: str, values: list[str], parameters: Mapping[str, Any], read: dict[str, Any]) -> str:
    if name not in parameters:
        return f"There is no such parameter; known are: {', '.join(parameters) or 'none'}"
    if len(values) > 1:
        return "This parameter is given more than once"
    try:
        read[name] = convert_text(values[0], parameters[name])
    except msgspec.ValidationError as error:
        return parse_message(str(error), "").message
    return ""
