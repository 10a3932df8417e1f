"""The trainer's Ed25519 key: made at first use, then readable by its owner only, its public half beside it.

A key that comes from elsewhere may be open to a group, because a mounted Kubernetes secret is
(`defaultMode: 0440` with an `fsGroup`); to every user of the machine it may not.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bentos.core.errors import SettingsError
from training.core.files import make_folder, write_atomically


def signing_key(private_path: Path, public_path: Path) -> Ed25519PrivateKey:
    """Return the key at `private_path`, made now if there is none; `public_path` then holds its public half.

    Raises SettingsError if the file holds no Ed25519 key or is open to every user of the machine.
    """
    if not private_path.exists():
        _create(private_path)
    key = _read(private_path)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not public_path.exists() or public_path.read_bytes() != public:
        write_atomically(public_path, public)
    return key


def _create(path: Path) -> None:
    """Put a new key at `path`, unless another process was quicker: a link, unlike a rename, never
    replaces."""
    make_folder(path.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink()


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"No private key in PEM form at {path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"The private key at {path} is not an Ed25519 key.")
    if path.stat().st_mode & stat.S_IRWXO:
        raise SettingsError(
            f"The private key at {path} is open to every user: chmod 600 it, or 440 if a group needs it."
        )
    return key
