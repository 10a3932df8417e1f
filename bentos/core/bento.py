"""What makes a class an ordinary BentoML service that answers as the hot path does.

A service's `service.py` is a class with one method a POST route:

    @bentoml.service(name="battle", **SERVICE_OPTIONS)
    class Battle:
        def __init__(self) -> None:
            self.predictor = loaded_model(DEFINITION).predictor

        @api("/api/v1/predict/battle")
        def predict_battle(self, request: Payload[BattleRequest], /) -> Payload[BattleAnswer]:
            return self.predictor.predict(request)

    guard_with_gateway(Battle, DEFINITION)

Only such modules import this one: it needs BentoML.
"""

import functools
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import bentoml
from starlette.responses import Response

from bentos.core.bento_gateway import BentoGateway
from bentos.core.errors import RequestError
from bentos.core.exchange import CURRENT
from bentos.core.loaded import loaded_model
from bentos.core.routing import ServiceDefinition
from bentos.core.staged_labels import StagedLabels
from bentos.core.struct_schema import StructSchema

__all__ = ["SERVICE_OPTIONS", "Payload", "api", "guard_with_gateway", "loaded_model"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Struct = TypeVar("_Struct")

Payload = Annotated[_Struct, StructSchema()]
"""A msgspec type as the type of a parameter or an answer; BentoML's schema and validation follow it."""

SERVICE_OPTIONS: dict[str, Any] = {
    "workers": 1,
    "metrics": {"enabled": False},
    "logging": {"access": {"enabled": False}},
    "traffic": {"timeout": 3600},
}
"""What the gateway does already is turned off: BentoML's metrics and access lines. Its time-out answers
outside of the gateway, so it is set to where nothing reaches it."""


def api(
    route: str,
) -> Callable[[Callable[Concatenate[Any, _Parameters], _Result]], Any]:
    """Make a method the API behind `route`, whose errors and answers reach the gateway."""

    def decorate(method: Callable[Concatenate[Any, _Parameters], _Result]) -> Any:
        @functools.wraps(method)
        def answer(self: Any, /, *arguments: _Parameters.args, **keywords: _Parameters.kwargs) -> Any:
            exchange = CURRENT.get()
            if exchange is None:
                return method(self, *arguments, **keywords)
            try:
                exchange.answer = method(self, *arguments, **keywords)
            except RequestError as error:
                # BentoML would log a traceback and answer 500; the gateway writes this error's problem
                # document.
                exchange.failure = error
                return Response(status_code=error.status)
            return exchange.answer

        return bentoml.api(route=route)(answer)

    return decorate


def guard_with_gateway(service: Any, definition: ServiceDefinition) -> None:
    """Put the gateway in front of a BentoML service, for `bentoml serve`, and name the model in its
    bento's labels."""
    service.add_asgi_middleware(BentoGateway, definition=definition)
    service.labels = StagedLabels(definition)
