"""Computes inferences where they hold up nobody."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from bentos.core.endpoints import INLINE_BODY_BYTES
from bentos.core.inference_protocol.requests import Inference
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors
from bentos.core.metrics import Metrics, Predictions
from bentos.core.workers import Workers

_Answer = TypeVar("_Answer")


class Inferrer(Generic[_Answer]):
    """Has the model answer: small requests on the event loop, others in a worker thread. `write` makes the
    answer of what the model found."""

    def __init__(
        self,
        model: TensorModel,
        write: Callable[[Inference, Tensors], _Answer],
        metrics: Metrics,
        workers: Workers,
    ) -> None:
        self._model = model
        self._write = write
        self._metrics = metrics
        self._workers = workers

    async def answer(self, body_bytes: int, read: Callable[[], Inference]) -> _Answer:
        """Return the answer to the request that `read` reads from a body of this size. Raises what `read`
        and the model raise, and Overloaded."""
        if body_bytes > INLINE_BODY_BYTES:
            async with self.place():
                return await self.answer_in_place(read)
        inference = read()
        if inference.rows > self._model.inline_rows:
            async with self.place():
                return await self._work(lambda counted: self._infer(inference, counted))
        return self._infer(inference, self._metrics.predictions)

    def place(self) -> AbstractAsyncContextManager[None]:
        """Keep a place among the workers for `answer_in_place`, so that no large body is read in vain. Raises
        Overloaded."""
        return self._workers.place()

    async def answer_in_place(self, read: Callable[[], Inference]) -> _Answer:
        """Return the answer to a request of any size, for who has a place. Raises what `read` and the model
        raise."""
        return await self._work(lambda counted: self._infer(read(), counted))

    async def _work(self, infer: Callable[[Predictions], _Answer]) -> _Answer:
        counted = Predictions()
        answer: _Answer = await self._workers.run_in_place(infer, counted)
        self._metrics.predictions.merge(counted)
        return answer

    def _infer(self, inference: Inference, counted: Predictions) -> _Answer:
        found = self._model.infer(inference.inputs)
        answer = self._write(inference, found)
        if self._model.outcomes is not None:
            counted.count_all(self._model.outcomes(found))
        return answer
