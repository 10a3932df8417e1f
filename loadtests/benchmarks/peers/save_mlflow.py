"""Save the Booster as an MLflow model: `python save_mlflow.py MODEL_FILE FOLDER`."""

import sys

import mlflow.xgboost
import xgboost

mlflow.xgboost.save_model(
    xgboost.Booster({"nthread": 1}, model_file=sys.argv[1]),
    sys.argv[2],
    model_format="ubj",
    pip_requirements=[],
)
