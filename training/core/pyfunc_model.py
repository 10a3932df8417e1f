"""The model as MLflow's pages, `mlflow models serve` and notebooks see it: ONNX in, a table of answers out.

This file is copied into each tracked model and run from there, so it imports nothing of Ekiben.
"""

import json
import os
from pathlib import Path
from typing import Any

# ONNX Runtime's wheel reports to its vendor from its import on, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class PackageModel(PythonModel):
    """Scores feature rows with the package's ONNX engine; `columns.json`, logged beside it, names the
    columns."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the ONNX file of the package that was logged with the model."""
        path = Path(context.artifacts["package"]) / "model.onnx"
        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        columns = json.loads(Path(context.artifacts["columns"]).read_text())
        self._inputs: list[str] = columns["inputs"]
        self._outputs: list[str] = columns["outputs"]

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the probabilities of the last classes, as many as outputs were logged: float32[n,
        outputs]."""
        rows = model_input[self._inputs].to_numpy(dtype=np.float32)
        name = self._session.get_inputs()[0].name
        (probabilities,) = self._session.run(["probabilities"], {name: rows})
        return pd.DataFrame(probabilities[:, -len(self._outputs) :], columns=self._outputs)


mlflow.models.set_model(PackageModel())
