"""The server listens, answers through the gateway, and stops without losing calls."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import numpy as np
import pytest

from bentos.core.admission import Admission
from bentos.core.errors import SettingsError
from bentos.core.gateway import Gateway
from bentos.core.inference_protocol.grpc.messages import SERVICE, ModelInferResponse
from bentos.core.inference_protocol.grpc.server import (
    CONNECTION_SECONDS,
    MOST_MESSAGE_BYTES,
    GrpcServer,
    connection_seconds,
    serve_grpc,
)
from bentos.core.inference_protocol.tensor_model import Tensors
from bentos.core.model import LoadedModel
from bentos.core.settings import ServerSettings
from tests.support.grpc_calls import INFER, infer_message, leaves
from tests.support.in_loop import in_loop
from tests.support.serving import free_port
from tests.support.tiny.tensors import DEFINITION, MOST_LEAVES

LIVE = f"/{SERVICE}/ServerLive"


async def ask_for_ever(channel: grpc.aio.Channel) -> None:
    while True:
        await channel.unary_unary(LIVE)(b"")


@asynccontextmanager
async def listening(
    gateway: Gateway, model: LoadedModel | None = None, admission: Admission | None = None
) -> AsyncIterator[tuple[GrpcServer, grpc.aio.Channel]]:
    port = free_port()
    server = await serve_grpc(DEFINITION, gateway, admission or Admission(), ServerSettings(), port)
    if model is not None:
        server.open(model)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield server, channel
    await server.stop()


@in_loop
async def test_calls_are_answered(speaking: Gateway, speaking_model: LoadedModel) -> None:
    admission = Admission()
    async with listening(speaking, speaking_model, admission) as (_, channel):
        for count in (1, MOST_LEAVES):
            body = infer_message(leaves(count), raw=True).SerializeToString()
            answer = ModelInferResponse.FromString(await channel.unary_unary(INFER)(body))
            assert np.frombuffer(answer.raw_output_contents[0], "<f4").size == count
    assert admission.count_answers() == 2


@in_loop
async def test_call_before_the_model_is_loaded_is_told_so() -> None:
    starting = Gateway(DEFINITION)
    async with listening(starting) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await channel.unary_unary(INFER)(b"")
    starting.close()
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "being fetched" in str(error.value.details())


@pytest.mark.parametrize("size", [70_000, MOST_MESSAGE_BYTES + 1])
@in_loop
async def test_too_large_a_message_is_refused(
    speaking: Gateway, speaking_model: LoadedModel, size: int
) -> None:
    async with listening(speaking, speaking_model) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await channel.unary_unary(INFER)(bytes(size))
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@in_loop
async def test_compressed_message_is_not_read(speaking: Gateway, speaking_model: LoadedModel) -> None:
    body = infer_message(leaves(500), raw=True).SerializeToString()
    async with listening(speaking, speaking_model) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await channel.unary_unary(INFER)(body, compression=grpc.Compression.Gzip)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


@in_loop
async def test_call_under_way_is_answered_after_the_end_is_announced(
    speaking: Gateway, speaking_model: LoadedModel
) -> None:
    entered, leave = threading.Event(), threading.Event()
    assert speaking_model.tensors is not None
    infer = speaking_model.tensors.infer

    def slowly(inputs: Tensors) -> Tensors:
        entered.set()
        assert leave.wait(60)
        return infer(inputs)

    slow = replace(speaking_model, tensors=replace(speaking_model.tensors, infer=slowly))
    async with listening(speaking, slow) as (server, channel):
        call = channel.unary_unary(INFER)(infer_message(leaves(100), raw=True).SerializeToString())
        await asyncio.to_thread(entered.wait)
        stopping = asyncio.ensure_future(server.stop())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await ask_for_ever(channel)
        assert error.value.code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
        assert not stopping.done()
        leave.set()
        assert ModelInferResponse.FromString(await call).model_name == "tiny"
        await stopping


@in_loop
async def test_taken_port_is_refused(speaking: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Can't listen on 127.0.0.1 port {port} for gRPC"):
            await serve_grpc(DEFINITION, speaking, Admission(), ServerSettings(), port)


@in_loop
async def test_same_port_is_not_shared_with_another_server(speaking: Gateway) -> None:
    port = free_port()
    first = await serve_grpc(DEFINITION, speaking, Admission(), ServerSettings(host="::1"), port)
    with pytest.raises(SettingsError):
        await serve_grpc(DEFINITION, speaking, Admission(), ServerSettings(host="::1"), port)
    await first.stop()


@pytest.mark.parametrize(
    ("linger_seconds", "expected"), [(0, CONNECTION_SECONDS), (0.5, 1), (5, 2.5), (7200, CONNECTION_SECONDS)]
)
def test_connections_are_renewed_while_the_process_lingers(linger_seconds: float, expected: float) -> None:
    assert connection_seconds(linger_seconds) == expected


@in_loop
async def test_renewed_connections_lose_no_call(speaking: Gateway, speaking_model: LoadedModel) -> None:
    port = free_port()
    settings = ServerSettings(linger_seconds=1)
    server = await serve_grpc(DEFINITION, speaking, Admission(), settings, port)
    server.open(speaking_model)
    body = infer_message(leaves(), raw=True).SerializeToString()
    peers: set[str] = set()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        infer = channel.unary_unary(INFER)
        while len(peers) < 3:
            calls = [infer(body) for _ in range(8)]
            assert all([await call for call in calls])
            peers.update(_open_connections(port))
    await server.stop()


def _open_connections(port: int) -> set[str]:
    """The clients' ends of the connections to this port, as the kernel lists them."""
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"}
