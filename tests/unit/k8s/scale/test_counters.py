"""Of the API server's many counts those are taken that the reconciler causes."""

from collections import Counter

from k8s.scale.counters import Counters, read_counters

PAGE = """\
# HELP apiserver_request_total [STABLE] Counter of apiserver requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",group="apps",resource="deployments",verb="APPLY",version="v1"} 20
apiserver_request_total{code="409",group="apps",resource="deployments",verb="APPLY",version="v1"} 2
apiserver_request_total{code="200",group="apps",resource="deployments",verb="LIST",version="v1"} 4
apiserver_request_total{code="200",group="apps",resource="deployments",verb="WATCH",version="v1"} 7
apiserver_request_total{code="201",group="",resource="events",verb="POST",version="v1"} 9
apiserver_request_total{code="200",group="coordination.k8s.io",resource="leases",verb="PUT",version="v1"} 30
# TYPE apiserver_response_sizes histogram
apiserver_response_sizes_bucket{group="apps",resource="deployments",verb="LIST",le="1000"} 4
apiserver_response_sizes_sum{group="apps",resource="deployments",verb="LIST"} 12345
apiserver_response_sizes_sum{group="apps",resource="deployments",verb="WATCH"} 99
apiserver_response_sizes_sum{group="",resource="pods",verb="LIST"} 99
process_cpu_seconds_total 12
"""


def test_requests_are_counted_by_verb_and_resource_whatever_the_answer() -> None:
    counters = read_counters(PAGE)
    assert counters.requests == {"APPLY deployments": 22, "LIST deployments": 4, "POST events": 9}


def test_only_answers_to_lists_of_deployments_are_weighed() -> None:
    assert read_counters(PAGE).response_bytes == 12345


def test_difference_names_only_what_was_asked_meanwhile() -> None:
    before = read_counters(PAGE)
    after = Counters(before.requests + Counter({"LIST deployments": 10}), before.response_bytes + 5)
    assert after.since(before) == Counters(Counter({"LIST deployments": 10}), 5)


def test_server_that_was_asked_nothing_counts_nothing() -> None:
    assert read_counters("process_cpu_seconds_total 12\n") == Counters(Counter(), 0)
