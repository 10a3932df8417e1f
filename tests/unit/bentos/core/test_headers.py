"""The heads that answers start with."""

from bentos.core.headers import JSON, ResponseHeads, encode_headers, security_headers


def test_headers_are_encoded_line_by_line() -> None:
    assert encode_headers([(b"a", b"1"), (b"b", b"")]) == b"a: 1\r\nb: \r\n"
    assert encode_headers([]) == b""


def test_head_has_its_content_type_and_the_security_headers() -> None:
    head = ResponseHeads().make(JSON)
    assert head == [(b"content-type", b"application/json"), *security_headers()]
    assert head.encoded == encode_headers(head)
    assert not head.closes


def test_all_heads_end_their_connections_once_they_are_told_to() -> None:
    heads = ResponseHeads()
    made = [heads.make(JSON), heads.make(None, ())]
    heads.close_connections()
    assert made[1] == [(b"connection", b"close")]
    for head in made:
        assert head.closes
        assert head.encoded.endswith(b"connection: close\r\n")
        assert head.encoded == encode_headers(head)
