"""The cluster's own images, and how images get into its container runtime."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from k8s.testcluster import archive
from k8s.testcluster.archive import Image
from k8s.testcluster.commands import pipe, run, step
from k8s.testcluster.packages import find
from k8s.testcluster.paths import SOURCE, Paths
from k8s.testcluster.runtime import PAUSE_IMAGE, ctr
from k8s.testcluster.tools import select

PREFIX = "docker.io/ekiben-testcluster"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ADDON_TOOLS = ("metrics-server", "prometheus", "keda-operator", "keda-adapter")
"""What every cluster for tests runs."""
_DNS = "coredns"
_ALERTMANAGER_TEMPLATES = Path("/usr/share/prometheus/alertmanager")
_PARALLEL_IMPORTS = 2


def own_images(paths: Paths) -> list[Image]:
    """Return the images of our own cluster: the pause container, DNS and all add-ons."""
    return [
        _single(PAUSE_IMAGE, "pause", build_pause(paths)),
        *_of_tools(paths, [_DNS]),
        *addon_images(paths),
    ]


def addon_images(paths: Paths) -> list[Image]:
    """Return the images of the add-ons for clusters that have DNS."""
    alertmanager = find("prometheus-alertmanager")
    beside = {str(path): path for path in _ALERTMANAGER_TEMPLATES.glob("*.tmpl")}
    return [
        *_of_tools(paths, ADDON_TOOLS),
        _single(
            f"{PREFIX}/alertmanager:debian",
            "alertmanager",
            alertmanager,
            archive.libraries(alertmanager) | beside,
        ),
    ]


def _of_tools(paths: Paths, names: Iterable[str]) -> list[Image]:
    return [
        _single(f"{PREFIX}/{tool.binary}:{tool.version}", tool.binary, tool.path(paths))
        for tool in select(names)
    ]


def _single(name: str, program: str, source: Path, more: dict[str, Path] | None = None) -> Image:
    """Return an image with one program, what it needs, and the authorities that this machine trusts."""
    files = {f"/bin/{program}": source, **(more or {})}
    if Path(_CERTIFICATES).exists():
        files[_CERTIFICATES] = Path(_CERTIFICATES)
    return Image(name=name, entrypoint=(f"/bin/{program}",), files=files)


def build_pause(paths: Paths) -> Path:
    """Compile the program that holds a pod's namespaces open, unless it is in the cache, and return it."""
    source = SOURCE / "pause" / "pause.c"
    program = paths.builds / f"pause-{_digest([source])}"
    if not program.exists():
        paths.builds.mkdir(parents=True, exist_ok=True)
        run("gcc", "-Os", "-static", "-s", "-o", program, source)
    return program


def _digest(files: Iterable[Path]) -> str:
    """Return a short name for the content of small files, and for size and time of large ones."""
    seen = hashlib.sha256()
    for path in sorted(files):
        status = path.stat()
        content = path.read_bytes() if path.suffix in (".c", ".crt") else b""
        seen.update(f"{path.name} {status.st_size} {0 if content else status.st_mtime_ns}".encode() + content)
    return seen.hexdigest()[:12]


def tar_of(paths: Paths, image: Image) -> Path:
    """Return the image's tar file in the cache, which is written if it is not there."""
    name = image.name.rpartition("/")[2].replace(":", "-")
    path = paths.images / f"{name}-{_digest(image.files.values())}.tar"
    if not path.exists():
        archive.write(image, path)
    return path


def import_own(paths: Paths) -> None:
    """Bring the cluster's own images into the container runtime. Raises CommandFailed."""
    known = _loaded(paths)
    tars = {image.name: tar_of(paths, image) for image in own_images(paths)}
    new = {name: tar for name, tar in tars.items() if known.get(name) != tar.name}
    with ThreadPoolExecutor(_PARALLEL_IMPORTS) as pool:
        list(pool.map(lambda tar: run(*ctr(paths), "images", "import", tar), new.values()))
    _remember(paths, {name: tar.name for name, tar in new.items()})


def load(paths: Paths, names: Iterable[str], docker_host: str) -> list[str]:
    """Bring images of a Docker engine into the cluster, and return those that were not there yet.

    Names are completed as Docker completes them. Raises CommandFailed, for example if there is no such image.
    """
    known = _loaded(paths)
    engine = {"DOCKER_HOST": docker_host}
    brought = []
    for name in names:
        identity = run("docker", "image", "inspect", "--format", "{{.Id}}", name, environment=engine).strip()
        if known.get(full_name(name)) != identity:
            with step(f"loaded {name}"):
                pipe(("docker", "save", name), (*ctr(paths), "images", "import", "-"), engine)
            _remember(paths, {full_name(name): identity})
            brought.append(name)
    return brought


def full_name(name: str) -> str:
    """Return an image's name with its registry and tag: `postgres` is `docker.io/library/postgres:latest`."""
    if ":" not in name.rpartition("/")[2] and "@" not in name:
        name = f"{name}:latest"
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"docker.io/{name}"


def _record(paths: Paths) -> Path:
    return paths.image_store / "loaded.json"


def _loaded(paths: Paths) -> dict[str, str]:
    """Return which edition of each image containerd has, by full name."""
    if not _record(paths).exists():
        return {}
    present = set(run(*ctr(paths), "images", "list", "--quiet").split())
    known: dict[str, str] = json.loads(_record(paths).read_text())
    return {name: edition for name, edition in known.items() if name in present}


def _remember(paths: Paths, more: dict[str, str]) -> None:
    _record(paths).write_text(json.dumps(_loaded(paths) | more, indent=2))
