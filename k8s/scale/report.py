"""The figures as Markdown, and the part of the documentation that holds them."""

from collections.abc import Callable, Iterator, Sequence

from k8s.scale.fit import fit_line
from k8s.scale.results import Kind, Measurement, Results, Step

BEGIN = "<!-- figures: begin (python -m k8s.scale renders them) -->"
END = "<!-- figures: end -->"
BYTES_PER_MB = 1_000_000

_MEASURES: dict[str, Callable[[Measurement], float]] = {
    "seconds": lambda one: one.look.seconds,
    "requests": lambda one: one.request_count,
    "answers to lists, MB": lambda one: one.response_bytes / BYTES_PER_MB,
    "CPU of the reconciler, s": lambda one: one.look.cpu_seconds,
    "CPU of the API server, s": lambda one: one.api_cpu_seconds,
    "CPU of etcd, s": lambda one: one.etcd_cpu_seconds,
    "memory of the reconciler, MB": lambda one: one.resident_bytes / BYTES_PER_MB,
    "page of metrics, MB": lambda one: one.look.page_bytes / BYTES_PER_MB,
    "page of metrics, s": lambda one: one.look.page_seconds,
}
_TITLES: dict[Kind, str] = {
    "first": "The look after a promotion of all models: every service is pinned anew",
    "steady": "A look with nothing to do",
}


def replace_figures(page: str, results: Results) -> str:
    """Return a page with the figures between its two marks renewed. Raises ValueError without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The page lacks {BEGIN} or {END}.")
    return f"{before}{BEGIN}\n\n{render(results)}\n{END}{after}"


def render(results: Results) -> str:
    """Return all tables, and where the figures come from."""
    parts = [_origin(results)]
    parts += [
        f"**{title}**\n\n{_table(*_steps_table(results.steps, kind))}" for kind, title in _TITLES.items()
    ]
    parts += [f"**Pods**\n\n{_table(*_pods_table(results.steps))}"]
    parts += [f"**The registry alone**\n\n{_table(*_registry_table(results))}"]
    return "\n".join(parts)


def _origin(results: Results) -> str:
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    largest = max(results.steps, key=lambda step: step.services)
    return (
        f"{largest.services:,} services with {results.replicas} pods each ({largest.pods:,} ready), "
        f"{results.models} models, {results.namespaces} namespaces. Commit {_short(results.commit)}. "
        f"{machine.cores} cores ({machine.processor}), {machine.memory_gb} GB, shared by all that ran; "
        f"load {machine.load_before:g} before the run. {versions}.\n"
    )


def _short(commit: str) -> str:
    """Return the commit as people write it, and whether there was more than it."""
    name, _, more = commit.partition("-")
    return f"{name[:12]} with changes" if more else name[:12]


def _steps_table(steps: Sequence[Step], kind: Kind) -> tuple[list[str], list[list[str]]]:
    head = ["services", *(f"{step.services:,}" for step in steps)]
    fitted = len({step.services for step in steps}) > 1
    head += ["per 100 more", "R²"] if fitted else []
    return head, [[name, *_values(steps, kind, measure, fitted)] for name, measure in _MEASURES.items()]


def _values(
    steps: Sequence[Step], kind: Kind, measure: Callable[[Measurement], float], fitted: bool
) -> Iterator[str]:
    values = [measure(step.first if kind == "first" else step.steady) for step in steps]
    yield from (number(value) for value in values)
    if fitted:
        line = fit_line([step.services for step in steps], values)
        yield number(line.slope)
        yield f"{line.r_squared:.3f}"


def _pods_table(steps: Sequence[Step]) -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            f"{step.services:,}",
            f"{step.pods:,}",
            f"{step.steady.look.reached:,}",
            number(step.pods_seconds),
        ]
        for step in steps
    ]
    return ["services", "pods ready", "services at the champion", "waited for, s"], rows


def _registry_table(results: Results) -> tuple[list[str], list[list[str]]]:
    rows = [
        [f"{cost.models:,}", *map(number, (cost.first_seconds, cost.steady_seconds, cost.steady_cpu_seconds))]
        for cost in results.registry
    ]
    return ["models", "first reading, s", "next ones, s", "CPU of those, s"], rows


def number(value: float) -> str:
    """Return a number with three digits that mean something."""
    value = round(value, 9)
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))
