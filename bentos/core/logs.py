"""One JSON object a line on standard output, for this code, uvicorn and BentoML alike.

Every line that is written while a request is worked on carries its `request_id` and `trace_id`.
"""

import logging
import sys
from typing import Any

import msgspec

from bentos.core.exchange import CURRENT
from bentos.core.loggers import structlog

FOREIGN_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "bentoml", "circus")
"""Loggers that come with handlers of their own."""


def configure_logs(level: str = "info") -> None:
    """Send every log line and every warning of Python's through one renderer, from `level` on. Can be called
    again."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        add_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_serialize)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_serialize),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    logging.captureWarnings(True)
    adopt_foreign_loggers()


def adopt_foreign_loggers() -> None:
    """Take the handlers from loggers that brought their own; to be called again after BentoML was
    imported."""
    for name in FOREIGN_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    # What it says at INFO about its own start and stop, our own lines say with more facts.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def add_request(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the ids of the request that is being worked on, if there is one."""
    exchange = CURRENT.get()
    if exchange is not None:
        event["request_id"] = exchange.request_id.decode()
        event["trace_id"] = exchange.trace.trace_id
        event["span_id"] = exchange.trace.span_id
    return event


def _serialize(event: structlog.typing.EventDict, **_options: Any) -> str:
    """Write what is in every line first, in the order in which people read it."""
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return msgspec.json.encode({**first, **event}, enc_hook=repr).decode()
