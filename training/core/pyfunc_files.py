"""A package without an engine as MLflow's pages and notebooks see it: asked for a file's name, it answers
with the file's text.

This file is copied into each tracked model and run from there, so it imports nothing of Ekiben.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class FilesModel(PythonModel):
    """Shows the package's files; `columns.json`, logged beside it, names the two columns."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read every file of the package that was logged with the model."""
        folder = Path(context.artifacts["package"])
        self._texts = {path.name: path.read_text(errors="replace") for path in folder.iterdir()}
        columns = json.loads(Path(context.artifacts["columns"]).read_text())
        (self._input,), (self._output,) = columns["inputs"], columns["outputs"]

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the text of each named file, empty for one that the package has not."""
        names = model_input[self._input]
        return pd.DataFrame({self._output: [self._texts.get(name, "") for name in names]})


mlflow.models.set_model(FilesModel())
