import hashlib
import json
import tarfile
from pathlib import Path

from k8s.testcluster.archive import Image, libraries, write


def _image(program: Path) -> Image:
    return Image(
        name="docker.io/x/tool:1",
        entrypoint=("/bin/tool",),
        files={"/bin/tool": program},
        environment={"A": "b"},
    )


def _written(tmp_path: Path) -> Path:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    write(_image(program), tmp_path / "images" / "tool.tar")
    return tmp_path / "images" / "tool.tar"


def test_archive_is_what_docker_save_writes(tmp_path: Path) -> None:
    with tarfile.open(_written(tmp_path)) as archive:
        content = {name: archive.extractfile(name) for name in archive.getnames()}
        parts = {name: file.read() for name, file in content.items() if file}
    (manifest,) = json.loads(parts["manifest.json"])
    assert manifest["RepoTags"] == ["docker.io/x/tool:1"]
    configuration = json.loads(parts[manifest["Config"]])
    (layer,) = manifest["Layers"]
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(parts[layer]).hexdigest()}"]
    assert configuration["config"]["Entrypoint"] == ["/bin/tool"]
    assert configuration["config"]["User"] == "65534:65534"
    assert configuration["config"]["Env"] == ["A=b"]


def test_program_can_be_run_and_tmp_can_be_written(tmp_path: Path) -> None:
    with tarfile.open(_written(tmp_path)) as archive:
        layer = archive.extractfile("layer.tar")
        with tarfile.open(fileobj=layer) as inside:
            modes = {entry.name: oct(entry.mode) for entry in inside}
    assert modes == {"tmp": "0o1777", "bin/tool": "0o755"}


def test_nothing_but_the_archive_is_left(tmp_path: Path) -> None:
    assert [path.name for path in _written(tmp_path).parent.iterdir()] == ["tool.tar"]


def test_libraries_of_a_program_are_found_by_their_path_inside() -> None:
    found = libraries(Path("/bin/sh"))
    assert any("libc.so" in name for name in found)
    assert all(path.is_file() for path in found.values())


def test_script_needs_no_library(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert libraries(script) == {}
