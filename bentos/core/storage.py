"""Small files under one address: a path, or a bucket as `s3://…`, `gs://…` or `az://…`.

Buckets are read through obstore, which needs no client library of a cloud and is loaded only for them; its
credentials and endpoint are the usual environment variables (`AWS_*`, `GOOGLE_*`, `AZURE_*`). A bucket that
does not answer is an error within a minute; what a hanging network file system needs is `run_within`.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

BUCKET_SCHEMES = frozenset({"s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl"})
CONNECT_TIMEOUT = timedelta(seconds=3)
REQUEST_TIMEOUT = timedelta(seconds=15)
RETRIES = 2
RETRY_TIMEOUT = timedelta(seconds=20)
"""After this no further attempt begins; object_store's own default of three minutes hides an outage."""

_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
_REASON_LIMIT = 300


class Storage:
    """Files under one address. Every method raises OSError, with a one-line reason, if it can't be done."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._filesystem: tuple[Any, str] | None = None

    def read(self, name: str) -> bytes:
        """Return the bytes of a file. Raises FileNotFoundError if there is none."""
        with self._opened() as (filesystem, root):
            return bytes(filesystem.cat_file(f"{root}/{name}"))

    def write(self, name: str, content: bytes) -> None:
        """Write a file: it is there as a whole or not at all."""
        with self._opened() as (filesystem, root):
            if isinstance(filesystem, LocalFileSystem):
                Path(root).mkdir(parents=True, exist_ok=True)
                write_whole(Path(root, name), content)
            else:
                filesystem.makedirs(root, exist_ok=True)
                filesystem.pipe_file(f"{root}/{name}", content)

    def exists(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        with self._opened() as (filesystem, root):
            filesystem.invalidate_cache()
            return bool(filesystem.exists(f"{root}/{name}"))

    def names(self) -> list[str]:
        """Return the names of the files right under the address, sorted; none if there is nothing."""
        with self._opened() as (filesystem, root):
            filesystem.invalidate_cache()
            try:
                found = filesystem.ls(root, detail=False)
            except FileNotFoundError:
                return []
            names = [str(one).rstrip("/").rpartition("/")[2] for one in found]
            return sorted(name for name in names if not name.startswith("."))

    def remove(self) -> None:
        """Delete everything under the address; nothing there is no error."""
        with self._opened() as (filesystem, root):
            filesystem.invalidate_cache()
            if filesystem.exists(root):
                filesystem.rm(root, recursive=True)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, str]]:
        try:
            if self._filesystem is None:
                self._filesystem = _open(self.address)
            yield self._filesystem
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise OSError("there is no such bucket") from error
            raise
        except OSError:
            raise
        except (ValueError, ImportError) as error:
            raise OSError(str(error).rstrip(".")) from error
        except Exception as error:
            if not type(error).__module__.startswith("obstore"):
                raise
            raise OSError(_first_line(error)) from error


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path`: a reader sees the old bytes or the new ones, also after a crash."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _open(address: str) -> tuple[Any, str]:
    scheme, separator, path = address.partition("://")
    if not separator or scheme not in BUCKET_SCHEMES:
        filesystem, root = fsspec.core.url_to_fs(address)
        return filesystem, str(root).rstrip("/")
    from obstore.fsspec import FsspecStore

    endpoints = [os.environ.get(name) or os.environ.get(name.lower()) or "" for name in _ENDPOINTS]
    plain = any(endpoint.startswith("http://") for endpoint in endpoints)
    options = {"connect_timeout": CONNECT_TIMEOUT, "timeout": REQUEST_TIMEOUT}
    make: Any = FsspecStore
    filesystem = make(
        scheme,
        # Whoever names an endpoint without TLS means it.
        client_options={**options, "allow_http": True} if plain else options,
        retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT},
        # Kept by who uses it and for no longer: credentials in the environment may be others by then.
        skip_instance_cache=True,
    )
    return filesystem, path


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).partition("\n\nDebug source")[0].split())
    return text[:_REASON_LIMIT].rstrip(".")
