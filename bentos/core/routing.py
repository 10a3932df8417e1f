"""What a model service declares: its routes and how to build its predictor. Core serves this and knows
nothing more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from bentos.core.contract import Contract
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.package import ModelPackage

Handler = Callable[..., Any]
"""Called with the decoded body (POST) or the parameters as keywords (GET); returns a msgspec Struct or a
list, or events one by one."""

Opening = Callable[[Any, CollectorRegistry], AbstractAsyncContextManager[None]]
"""Makes the context that a service lives in from its predictor and the registry of its metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the HTTP interface; the OpenAPI document, the gateway and the tests are made from
    these.

    A handler that is quick runs on the event loop; one with `offload` runs in a worker thread, so that it
    never delays the quick ones. `outcomes` yields (outcome, confidence) of every prediction in an answer, for
    the metrics.

    `together` answers several bodies at once, in their order, with an answer or a RequestError for each. It
    is for quick handlers that share work between requests, and gets those that were read in one round.

    `ready` gets what the handler gets, and returns an answer for which nobody has to wait, or None if there
    is none. It is for handlers that await, of routes without a body.

    `header_parameters` gives the keyword of the handler for each header (in lower case) that it wants to see;
    it gets the text, or None. With `streams` the handler returns an async iterator of
    `bentos.core.streaming.Event`, and `answer` is a mapping: the type of the data by the name of the event.
    Both are for routes without a body.
    """

    method: str
    path: str
    handler: Handler
    answer: Any
    summary: str
    description: str = ""
    body: Any = None
    body_limit_bytes: int = 64 * 1024
    offload: bool | Callable[[Any], bool] = False
    together: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    outcomes: Callable[[Any], Iterable[tuple[str, float]]] | None = None
    ready: Callable[..., Any] | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    query_parameters: Mapping[str, Any] = field(default_factory=dict)
    header_parameters: Mapping[str, str] = field(default_factory=dict)
    streams: bool = False
    example: Any = None

    def __post_init__(self) -> None:
        if self.body is not None and (self.header_parameters or self.streams):
            raise ValueError(f"{self.path} takes a body: it can't take headers or stream as well.")
        if self.together is not None and (self.body is None or self.offload):
            raise ValueError(f"{self.path} is no quick route with a body: it can't handle requests together.")
        if self.ready is not None and (self.body is not None or self.streams):
            raise ValueError(f"{self.path} takes a body or streams: it can't have answers ready.")


class Predictor(Protocol):
    """A loaded model that can prove it answers as it did when it was signed."""

    def self_test(self) -> None:
        """Raise SelfTestFailed unless the stored inputs still give the stored answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """All that core needs to serve a model.

    `bento` names the `@bentoml.service` class as `module:attribute`, imported only when a path that is not
    among the routes is asked for, or by BentoML itself. `open` makes what the service needs beside its model,
    such as a database or a task in the background: it is entered with the predictor on the event loop that
    answers, before the first answer, and left after the last. `tensors` makes of the predictor what the Open
    Inference Protocol answers with; without it the service does not speak it. `most_in_flight` is how many
    requests may be under way unless a setting says otherwise, for services whose handlers wait for others; 0
    is any number.
    """

    name: str
    title: str
    description: str
    contract: Contract
    load: Callable[[ModelPackage, int], Predictor]
    routes: Callable[[Any], Sequence[Route]]
    bento: str
    open: Opening | None = None
    tensors: Callable[[Any], TensorModel] | None = None
    most_in_flight: int = 0
