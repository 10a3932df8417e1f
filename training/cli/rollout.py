"""`ekiben reconcile`: keep Deployments at the registry's champions."""

from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.output import OutputOption, print_json, print_table, working

if TYPE_CHECKING:
    from training.core.registry import Registry
    from training.core.settings import TrainingSettings
    from training.rollout.loop import Loop
    from training.rollout.metrics import RolloutMetrics
    from training.rollout.reconciler import Cycle, Outcome

PORT = 9090


def reconcile(
    once: Annotated[bool, typer.Option("--once", help="Look once, print what was done, and end.")] = False,
    interval_seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="Pause between looks.")] = 5.0,
    namespace: Annotated[
        list[str] | None, typer.Option("--namespace", "-n", help="Repeatable; else EKIBEN_NAMESPACES.")
    ] = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Every namespace.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of /metrics, /livez and /readyz.")] = PORT,
    lease: Annotated[str, typer.Option(help="Name of the Lease; one per set of namespaces.")] = "",
    output: OutputOption = "table",
) -> None:
    """Pin each model's champion on the Deployments that follow it, and keep doing so.

    Works in a pod, by its service account, or with EKIBEN_KUBE_CONTEXT. Only Deployments labelled
    ekiben.io/rollout=auto are written. A pin that someone else has set is a hold: it is reported and left
    alone until it equals the champion or `ekiben promote MODEL --resume` is called.
    """
    from training.rollout.deployments import EVERYWHERE

    namespaces = (EVERYWHERE,) if all_namespaces else tuple(namespace or ())
    if once:
        _run_once(namespaces, lease, output)
    else:
        _run(namespaces, lease, interval_seconds, port)


def _run(namespaces: tuple[str, ...], lease: str, interval_seconds: float, port: int) -> None:
    from bentos.core.logs import configure_logs
    from training.rollout.api import runs_in_cluster
    from training.rollout.probes import serving_probes

    configure_logs()
    loop, metrics = _make_loop(namespaces, lease, interval_seconds)
    loop.stop_at_signals()
    host = "" if runs_in_cluster() else "127.0.0.1"
    with serving_probes(host, port, metrics.registry, loop.is_alive, loop.is_ready):
        loop.run()


def _run_once(namespaces: tuple[str, ...], lease: str, output: str) -> None:
    with working():
        loop, _ = _make_loop(namespaces, lease, 0.0)
        cycle = loop.run_once()
    if output == "json":
        print_json([_facts(outcome) for outcome in cycle.outcomes])
    else:
        _print(cycle)
    if cycle.failures:
        raise typer.Exit(7)


def _make_loop(
    namespaces: tuple[str, ...], lease: str, interval_seconds: float
) -> "tuple[Loop, RolloutMetrics]":
    from training.core.settings import read_settings
    from training.rollout.loop import open_loop

    settings = read_settings()
    return open_loop(settings, namespaces, lease, interval_seconds, lambda: _open_registry(settings))


def _open_registry(settings: "TrainingSettings") -> "Registry":
    from training.core.workbench import open_workbench

    return open_workbench(settings).registry


def _print(cycle: "Cycle") -> None:
    columns = ("deployment", "model", "rollout", "pinned", "champion", "done", "every replica runs it")
    rows = [tuple(_facts(outcome).values()) for outcome in cycle.outcomes]
    print_table("Deployments", columns, rows)


def _facts(outcome: "Outcome") -> dict[str, str]:
    found = outcome.deployment
    return {
        "deployment": found.label,
        "model": found.model,
        "rollout": found.mode,
        "pinned": found.pin.version if found.pin else "none",
        "champion": outcome.champion.version if outcome.champion else "none",
        "done": outcome.error or outcome.action or "nothing",
        "reached": "yes" if outcome.reached else "no",
    }
