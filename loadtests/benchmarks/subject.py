"""What overload and soak are tried on: battle where there is a version of it, else the synthetic model; or
the analyst."""

from loadtests.benchmarks.analyst_subject import analyst_contender
from loadtests.benchmarks.battle import battle_contender, find_pin
from loadtests.benchmarks.contenders import Contenders
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import Server, start
from loadtests.benchmarks.synthetic.model import train_model
from loadtests.benchmarks.synthetic.package import write_package

SERVICES = ("battle", "synthetic", "analyst")


def find_subject(site: Site, service: str | None) -> Contender:
    """Return the service of that name; None: battle if it has a version here. Raises ServerUnusable."""
    if service == "analyst":
        return analyst_contender()
    settings = None if service == "synthetic" else find_pin()
    if settings is not None:
        return battle_contender(settings)
    if service == "battle":
        raise ServerUnusable("battle", "no version of it is champion here")
    model = train_model()
    made = Contenders(model, site.folder / "model")
    return made.ekiben(write_package(model, site.folder / "package"))


def start_subject(contender: Contender, site: Site) -> Server:
    """Start it on its core and return it once it answers. Raises ServerUnusable."""
    first = contender.single.question(contender.single.draw(1, 0))
    return start(contender.launch, first, site.server_core, site.folder / "logs" / f"{contender.name}.log")
