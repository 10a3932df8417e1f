"""Debian packages that the cluster runs on, installed where they are missing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k8s.testcluster.commands import run, say, step
from k8s.testcluster.errors import MachineUnsuitable

NEEDED = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "etcd": "etcd-server",
    "iptables": "iptables",
    "nft": "nftables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "gcc": "gcc",
    "/usr/include/stdlib.h": "libc6-dev",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""Program, or file, and the package that brings it."""

FOR_IMAGES = {"docker": "docker.io", "dockerd": "docker.io", "debootstrap": "debootstrap"}
"""The same, for building images."""

_POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this script whether a package may start its service."""

_START_NOTHING = "#!/bin/sh\nexit 101\n"


def missing(needed: dict[str, str]) -> list[str]:
    """Return the packages whose program or file is not there, each once, in alphabetical order."""
    return sorted({package for name, package in needed.items() if not _is_there(name)})


def _is_there(name: str) -> bool:
    return Path(name).exists() if name.startswith("/") else shutil.which(name) is not None


def find(program: str) -> Path:
    """Return where a program is. Raises MachineUnsuitable."""
    found = shutil.which(program)
    if not found:
        raise MachineUnsuitable(f"{program} is missing", "")
    return Path(found)


def install(needed: dict[str, str]) -> None:
    """Install what is missing, without starting a service. Raises MachineUnsuitable if that is impossible."""
    packages = missing(needed)
    if not packages:
        return
    command = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MachineUnsuitable(f"{', '.join(packages)} missing", f"As root, on Debian or Ubuntu: {command}")
    say(f"{command} (no service is started)")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installed {', '.join(packages)}"), _no_services():
        run("apt-get", "update", "--quiet", environment=quiet)
        run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages, environment=quiet)


@contextmanager
def _no_services() -> Iterator[None]:
    """Forbid packages to start services, unless the machine has a policy of its own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_START_NOTHING)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
