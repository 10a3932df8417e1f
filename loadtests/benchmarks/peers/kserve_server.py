"""KServe's Python server with a model of its own, asked by the Open Inference Protocol. `BENCH_MODEL` names
the model's file."""

import os
import uuid
from typing import Any

import xgboost
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Scorer(Model):  # type: ignore[misc]
    """Scores rows of ready-made features."""

    def load(self) -> bool:
        """Read the model."""
        self.booster = xgboost.Booster({"nthread": 1}, model_file=os.environ["BENCH_MODEL"])
        self.ready = True
        return True

    def predict(
        self, payload: InferRequest, headers: Any = None, response_headers: Any = None
    ) -> InferResponse:
        """Return one probability a row."""
        found = self.booster.inplace_predict(payload.inputs[0].as_numpy())
        output = InferOutput("probability", list(found.shape), "FP32")
        output.set_data_from_numpy(found, binary_data=False)
        return InferResponse(payload.id or str(uuid.uuid4()), self.name, [output])


if __name__ == "__main__":
    scorer = Scorer("bench")
    scorer.load()
    ModelServer(enable_grpc=False).start([scorer])
