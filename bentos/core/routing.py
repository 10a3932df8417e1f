"""What a model service declares: its routes and how to build its predictor. Core serves this and knows
nothing more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bentos.core.contract import Contract
from bentos.core.package import ModelPackage

Handler = Callable[..., Any]
"""Called with the decoded body (POST) or the path parameters as keywords (GET); returns a msgspec Struct or a
list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the HTTP interface; the OpenAPI document, the gateway and the tests are made from
    these.

    A handler that is quick runs on the event loop; one with `offload` runs in a worker thread, so that it
    never delays the quick ones. `outcomes` yields (outcome, confidence) of every prediction in an answer, for
    the metrics.
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
    outcomes: Callable[[Any], Iterable[tuple[str, float]]] | None = None
    path_parameters: Mapping[str, type] = field(default_factory=dict)
    query_parameters: Mapping[str, type] = field(default_factory=dict)
    example: Any = None


class Predictor(Protocol):
    """A loaded model that can prove it answers as it did when it was signed."""

    def self_test(self) -> None:
        """Raise SelfTestFailed unless the stored inputs still give the stored answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """All that core needs to serve a model. `bento` names the `@bentoml.service` class as `module:attribute`,
    imported only when a path that is not among the routes is asked for, or by BentoML itself."""

    name: str
    title: str
    description: str
    contract: Contract
    load: Callable[[ModelPackage, int], Predictor]
    routes: Callable[[Any], Sequence[Route]]
    bento: str
