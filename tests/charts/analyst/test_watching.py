"""Alerts and the dashboard, and the pod of `helm test` with the script that it runs."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from bentos.core.settings import DatabaseSettings
from tests.support.helm import CHARTS, Manifests, Object, render
from tests.support.postgres import PostgresServer

SCRIPT = CHARTS / "analyst/files/tests/look.py"


def _analyst(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("analyst", values, release="analyst-data")


def _alerts(values: Mapping[str, Any] | None = None) -> dict[str, str]:
    found = _analyst({"prometheusRule": {"enabled": True}, **(values or {})}).one("PrometheusRule")
    return {rule["alert"]: rule["expr"] for group in found["spec"]["groups"] for rule in group["rules"]}


def test_nothing_is_watched_unless_it_is_asked_for() -> None:
    assert not {"PrometheusRule", "ConfigMap"} & set(_analyst().kinds())


def test_the_operator_selects_the_rules_by_their_labels() -> None:
    values = {"prometheusRule": {"enabled": True, "labels": {"release": "p"}}}
    found = _analyst(values).one("PrometheusRule", "analyst-data")
    assert found["metadata"]["labels"]["release"] == "p"


def test_alerts_read_the_metrics_of_the_service_by_its_name() -> None:
    for expression in _alerts({"service": {"name": "bitcoin"}}).values():
        assert 'namespace="games",job="bitcoin"' in expression


def test_old_prices_are_no_alert_where_only_history_is_collected() -> None:
    missing = _alerts().keys() - _alerts({"prices": {"sources": ["history"]}}).keys()
    assert missing == {"EkibenPricesStale", "EkibenPricesMissing"}
    assert _alerts().keys() - _alerts({"prices": {"enabled": False}}).keys() == missing


def test_old_news_are_no_alert_where_none_are_collected() -> None:
    assert _alerts().keys() - _alerts({"news": {"enabled": False}}).keys() == {"EkibenNewsStale"}


def test_grafana_gets_the_dashboard_as_it_is() -> None:
    values = {"dashboards": {"enabled": True, "labels": {"g": "1"}, "annotations": {"folder": "F"}}}
    found = _analyst(values).one("ConfigMap", "analyst-data-dashboards")
    file = CHARTS / "analyst/files/dashboards/analyst.json"
    assert found["data"] == {"analyst.json": file.read_text().strip()}
    assert found["metadata"]["labels"]["g"] == "1"
    assert found["metadata"]["annotations"] == {"folder": "F", "grafana_folder": "Ekiben"}


def _test_pod(values: Mapping[str, Any] | None = None) -> Object:
    return _analyst(values).one("Pod")


def test_the_test_looks_at_the_tables_and_asks_the_model_if_there_is_one() -> None:
    pod = _test_pod()
    (look,) = pod["spec"]["containers"]
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["metadata"]["labels"]["ekiben.io/database-client"] == "true"
    assert look["command"][:2] == ["python", "-c"]
    assert look["command"][2].strip() == SCRIPT.read_text().strip()
    environment = {entry["name"]: entry.get("value") for entry in look["env"]}
    assert environment["LLM_URL"] == ""
    (look,) = _test_pod({"llm": {"enabled": True}})["spec"]["containers"]
    assert {"name": "LLM_URL", "value": "http://analyst-llm:3200"} in look["env"]
    assert _analyst({"tests": {"enabled": False}}).of("Pod") == []


def _look(database: str, llm: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "EKIBEN_DATABASE_URL": database, "LLM_URL": llm}
    command = [sys.executable, str(SCRIPT)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def _model(status: int) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_script_tells_what_was_collected(postgres_settings: DatabaseSettings) -> None:
    done = _look(postgres_settings.url.get_secret_value())
    assert (done.returncode, done.stderr) == (0, "")
    assert "prices: 0, the newest of None" in done.stdout


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_script_fails_exactly_if_the_model_is_not_well(
    postgres_settings: DatabaseSettings, status: int, code: int
) -> None:
    with _model(status) as url:
        done = _look(postgres_settings.url.get_secret_value(), url)
    assert done.returncode == code


def test_the_script_fails_without_tables_or_database(postgres: PostgresServer) -> None:
    name = postgres.new_database()
    try:
        done = _look(postgres.url(name))
    finally:
        postgres.drop_database(name)
    assert (done.returncode, "There are no tables yet" in done.stderr) == (1, True)
    gone = _look(postgres.url(name))
    assert (gone.returncode, "The database does not answer" in gone.stderr) == (1, True)
