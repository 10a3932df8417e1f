"""How a named context is reached: which kubeconfig knows it, and with which tools."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from k8s.testcluster.addresses import CONTEXT
from k8s.testcluster.paths import Paths

KUBECONFIG_CONTENT = "KUBECONFIG_CONTENT"
"""Environment variable with a whole kubeconfig, for pipelines that keep it as a secret."""


@contextmanager
def reaching(context: str) -> Iterator[dict[str, str]]:
    """Give the environment for Helm, kubectl and clients that reach the context.

    A kubeconfig that came as text lies in a private file meanwhile. The test cluster brings its own, and its
    tools.
    """
    content = os.environ.get(KUBECONFIG_CONTENT)
    if context == CONTEXT:
        paths = Paths.default()
        path = f"{paths.bin}{os.pathsep}{os.environ.get('PATH', '')}"
        yield {**os.environ, "PATH": path, "KUBECONFIG": str(paths.kubeconfig)}
    elif content:
        with TemporaryDirectory(prefix="ekiben-kubeconfig-") as folder:
            file = Path(folder, "config")
            file.touch(mode=0o600)
            file.write_text(content)
            without = {name: value for name, value in os.environ.items() if name != KUBECONFIG_CONTENT}
            yield {**without, "KUBECONFIG": str(file)}
    else:
        yield dict(os.environ)
