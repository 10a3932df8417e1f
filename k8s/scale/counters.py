"""What the API server counts about itself, as far as it concerns what the reconciler asks for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

RESOURCES = frozenset({"deployments", "events"})
"""What the reconciler asks for. Others, such as Leases, the API server asks itself for, too."""
_REQUESTS = "apiserver_request_total"
_BYTES = "apiserver_response_sizes_sum"


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts since the API server started."""

    requests: Counter[str]
    """By verb and resource, such as `LIST deployments`."""
    response_bytes: int
    """Sent in answer to lists."""

    def since(self, before: "Counters") -> "Counters":
        """Return what was added to `before`."""
        added = {
            name: count - before.requests[name]
            for name, count in self.requests.items()
            if count > before.requests[name]
        }
        return Counters(Counter(added), self.response_bytes - before.response_bytes)


def read_counters(page: str) -> Counters:
    """Read a page of metrics; watches, which last, are left out."""
    requests: Counter[str] = Counter()
    response_bytes = 0.0
    for name, labels, value in _samples(page):
        if labels.get("resource") not in RESOURCES or labels["verb"] == "WATCH":
            continue
        if name == _REQUESTS:
            requests[f"{labels['verb']} {labels['resource']}"] += int(value)
        elif labels["verb"] == "LIST":
            response_bytes += value
    return Counters(requests, int(response_bytes))


def _samples(page: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield the samples of two metrics; parsing all of a busy server's page takes seconds."""
    wanted = (f"{_REQUESTS}{{", f"{_BYTES}{{")
    lines = "".join(f"{line}\n" for line in page.splitlines() if line.startswith(wanted))
    for family in text_string_to_metric_families(lines):
        for sample in family.samples:
            yield sample.name, dict(sample.labels), sample.value
