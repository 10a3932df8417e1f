"""Asks the service through its Service and DNS: is it ready, does it refuse strangers, does it answer friends."""

import os
import time
import urllib.error
import urllib.request

URL = os.environ["SERVICE_URL"]
KEY = os.environ.get("API_KEY", "")
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0


def ask(path, body=None, headers=None):
    """Return the status and the body of an answer; status 0 and the reason if there is none."""
    request = urllib.request.Request(URL + path, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def wait_until_ready(deadline):
    """Return when the service is ready; end the test if it is not in time."""
    status, answer = ask("/readyz")
    while status != 200:
        if time.monotonic() > deadline:
            raise SystemExit(f"{URL} is not ready: {status} {answer}")
        time.sleep(PAUSE_SECONDS)
        status, answer = ask("/readyz")
    print(f"{URL} is ready")


def predict(headers, wanted):
    """Ask what callers ask, by POST if there is a body; end the test unless the answer has the wanted status."""
    body = os.environ["REQUEST_BODY"].encode() or None
    said = {"content-type": "application/json"} if body else {}
    status, answer = ask(os.environ["REQUEST_PATH"], body, {**said, **headers})
    print(f"{os.environ['REQUEST_PATH']} answered {status}: {answer}")
    if status != wanted:
        raise SystemExit(f"wanted {wanted}")


wait_until_ready(time.monotonic() + float(os.environ["WAIT_SECONDS"]))
if os.environ["WANTS_KEY"] == "true":
    predict({}, 401)
if KEY or os.environ["WANTS_KEY"] != "true":
    predict({"x-api-key": KEY} if KEY else {}, 200)
