"""Name every bad field of a request, where the decoder names the first."""

from collections.abc import Iterator
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from bentos.core.errors import MOST_ECHOED, MOST_NAMED, FieldError

WHOLE_BODY = "body"
"""What stands for the field where the body as a whole is wrong."""

NAMELESS = '""'
"""What stands for a field of the body whose name is empty."""


def field_errors(value: Any, expected: Any, otherwise: str = "") -> tuple[FieldError, ...]:
    """Return what is wrong with `value`, decoded from JSON, as a thing of type `expected`.

    Structs and lists are looked through item by item; what is inside them is judged by msgspec, as it is when
    a body is decoded. `otherwise` is the decoder's own message, in case nothing is found here.
    """
    found = tuple(islice(_walk(value, expected, ""), MOST_NAMED))
    return found or (parse_message(otherwise, ""),)


def parse_message(message: str, path: str) -> FieldError:
    """Return the field and the reason in a message of msgspec's, such as "Expected `int` >= 1 - at
    `$.a[3]`"."""
    reason, _, place = message.partition(" - at `$")
    inner = place.removesuffix("`")
    return FieldError(f"{path}{inner}".removeprefix(".") or WHOLE_BODY, reason)


def _walk(value: Any, expected: Any, path: str) -> Iterator[FieldError]:
    base, metas = _unwrap(expected, value)
    if base is msgspec.Raw:
        # Whatever it is, it is read later.
        return
    if isinstance(base, type) and issubclass(base, msgspec.Struct) and isinstance(value, dict):
        yield from _walk_struct(value, base, path)
    elif get_origin(base) is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, get_args(base)[0], f"{path}[{index}]")
        yield from _convert(value, Annotated[(list[Any], *metas)] if metas else list[Any], path)
    else:
        yield from _convert(value, expected, path)


def _walk_struct(value: dict[str, Any], expected: type[msgspec.Struct], path: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(expected)}
    sound = True
    for error in _walk_fields(value, fields, expected, f"{path}." if path else ""):
        sound = False
        yield error
    if sound:
        yield from _convert(value, expected, path)


def _walk_fields(
    value: dict[str, Any],
    fields: dict[str, msgspec.structs.FieldInfo],
    expected: type[msgspec.Struct],
    prefix: str,
) -> Iterator[FieldError]:
    for name, field in fields.items():
        if name in value:
            yield from _walk(value[name], field.type, f"{prefix}{name}")
        elif field.required:
            yield FieldError(f"{prefix}{name}", "This field is required")
    if expected.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                # A nameless field would be an empty path.
                path = f"{prefix}{name[:MOST_ECHOED]}" or NAMELESS
                yield FieldError(path, f"There is no such field; known are: {', '.join(fields)}")


def _convert(value: Any, expected: Any, path: str) -> Iterator[FieldError]:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        yield parse_message(str(error), path)


def _unwrap(expected: Any, value: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the type without `Annotated`, and without `| None` where a value is given; and the
    annotations."""
    if get_origin(expected) is Annotated:
        base, *metas = get_args(expected)
        return base, tuple(metas)
    if get_origin(expected) in (Union, UnionType) and value is not None:
        others = [one for one in get_args(expected) if one is not NoneType]
        if len(others) == 1:
            return _unwrap(others[0], value)
    return expected, ()
