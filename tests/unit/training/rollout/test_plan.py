"""What is decided about a Deployment, from nothing but what is there."""

from typing import Any

import pytest

from bentos.core.package import Pin
from tests.support.cluster import annotate, make_pin
from training.rollout import names
from training.rollout.errors import Unpinnable
from training.rollout.objects import Deployment, DeploymentSpec, Metadata, Template, TemplateMetadata
from training.rollout.plan import Plan, describe_status, fingerprint, plan, require_whole, says


def deployment(pin: Pin | None = None, mode: str | None = "auto", **labels: str) -> Deployment:
    given = {f"ekiben.io/{name.replace('_', '-')}": value for name, value in labels.items()}
    modes = {names.MODE_LABEL: mode} if mode else {}
    template = Template(TemplateMetadata(annotations=annotate(pin) if pin else {}))
    return Deployment(Metadata(name="tiny", labels=given | modes), DeploymentSpec(template=template))


ONE, TWO = make_pin("1"), make_pin("2")


@pytest.mark.parametrize(
    ("found", "champion", "expected"),
    [
        (deployment(ONE, "git"), TWO, Plan("leave")),
        (deployment(None, "off"), TWO, Plan("leave")),
        (deployment(None, None), TWO, Plan("leave")),
        (deployment(ONE, "nonsense"), TWO, Plan("leave")),
        (deployment(), None, Plan("wait")),
        (deployment(ONE), None, Plan("wait")),
        (deployment(), ONE, Plan("pin")),
        (deployment(ONE), ONE, Plan("follow")),
        (deployment(ONE, hold="true"), ONE, Plan("follow")),
        (deployment(ONE, hold="true"), TWO, Plan("hold")),
        (deployment(None, hold="true"), TWO, Plan("pin")),
        (deployment(ONE), TWO, Plan("pin")),
        (deployment(ONE, followed_pin=fingerprint(ONE)), TWO, Plan("pin", expected=True)),
        (deployment(ONE, followed_pin=fingerprint(TWO)), make_pin("3"), Plan("pin")),
    ],
)
def test_action_follows_from_what_is_there(found: Deployment, champion: Pin | None, expected: Plan) -> None:
    assert plan(found, champion) == expected


@pytest.mark.parametrize("change", [{"uri": "/elsewhere"}, {"digest": "sha256:0"}, {"version": "9"}])
def test_pin_with_any_other_part_is_another_pin(change: dict[str, Any]) -> None:
    facts = {"uri": ONE.uri, "version": ONE.version, "digest": ONE.digest}
    other = Pin(**{**facts, **change})
    assert plan(deployment(other), ONE).action == "pin"
    assert fingerprint(other) != fingerprint(ONE)


def test_status_remembers_what_was_followed_while_on_hold() -> None:
    held = describe_status(deployment(ONE, followed_pin="abc"), TWO, held=True)
    assert held.labels == {
        names.HOLD_LABEL: "true",
        names.VERSION: "1",
        names.FOLLOWED_LABEL: "abc",
    }
    assert held.annotations == {names.CHAMPION: "2"}
    followed = describe_status(deployment(TWO, followed_pin="abc"), TWO, held=False)
    assert followed.labels[names.FOLLOWED_LABEL] == fingerprint(TWO)


def test_status_that_is_there_already_need_not_be_written() -> None:
    status = describe_status(deployment(ONE), ONE, held=False)
    assert not says(deployment(ONE), status)
    metadata = Metadata(name="tiny", labels={**status.labels, "more": "x"}, annotations=status.annotations)
    assert says(Deployment(metadata), status)


@pytest.mark.parametrize("pin", [Pin(uri="", version="1", digest="d"), Pin(uri="u", version="1", digest="")])
def test_champion_without_a_package_is_not_pinned(pin: Pin) -> None:
    with pytest.raises(Unpinnable, match="tiny version 1"):
        require_whole("tiny", pin)
