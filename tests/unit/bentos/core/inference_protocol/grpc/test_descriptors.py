"""Messages are made as they are described, and have the encoding that protocol buffers give them."""

import pytest

from bentos.core.inference_protocol.grpc.descriptors import DecodeError, Member, make_messages

MADE = make_messages(
    "box",
    {
        "Inner": (Member(1, "name", "string"),),
        "Outer": (
            Member(1, "count", "int64"),
            Member(2, "inner", "Inner"),
            Member(3, "several", "Outer.Nested", repeated=True),
            Member(4, "named", "Inner", is_map=True),
            Member(5, "one_way", "bool", choice="way"),
            Member(6, "other_way", "double", choice="way"),
        ),
        "Outer.Nested": (Member(1, "numbers", "int32", repeated=True),),
    },
)


@pytest.mark.parametrize(
    ("members", "encoded"),
    [
        ({"count": 150}, b"\x08\x96\x01"),
        ({"inner": {"name": "oak"}}, b"\x12\x05\x0a\x03oak"),
        ({"several": [{"numbers": [1, 2]}, {}]}, b"\x1a\x04\x0a\x02\x01\x02\x1a\x00"),
        ({"named": {"a": {"name": "b"}}}, b"\x22\x08\x0a\x01a\x12\x03\x0a\x01b"),
        ({"one_way": False}, b"\x28\x00"),
    ],
)
def test_message_has_the_specified_encoding(members: dict[str, object], encoded: bytes) -> None:
    message = MADE["Outer"](**members)
    assert message.SerializeToString() == encoded
    assert MADE["Outer"].FromString(encoded) == message


def test_of_a_choice_only_the_last_remains() -> None:
    message = MADE["Outer"](one_way=True)
    message.other_way = 2.5
    assert (message.WhichOneof("way"), message.one_way) == ("other_way", False)


def test_bytes_that_are_no_message_are_refused() -> None:
    with pytest.raises(DecodeError):
        MADE["Outer"].FromString(b"\xff")


def test_same_package_can_be_described_twice() -> None:
    again = make_messages("box", {"Inner": (Member(7, "name", "bytes"),)})
    assert again["Inner"](name=b"x").SerializeToString() == b"\x3a\x01x"
