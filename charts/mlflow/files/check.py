"""Asks MLflow's server what a client would, and wants the right answers."""

import base64
import http.client
import os
import sys
from pathlib import Path

ACCOUNT = Path(os.environ["ACCOUNT_FOLDER"])
MODELS = "/api/2.0/mlflow/registered-models/search?max_results=1"


def ask(path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Return status and body."""
    connection = http.client.HTTPConnection(os.environ["MLFLOW_HOST"], timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def main() -> None:
    """End with 1 and a sentence if an answer is wrong."""
    username, password = ((ACCOUNT / name).read_text() for name in ("username", "password"))
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    wrong = []
    for what, path, headers, wanted in (
        ("its health", "/health", {}, 200),
        ("models, without an account", MODELS, {}, 401),
        ("models, with an account", MODELS, {"Authorization": f"Basic {token}"}, 200),
        ("models, under a name that is not allowed", MODELS, {"Host": "elsewhere.example"}, 403),
    ):
        status, body = ask(path, headers)
        sys.stdout.write(f"asked for {what}: {status}, wanted {wanted}\n")
        if status != wanted:
            wrong.append(f"{what}: {status} {body[:300]}")
    sys.exit("; ".join(wrong) or 0)


if __name__ == "__main__":
    main()
