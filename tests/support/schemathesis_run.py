"""Have schemathesis hold a running service to its own OpenAPI document, with every check that it has."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bentos.core.pages import OPENAPI_PATH
from tests.support.serving import ServerProcess

CONFIGURATIONS = Path(__file__).parents[1] / "data"
SEED = 20
REQUEST_SECONDS = 120
"""A busy machine may take long for the first batch; how long answers take is judged elsewhere."""


def run_schemathesis(process: ServerProcess, service: str, key: str, folder: Path, examples: int) -> Any:
    """Return schemathesis' report; `folder` is where it may write, `examples` how many requests it makes up
    for each operation beside the systematic ones.

    Which exceptions it makes for the service, and why, is in `tests/data/SERVICE.schemathesis.toml`.
    """
    report = folder / "report.json"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={CONFIGURATIONS / f'{service}.schemathesis.toml'}",
            "run",
            f"http://127.0.0.1:{process.port}/openapi.json",
            f"--header=X-API-Key: {key}",
            "--checks=all",
            "--continue-on-failure",
            f"--max-examples={examples}",
            f"--seed={SEED}",
            f"--request-timeout={REQUEST_SECONDS}",
            f"--max-response-time={REQUEST_SECONDS}",
            f"--report-json-path={report}",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(report.read_text())


def assert_all_was_judged(report: Any, process: ServerProcess) -> None:
    """Fail unless every operation of the document was asked, and nothing was found."""
    paths = process.ask("GET", "/openapi.json").json["paths"]
    # It does not ask for the document again.
    operations = sum(len(item) for path, item in paths.items() if path != OPENAPI_PATH)
    assert report["operations"]["tested"] == report["operations"]["total"] == operations
    assert (report["complete"], report["failures"], report["errors"]) == (True, [], [])
    assert report["test_cases"]["generated"] > 10 * operations
