"""The analyst under load: the usual question, answered from what is stored or from the facts alone."""

from loadtests.benchmarks.contenders import launch_ekiben
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender, Form, Sample
from loadtests.benchmarks.pins import home_folder, read_pin
from loadtests.benchmarks.servers import NO_BODY

ANALYST = "Ekiben, analyst"
ANALYSIS_PATH = "/price-analysis?limit=24"


def analyst_contender() -> Contender:
    """Return the analyst with what `make up` pinned and collected here, and without a language model. Raises
    ServerUnusable if there is nothing."""
    pin, prices = read_pin("analyst"), home_folder() / "analyst.db"
    if pin is None or not prices.exists():
        raise ServerUnusable("analyst", "`make up` has collected no prices here")
    settings = {**pin, "EKIBEN_DATABASE_URL": f"sqlite:///{prices}", "EKIBEN_ANALYST_PROVIDERS": ""}
    return Contender(launch_ekiben(ANALYST, "analyst", settings), analysis_form(), ours=True)


def analysis_form() -> Form:
    """Return the one question, which has no body."""
    return Form("GET", ANALYSIS_PATH, lambda _rows, _seed: Sample(b"", list), None, NO_BODY)
