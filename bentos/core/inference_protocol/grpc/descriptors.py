"""Classes for messages of protocol buffers from a description in Python.

What is described are names, numbers and types, which are all that there is to the encoding
(https://protobuf.dev/programming-guides/encoding/). The classes live in a pool of their own: the one of the
process may hold somebody else's description of the same protocol.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

__all__ = ["DecodeError", "Member", "Message", "make_messages"]

Message = Any
"""An instance of a class that is made at run time."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "double": _FIELD.TYPE_DOUBLE,
    "float": _FIELD.TYPE_FLOAT,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
    "uint32": _FIELD.TYPE_UINT32,
    "uint64": _FIELD.TYPE_UINT64,
}


class Member(NamedTuple):
    """One field of a message: `kind` is a scalar's type or the whole name of a message. With `is_map` it is
    what strings are mapped to. Fields with the same `choice` exclude each other."""

    number: int
    name: str
    kind: str
    repeated: bool = False
    is_map: bool = False
    choice: str = ""


def make_messages(package: str, messages: Mapping[str, Sequence[Member]]) -> dict[str, type[Message]]:
    """Return the class of each message, by its name without the package. The name of one that belongs within
    another begins with the other's and a dot; the other comes first."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    described: dict[str, Message] = {}
    for name, members in messages.items():
        outer, _, own_name = name.rpartition(".")
        message = described[outer].nested_type.add() if outer else file.message_type.add()
        message.name = own_name
        described[name] = message
        for member in members:
            _add_member(message, f"{package}.{name}", package, member)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


def _add_member(message: Message, full_name: str, package: str, member: Member) -> None:
    field = message.field.add(name=member.name, number=member.number)
    field.label = _FIELD.LABEL_REPEATED if member.repeated or member.is_map else _FIELD.LABEL_OPTIONAL
    if member.is_map:
        entry = _add_entry(message, full_name, package, member)
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{full_name}.{entry}"
        return
    _set_type(field, package, member.kind)
    if member.choice:
        names = [choice.name for choice in message.oneof_decl]
        if member.choice not in names:
            message.oneof_decl.add(name=member.choice)
            names.append(member.choice)
        field.oneof_index = names.index(member.choice)


def _add_entry(message: Message, full_name: str, package: str, member: Member) -> str:
    """Describe one entry of a map, which is a message with a key and a value, and return its name."""
    entry = message.nested_type.add()
    entry.name = f"{''.join(part.capitalize() for part in member.name.split('_'))}Entry"
    entry.options.map_entry = True
    _add_member(entry, f"{full_name}.{entry.name}", package, Member(1, "key", "string"))
    _add_member(entry, f"{full_name}.{entry.name}", package, Member(2, "value", member.kind))
    return str(entry.name)


def _set_type(field: Message, package: str, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{package}.{kind}"
