"""Computes inferences where they hold up nobody."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

import numpy as np

from bentos.core.inference_protocol.inference import Inference
from bentos.core.inference_protocol.tensor_model import ROWS, TensorModel, Tensors
from bentos.core.json_bodies import INLINE_BODY_BYTES
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
        fields = (*model.inputs, *model.outputs)
        self._most_joined_rows = model.inline_rows if all(one.shape[:1] == (ROWS,) for one in fields) else 0

    async def answer(self, body_bytes: int, read: Callable[[], Inference]) -> _Answer:
        """Return the answer to the request that `read` reads from a body of this size. Raises what `read`
        and the model raise, and Overloaded."""
        if body_bytes > INLINE_BODY_BYTES:
            async with self.place():
                return await self.answer_in_place(read)
        inference = read()
        if not self.is_small(inference):
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

    def answer_together(self, inferences: Sequence[Inference]) -> list[_Answer | Exception]:
        """Return the answer to each of some requests that are small enough for the event loop, or its error.
        The model is called once for as many as it takes there at once."""
        answers: list[_Answer | Exception] = []
        for group in self._groups(inferences):
            try:
                answers += self._infer_together(group)
            except Exception:
                # The model names wrong rows by where they are, so each request is told about its own.
                answers += [self._try_to_infer(inference) for inference in group]
        return answers

    def is_small(self, inference: Inference) -> bool:
        """Return whether the event loop has the time for this."""
        return inference.rows <= self._model.inline_rows

    def _groups(self, inferences: Sequence[Inference]) -> Iterator[list[Inference]]:
        """Yield neighbours that have the same inputs and are not too many rows together."""
        group: list[Inference] = []
        rows = 0
        for inference in inferences:
            rows += inference.rows
            if group and (rows > self._most_joined_rows or inference.inputs.keys() != group[0].inputs.keys()):
                yield group
                group, rows = [], inference.rows
            group.append(inference)
        if group:
            yield group

    def _infer_together(self, group: Sequence[Inference]) -> list[_Answer | Exception]:
        if len(group) == 1:
            return [self._infer(group[0], self._metrics.predictions)]
        names = group[0].inputs
        found = self._model.infer(
            {name: np.concatenate([one.inputs[name] for one in group]) for name in names}
        )
        answers: list[_Answer | Exception] = []
        start = 0
        for one in group:
            end = start + one.rows
            answers.append(self._write(one, {name: array[start:end] for name, array in found.items()}))
            start = end
        if self._model.outcomes is not None:
            self._metrics.predictions.count_all(self._model.outcomes(found))
        return answers

    def _try_to_infer(self, inference: Inference) -> _Answer | Exception:
        try:
            return self._infer(inference, self._metrics.predictions)
        except Exception as error:
            return error

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
