"""The Open Inference Protocol over gRPC on battle: asked by another's client, and while processes start and
stop."""

import asyncio
import contextlib
import hashlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from bentos.core.inference_protocol.grpc.messages import (
    HEALTH_SERVICE,
    NOT_SERVING,
    HealthCheckResponse,
    ModelReadyRequest,
    ModelReadyResponse,
)
from bentos.core.manifest import MANIFEST_NAME
from tests.support.battle_package import VERSION, make_battle_package
from tests.support.battle_rows import EXPECTED, ROWS
from tests.support.foreign_clients import call_with
from tests.support.grpc_calls import INFER, infer_message
from tests.support.in_loop import in_loop
from tests.support.serving import ServerProcess, free_port, serving, started
from tests.support.tiny.package import TinyPackage
from training.core.pins import Rollout

KEY = "a key for the clients"
SECRET = {"EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(KEY.encode()).hexdigest()}
BATTLE = infer_message(
    {"pokemon_1_id": ("INT64", [25]), "pokemon_2_id": ("INT64", [6])}, raw=True, model="battle"
).SerializeToString()
CALLERS = 4


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_battle_package(tmp_path_factory.mktemp("battle"))


@contextlib.contextmanager
def speaking(pin: Rollout, **settings: str) -> Iterator[tuple[ServerProcess, int]]:
    """A ready process, and its port for gRPC."""
    port = free_port()
    with serving({**pin.environment(), "EKIBEN_GRPC_PORT": str(port), **settings}, "battle") as process:
        yield process, port


def test_client_of_triton_works(pin: Rollout) -> None:
    with speaking(pin, **SECRET) as (process, port):
        found = call_with("triton_grpc.py", "tritonclient[grpc]==2.73.0", port, KEY, ROWS)
        metrics = process.ask("GET", "/metrics").content.decode()
    assert [found[name] for name in ("live", "ready", "model_ready", "version_ready")] == [True] * 4
    assert found["server"]["name"] == "ekiben"
    assert (found["model"]["versions"], found["model"]["platform"]) == ([VERSION], "xgboost_ubj")
    assert found["raw"] == {"id": "42", "version": VERSION, "outputs": EXPECTED}
    assert found["typed"] == {"id": "43", "version": VERSION, "outputs": EXPECTED}
    assert found["all"] == {"id": "", "version": VERSION, "outputs": EXPECTED}
    assert found["many"] == len(ROWS["pokemon_1_id"]) * 500
    here = "the model here is 'battle', its version '7'."
    errors = found["errors"]
    assert errors["refused"][0] == "StatusCode.INVALID_ARGUMENT"
    assert errors["refused"][1].startswith("pokemon_1_id[0]: no Pokémon has the id 9999")
    assert errors["ragged"][0] == "StatusCode.INVALID_ARGUMENT"
    assert errors["unknown"] == ["StatusCode.NOT_FOUND", f"There is no model 'other': {here}"]
    assert errors["version"] == ["StatusCode.NOT_FOUND", f"There is no model 'battle' in version '8': {here}"]
    assert errors["keyless"] == ["StatusCode.UNAUTHENTICATED", "The request has no X-API-Key header."]
    assert errors["wrong_key"] == ["StatusCode.UNAUTHENTICATED", "The X-API-Key is not a known one."]
    assert f'ekiben_requests_total{{code="422",method="GRPC",route="{INFER}"}} 2.0' in metrics


def test_process_that_does_not_speak_it_loads_nothing_for_it(pin: Rollout) -> None:
    def is_loaded(process: ServerProcess) -> bool:
        return "cygrpc" in Path(f"/proc/{process.pid}/maps").read_text()

    with serving(pin.environment(), "battle") as process:
        assert not is_loaded(process)
    with speaking(pin) as (process, _):
        assert is_loaded(process)


@in_loop
async def test_process_that_still_loads_says_so(pin: Rollout, tmp_path: Path) -> None:
    # Who reads a pipe that nobody writes to waits; so does the loading of this package.
    await asyncio.to_thread(os.mkfifo, tmp_path / MANIFEST_NAME)
    port = free_port()
    settings = {"EKIBEN_MODEL_URI": str(tmp_path), "EKIBEN_GRPC_PORT": str(port)}
    with started({**pin.environment(), **settings}, "battle") as process:
        await asyncio.to_thread(process.wait_for, "Listening for gRPC")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            ready = ModelReadyRequest(name="battle").SerializeToString()
            found = await channel.unary_unary("/inference.GRPCInferenceService/ModelReady")(ready)
            assert not ModelReadyResponse.FromString(found).ready
            health = await channel.unary_unary(f"/{HEALTH_SERVICE}/Check")(b"")
            assert HealthCheckResponse.FromString(health).status == NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await channel.unary_unary(INFER)(BATTLE)
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        assert error.value.details() == "The model is being fetched, verified and tested."
        process.signal()
        assert await asyncio.to_thread(process.exit_code) == 0


@pytest.mark.parametrize("reason", ["offers no tensors", "Can't listen on 127.0.0.1 port"])
def test_what_can_not_work_ends_with_one_sentence(
    tiny_package: TinyPackage, pin: Rollout, reason: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = {"EKIBEN_GRPC_PORT": str(taken.getsockname()[1])}
        service = ({**tiny_package.environment, **port},) if "tensors" in reason else ()
        with started(*service or ({**pin.environment(), **port}, "battle")) as process:
            assert process.exit_code() == 5
    assert reason in process.events[-1]["event"]
    assert "Traceback" not in "\n".join(process.text)


class ClusterIp:
    """What a Service of Kubernetes is to a client: new connections lead to one of the pods that are ready."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._connections: set[asyncio.Task[None] | None] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Lead to the target until every client has gone."""
        async with await asyncio.start_server(self._connect, "127.0.0.1") as server:
            yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*filter(None, self._connections))

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.current_task())
        server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(_pump(client, to_server), _pump(server, to_client))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()
    with contextlib.suppress(ConnectionError):
        await target.wait_closed()


class Caller:
    """Calls without pause over one channel; notes every answer and every failure."""

    def __init__(self, port: int) -> None:
        self.answers = 0
        self.failures: list[grpc.aio.AioRpcError] = []
        self.enough = False
        self._port = port

    async def run(self) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=options) as channel:
            infer = channel.unary_unary(INFER)
            while not self.enough:
                try:
                    await infer(BATTLE)
                    self.answers += 1
                except grpc.aio.AioRpcError as failure:
                    self.failures.append(failure)


@in_loop
async def test_nobody_is_lost_when_one_process_takes_over_from_another(pin: Rollout) -> None:
    with (
        speaking(pin, EKIBEN_SERVER_LINGER_SECONDS="4") as (old, old_port),
        speaking(pin) as (new, new_port),
    ):
        service = ClusterIp(old_port)
        async with service.listening() as port, asyncio.TaskGroup() as tasks:
            callers = [Caller(port) for _ in range(CALLERS)]
            for caller in callers:
                tasks.create_task(caller.run())
            await asyncio.sleep(0.5)
            service.target = new_port
            old.signal()
            assert await asyncio.to_thread(old.exit_code) == 0
            await asyncio.sleep(0.5)
            for caller in callers:
                caller.enough = True
        counted = new.ask("GET", "/metrics").content.decode()
    assert [caller.failures for caller in callers] == [[]] * CALLERS
    assert all(caller.answers > 10 for caller in callers)
    assert f'ekiben_requests_total{{code="200",method="GRPC",route="{INFER}"}}' in counted
    assert json.loads(old.text[-1])["event"] == "Stopped"
