"""A report as text in a log. The files of a finished pod can't be copied, but its log can be read as long as
the pod is kept, so the report goes through it.

    kubectl logs -f job/load-loadtests-master-1 | python -m loadtests.collect build/loadtests/cluster
"""

import base64
import binascii
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from loadtests.errors import ReportUnreadable

BEGIN, END = "-----BEGIN EKIBEN LOAD REPORT-----", "-----END EKIBEN LOAD REPORT-----"
LINE_CHARACTERS = 4000
"""Container runtimes split lines of 16 KiB."""


def pack(folder: Path) -> Iterator[str]:
    """Yield the lines of a report: a marker, a tar.gz as base64, the marker with its SHA-256."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    content = buffer.getvalue()
    yield BEGIN
    written = base64.b64encode(content).decode()
    yield from (written[at : at + LINE_CHARACTERS] for at in range(0, len(written), LINE_CHARACTERS))
    yield f"{END} {hashlib.sha256(content).hexdigest()}"


def unpack(lines: Iterable[str], folder: Path, show: Callable[[str], object]) -> list[str]:
    """Write the files of the last report in a log into `folder`; return their names. `show` gets the other
    lines as they come.

    Raises ReportUnreadable if there is none, or if it is not whole.
    """
    content = _read(lines, show)
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")
        return archive.getnames()


def _read(lines: Iterable[str], show: Callable[[str], object]) -> bytes:
    written: list[str] | None = None
    found: tuple[str, str] | None = None
    for line in (line.rstrip() for line in lines):
        if line == BEGIN:
            written = []
        elif line.startswith(END) and written is not None:
            found, written = ("".join(written), line.removeprefix(END).strip()), None
        elif written is not None:
            written.append(line)
        else:
            show(line)
    if found is None:
        raise ReportUnreadable("it has none that is whole. Was the log rotated, or is the pod still at work?")
    try:
        content = base64.b64decode(found[0], validate=True)
    except binascii.Error as error:
        raise ReportUnreadable(f"it is not base64 ({error})") from None
    if hashlib.sha256(content).hexdigest() != found[1]:
        raise ReportUnreadable("its checksum does not match")
    return content
