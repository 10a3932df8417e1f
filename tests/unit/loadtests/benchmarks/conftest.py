"""A running server with a small synthetic model, for everything that asks one."""

import os
from collections.abc import Iterator

import pytest

from loadtests.benchmarks.contenders import Contenders
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import Server
from loadtests.benchmarks.subject import start_subject
from loadtests.benchmarks.synthetic.model import TrainedModel, train_model
from loadtests.benchmarks.synthetic.package import write_package


@pytest.fixture(scope="session")
def small_model() -> TrainedModel:
    return train_model(trees=10, depth=3, rows=500)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    core = min(os.sched_getaffinity(0))
    return Site(core, core, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def contender(small_model: TrainedModel, site: Site) -> Contender:
    made = Contenders(small_model, site.folder / "model")
    return made.ekiben(write_package(small_model, site.folder / "package"))


@pytest.fixture(scope="session")
def server(contender: Contender, site: Site) -> Iterator[Server]:
    with start_subject(contender, site) as started:
        yield started
