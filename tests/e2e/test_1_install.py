"""From an empty namespace to a correct answer: Secrets, `helm install`, the first training, the first pin."""

from tests.e2e.support.figures import Figures
from tests.e2e.support.first import train_first
from tests.e2e.support.platform import Platform
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "1 install"
PROBE = """
import urllib.error, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:3000/livez").status)
try:
    urllib.request.urlopen("http://127.0.0.1:3000/readyz")
except urllib.error.HTTPError as answer:
    print(answer.code, answer.read().decode())
"""


def test_pods_without_a_model_live_and_take_no_requests(installed: Platform) -> None:
    battle = installed.battle
    wait_until("pods", lambda: len(battle.pods()) == 2, 60)
    pod = battle.pods()[0].name
    alive, _, unready = wait_until(
        "an unready pod that lives",
        lambda: installed.cluster.exec(pod, "python", "-c", PROBE).strip().partition("\n"),
        60,
    )
    assert alive == "200"
    assert unready.startswith("503 ")
    assert "no model is pinned" in unready.lower()
    assert (battle.ready(), battle.pinned()) == ([], "")
    assert [pod.restarts for pod in battle.pods()] == [0, 0]


def test_first_training_is_promoted_and_pinned(installed: Platform, figures: Figures) -> None:
    figures.add(NAME, "first training, as a Job", train_first(installed), "s")
    watch = Stopwatch()
    installed.operator.run("promote", "battle")
    figures.add(NAME, "ekiben promote", watch.seconds, "s")
    installed.battle.wait_pinned("1", within_seconds=90)
    figures.add(NAME, "ekiben promote to every pod serving it", watch.seconds, "s")
    ready = max(pod.seconds_until_ready() for pod in installed.battle.ready())
    figures.add(NAME, "pod created to ready", ready, "s", "≤ 4 s on an idle machine")


def test_another_pod_gets_an_answer_with_a_key_and_none_without(platform: Platform, figures: Figures) -> None:
    battle = platform.battle
    answer = battle.ask()
    assert answer.status == 200
    assert answer.json["model_version"] == "1"
    assert answer.json["pokemon_1_win_probability"] + answer.json["pokemon_2_win_probability"] == 1
    assert answer.json["winner_name"] == "Charizard"
    refused = [battle.ask(key=""), battle.ask(key="ekiben_wrong")]
    assert [one.status for one in refused] == [401, 401]
    assert {one.headers["content-type"] for one in refused} == {"application/problem+json"}
    figures.add(NAME, "answer through Service and DNS; without a key", "200; 401")


def test_handbook_gets_a_prediction(platform: Platform) -> None:
    assert "model_version" in platform.handbook.run("predict")
