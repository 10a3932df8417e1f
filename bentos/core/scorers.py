"""Engines that turn feature rows into probabilities. They know arrays, not models or requests.

One row goes to ONNX Runtime, which costs a fraction of XGBoost's own call overhead; many rows go to the
Booster, which is faster per row from about 100 rows on. The Booster is read only when a batch first comes,
because importing xgboost costs more memory and time than the whole fast path.
"""

import gc
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from bentos.core.onnx import onnxruntime

if TYPE_CHECKING:
    import xgboost

FloatArray = NDArray[np.float32]

PROBABILITIES = "probabilities"
"""The output of the ensemble: float32[n, 2], a probability for each class."""


class Scorer(Protocol):
    """Anything that gives one probability a row."""

    def score(self, features: FloatArray) -> FloatArray:
        """Return float32[n], the probability of class 1, for float32[n, n_features]."""
        ...


class OnnxScorer:
    """A tree ensemble in ONNX form, for single rows."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._run = session.run
        self._input_name = session.get_inputs()[0].name
        self._run_bound = session.run_with_iobinding
        self._bound = _BoundRow(session)

    def score(self, features: FloatArray) -> FloatArray:
        """Return float32[n] for float32[n, n_features]."""
        probabilities: FloatArray = self._run([PROBABILITIES], {self._input_name: features})[0]
        return probabilities[:, 1]

    def score_row(self, row: bytes) -> float:
        """Return the probability of class 1 for one row, the bytes of float32[n_features]. Raises ValueError
        if they are more or fewer."""
        bound = self._bound
        bound.row[:] = row
        self._run_bound(bound.binding)
        return bound.probabilities.item(1)

    def score_rows(self, rows: Sequence[bytes]) -> list[float]:
        """Return the probability of class 1 for each of some rows, as `score_row` does for one."""
        if not rows:
            return []
        features = np.frombuffer(b"".join(rows), dtype=np.float32).reshape(len(rows), -1)
        return cast("list[float]", self.score(features).tolist())


class _BoundRow(threading.local):
    """Memory for one row and its answer that the engine knows, once for each thread: handing over new arrays
    for each row would cost a fifth of scoring it."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        features = session.get_inputs()[0]
        self._features: FloatArray = np.zeros((1, features.shape[1]), dtype=np.float32)
        self.row = self._features.data.cast("B")
        self.probabilities: FloatArray = np.zeros((1, 2), dtype=np.float32)
        self.binding = session.io_binding()
        self.binding.bind_cpu_input(features.name, self._features)
        self.binding.bind_output(
            PROBABILITIES,
            element_type=np.float32,
            shape=self.probabilities.shape,
            buffer_ptr=self.probabilities.ctypes.data,
        )


class BoosterScorer:
    """The Booster itself, for many rows and for explanations; loaded at first use, safe to share between
    threads."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        self._model = model
        self._threads = threads
        self._booster: xgboost.Booster | None = None
        self._lock = threading.Lock()

    def score(self, features: FloatArray) -> FloatArray:
        """Return float32[n] for float32[n, n_features]."""
        return np.asarray(self._load().inplace_predict(features), dtype=np.float32)

    def contributions(self, features: FloatArray) -> FloatArray:
        """Return float32[n, n_features + 1] of SHAP values in log-odds; the last column is the bias."""
        import xgboost

        booster = self._load()
        matrix = xgboost.DMatrix(features, nthread=self._threads)
        return np.asarray(booster.predict(matrix, pred_contribs=True), dtype=np.float32)

    def _load(self) -> "xgboost.Booster":
        with self._lock:
            if self._booster is None:
                import xgboost

                self._booster = xgboost.Booster({"nthread": self._threads}, model_file=bytearray(self._model))
                # What the import brought stays for good. Looking through it for garbage again and again would
                # stop all threads for up to a tenth of a second each time.
                gc.freeze()
            return self._booster
