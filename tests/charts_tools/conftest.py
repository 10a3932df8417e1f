"""Every shape of every chart, rendered once into a folder."""

import pytest
import yaml

from tests.support.chart_tools import Rendered
from tests.support.helm import CHARTS, render


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> list[Rendered]:
    """Return one file for each of `charts/*/ci/*-values.yaml`."""
    folder = tmp_path_factory.mktemp("shapes")
    rendered = []
    for values in sorted(CHARTS.glob("*/ci/*-values.yaml")):
        chart = values.parent.parent.name
        file = folder / f"{chart}-{values.name}"
        objects = render(chart, files=[values], release="trial").objects
        file.write_text(yaml.safe_dump_all(objects))
        rendered.append(Rendered(chart, file))
    return rendered
