"""Results of a run that never was, with costs that grow in proportion."""

from k8s.scale.results import Look, Machine, Measurement, RegistryCost, Results, Step


def measurement(services: int, pinned: int) -> Measurement:
    look = Look(
        seconds=services * (0.02 if pinned else 0.001),
        cpu_seconds=services * 0.005,
        pinned=pinned,
        reached=services - pinned,
        failures=0,
        page_seconds=services * 0.0001,
        page_bytes=services * 1000,
    )
    return Measurement(
        look=look,
        requests={"LIST deployments": 10, **({"APPLY deployments": 2 * pinned} if pinned else {})},
        response_bytes=services * 13_000,
        api_cpu_seconds=services * 0.01,
        etcd_cpu_seconds=services * 0.002,
        resident_bytes=250_000_000 + services * 20_000,
    )


def step(services: int) -> Step:
    return Step(
        services=services,
        pods=services * 5,
        pods_seconds=12.5,
        first=measurement(services, services),
        steady=measurement(services, 0),
    )


RESULTS = Results(
    commit="abc1234",
    machine=Machine(cores=2, processor="A Processor", memory_gb=24, load_before=0.5),
    versions={"kube-apiserver": "v1.34.4", "kwok": "v0.7.0"},
    namespaces=10,
    models=50,
    replicas=5,
    steps=(step(100), step(500), step(1000)),
    registry=(RegistryCost(models=50, first_seconds=0.5, steady_seconds=0.04, steady_cpu_seconds=0.03),),
)
