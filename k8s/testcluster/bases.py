"""The public images that ours build on, or stand-ins of Debian packages where no registry can be reached.

The stand-ins carry the public names, so that every Dockerfile and chart stays as it is.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from k8s.testcluster import docker
from k8s.testcluster.commands import pipe, run, say, step
from k8s.testcluster.errors import CommandFailed
from k8s.testcluster.paths import SOURCE, Paths

RECIPES = SOURCE / "bases"
_PULL_SECONDS = "60"
_RELEASE = "bookworm"
_BUNDLE = Path("etc/ssl/certs/ca-certificates.crt")
_AUTHORITIES = Path("usr/local/share/ca-certificates")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_BUNDLE_VARIABLES = ("CURL_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Base:
    """A public image. `recipe` is the folder of the stand-in's Dockerfile; Debian itself has none."""

    name: str
    recipe: str = ""

    def tar(self, paths: Paths) -> Path:
        """Return where the stand-in is kept."""
        return paths.images / f"{re.sub(r'[/:]', '_', self.name)}.tar"


BASES = (
    Base("debian:bookworm-slim"),
    Base("python:3.11-slim", "python"),
    Base("postgres:15-bookworm", "postgres"),
    Base("quay.io/prometheuscommunity/postgres-exporter:v0.15.0", "postgres-exporter"),
)
FOR_PODS = tuple(base.name for base in BASES if "postgres" in base.recipe)
"""Those that pods run as they are; the others only begin other images."""


def ensure(paths: Paths, host: str) -> None:
    """Give the engine at `host` all base images. Raises CommandFailed.

    Each comes from the engine itself, from the cache, from its registry, or is made here, whichever is first.
    """
    reachable = True
    for base in BASES:
        if docker.has_image(host, base.name):
            continue
        if base.tar(paths).exists():
            with step(f"{base.name}: the stand-in from the cache"):
                docker.docker(host, "load", "--quiet", "--input", str(base.tar(paths)))
            continue
        reachable = reachable and _pull(base, host)
        if not reachable:
            _make(paths, base, host)


def _pull(base: Base, host: str) -> bool:
    """Return whether the image could be had from its registry."""
    pull = ("timeout", _PULL_SECONDS, "docker", "pull", "--quiet", base.name)
    with step(f"{base.name}: asked its registry"):
        try:
            run(*pull, environment={"DOCKER_HOST": host})
        except CommandFailed as error:
            say(f"           {error.output.strip().splitlines()[-1]}")
            return False
    return True


def _make(paths: Paths, base: Base, host: str) -> None:
    """Make the stand-in, and keep it in the cache."""
    with step(f"{base.name}: a stand-in made of Debian packages"):
        if base.recipe:
            build = ("build", "--quiet", "--network=host", "--tag", base.name)
            docker.docker(host, *build, str(RECIPES / base.recipe))
        else:
            _make_debian(paths, base.name, host)
    with step(f"{base.name}: kept in the cache"):
        paths.images.mkdir(parents=True, exist_ok=True)
        unfinished = base.tar(paths).with_suffix(".new")
        docker.docker(host, "save", "--output", str(unfinished), base.name)
        unfinished.rename(base.tar(paths))


def _make_debian(paths: Paths, name: str, host: str) -> None:
    paths.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debian-", dir=paths.cache) as folder:
        root = Path(folder)
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", _RELEASE, root)
        variables = trust_as_we_do(root, Path("/") / _BUNDLE)
        for waste in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / waste)
            (root / waste).mkdir()
        changes = [f"--change=ENV {name}=/{_BUNDLE}" for name in variables]
        importing = ("docker", "import", '--change=CMD ["bash"]', *changes, "-", name)
        pipe(("tar", "-C", root, "-c", "."), importing, {"DOCKER_HOST": host})


def trust_as_we_do(root: Path, bundle: Path) -> Iterable[str]:
    """Let a Debian below `root` trust the authorities that only this machine trusts.

    Where TLS is intercepted, nothing could be fetched during a build otherwise. Returns the variables that
    name `bundle` here and have to name the image's own bundle there.
    """
    known = set(_CERTIFICATE.findall((root / _BUNDLE).read_text()))
    extra = [found for found in _CERTIFICATE.findall(_read(bundle)) if found not in known]
    for number, certificate in enumerate(extra):
        (root / _AUTHORITIES / f"host-{number}.crt").write_text(f"{certificate}\n")
    if not extra:
        return ()
    run("chroot", root, "update-ca-certificates")
    return [name for name in _BUNDLE_VARIABLES if os.environ.get(name)]


def _read(bundle: Path) -> str:
    return bundle.read_text() if bundle.exists() else ""
