"""Of several looks the fastest counts: what else the machine does only ever adds."""

import msgspec

from k8s.scale.run import fastest
from tests.support.scale_results import measurement


def test_fastest_look_is_taken_whatever_it_cost_otherwise() -> None:
    looks = [
        msgspec.structs.replace(one, look=msgspec.structs.replace(one.look, seconds=seconds))
        for one, seconds in ((measurement(1, 0), 9.0), (measurement(3, 0), 1.0), (measurement(2, 0), 2.0))
    ]
    assert fastest(looks) is looks[1]
