"""FastAPI, pandas and XGBClassifier, as tutorials show them. `BENCH_MODEL` names the model's file."""

import os

import pandas as pd
from fastapi import FastAPI
from pydantic import create_model
from xgboost import XGBClassifier

FEATURES = [f"f{place}" for place in range(20)]
Features = create_model("Features", **dict.fromkeys(FEATURES, (float, ...)))  # type: ignore[call-overload]

app = FastAPI()
model = XGBClassifier()
model.load_model(os.environ["BENCH_MODEL"])


@app.post("/predict")
def predict(features: Features) -> dict[str, float]:
    """Answer one row."""
    frame = pd.DataFrame([features.model_dump()], columns=FEATURES)
    return {"probability": float(model.predict_proba(frame)[0, 1])}
