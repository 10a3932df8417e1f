"""Packages that a pod keeps, so that a restarted container needs no store: one folder each, named by digest.

The cache is a convenience: whatever is wrong with it is a warning, and the store is asked instead. What is
read from it is verified like anything else, so it need not be trusted.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bentos.core.errors import PackageError
from bentos.core.loggers import get_logger
from bentos.core.package import ModelPackage, Pin, load_package

KEPT_PACKAGES = 3
"""Newest packages that stay; a volume that pods share can hold this version, the next and the one before."""

ABANDONED_SECONDS = 3600.0
"""Age at which a half written package belongs to a process that is gone."""

_PART = ".part-"
_log = get_logger("ekiben.cache")


class PackageCache:
    """The packages in one folder. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, pin: Pin, key: Ed25519PublicKey, fetch: Callable[[], ModelPackage]) -> ModelPackage:
        """Return the pinned package from the cache, or what `fetch` returns, which is kept then.

        Raises what `fetch` raises.
        """
        kept = self._read(pin, key)
        if kept is not None:
            _log.info("The package is taken from the cache", model_digest=pin.digest)
            return kept
        package = fetch()
        try:
            self._keep(package)
        except OSError as error:
            _log.warning("The package can't be kept in the cache", cache=str(self._folder), why=str(error))
        return package

    def _read(self, pin: Pin, key: Ed25519PublicKey) -> ModelPackage | None:
        folder = self._folder_of(pin)
        try:
            if not pin.digest or not folder.exists():
                return None
            found = load_package(Pin(uri=str(folder), version=pin.version, digest=pin.digest), key)
        except (PackageError, OSError) as error:
            _log.warning("The package in the cache is not used", why=str(error))
            self._discard(folder)
            return None
        return ModelPackage(pin, found.manifest, found.files, found.seals)

    def _keep(self, package: ModelPackage) -> None:
        """Write the package beside its place and move it there: a reader finds all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=self._folder, prefix=_PART))
        try:
            for name, content in {**package.files, **package.seals}.items():
                (part / name).write_bytes(content)
            part.chmod(0o755)
            folder = self._folder_of(package.pin)
            if not folder.exists():
                part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._forget_old(package.pin)

    def _forget_old(self, pin: Pin) -> None:
        """Remove all but the newest packages, and what interrupted processes left."""
        found = [one for one in self._folder.iterdir() if one.is_dir() and one != self._folder_of(pin)]
        ages = {one: time.time() - one.stat().st_mtime for one in found}
        parts = [one for one in found if one.name.startswith(_PART)]
        old = sorted(ages.keys() - parts, key=ages.__getitem__)[KEPT_PACKAGES - 1 :]
        for folder in [*old, *(part for part in parts if ages[part] > ABANDONED_SECONDS)]:
            shutil.rmtree(folder, ignore_errors=True)

    def _discard(self, folder: Path) -> None:
        """Move a broken package out of the way first: what is half deleted must not be found by others."""
        try:
            part = Path(tempfile.mkdtemp(dir=self._folder, prefix=_PART))
            folder.rename(part / folder.name)
            shutil.rmtree(part, ignore_errors=True)
        except OSError as error:
            _log.warning("The package in the cache can't be removed", why=str(error))

    def _folder_of(self, pin: Pin) -> Path:
        return self._folder / pin.digest.removeprefix("sha256:")
