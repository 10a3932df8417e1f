"""Which model a process loads, and what it refuses."""

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from bentos.core import model as model_module
from bentos.core.errors import (
    ContractMismatch,
    FileAltered,
    PackageNotFound,
    PackageUnloadable,
    PackageUnpinned,
    SelfTestFailed,
    SettingsError,
)
from bentos.core.model import find_definition, find_pin, load_model, staged_folder
from bentos.core.package import Pin
from bentos.core.routing import ServiceDefinition
from bentos.core.settings import ModelSettings
from tests.support.tiny.definition import CONTRACT, DEFINITION
from tests.support.tiny.package import TinyPackage, make_package


def settings_of(package: TinyPackage, **changes: object) -> ModelSettings:
    facts: dict[str, object] = {
        "source": "registry",
        "uri": package.pin.uri,
        "version": package.pin.version,
        "digest": package.pin.digest,
        "public_key": package.public_key,
    }
    return ModelSettings.model_validate({**facts, **changes})


def changed(**changes: object) -> ServiceDefinition:
    facts = {name: getattr(DEFINITION, name) for name in DEFINITION.__slots__}
    return ServiceDefinition(**{**facts, **changes})


def test_pinned_model_is_loaded_and_tested(tiny_package: TinyPackage) -> None:
    loaded = load_model(DEFINITION, settings_of(tiny_package))
    assert loaded.package.pin == tiny_package.pin
    assert {route.path for route in loaded.routes} >= {"/api/v1/leaf", "/api/v1/trees/{id}"}


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"digest": ""}, PackageUnpinned, "not pinned"),
        ({"digest": "sha256:" + "0" * 64}, FileAltered, r"manifest\.json"),
        ({"uri": ""}, SettingsError, "EKIBEN_MODEL_URI is empty"),
        ({"version": ""}, SettingsError, "EKIBEN_MODEL_VERSION is empty"),
        ({"uri": "/nowhere"}, PackageNotFound, r"No manifest\.json at /nowhere"),
        ({"public_key": "/nowhere.pem"}, SettingsError, "No public key in PEM form at /nowhere"),
        ({"public_key": None}, SettingsError, r"model/public\.pem"),
        ({"source": "image"}, PackageNotFound, r"No pin\.json at"),
    ],
)
def test_what_is_not_the_pinned_model_is_refused(
    tiny_package: TinyPackage, changes: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        load_model(DEFINITION, settings_of(tiny_package, **changes))


def test_code_with_another_contract_refuses_the_package(tiny_package: TinyPackage) -> None:
    definition = changed(contract=msgspec.structs.replace(CONTRACT, feature_version="2"))
    with pytest.raises(ContractMismatch):
        load_model(definition, settings_of(tiny_package))


def test_model_that_answers_otherwise_than_when_signed_is_refused(tmp_path: Path) -> None:
    other = make_package(
        tmp_path, extra={"selftest.json": b'{"leaves": [{"height": 1, "width": 1}], "probabilities": [2]}'}
    )
    with pytest.raises(SelfTestFailed):
        load_model(DEFINITION, settings_of(other))


@pytest.mark.parametrize("name", ["model.onnx", "selftest.json"])
def test_signed_content_that_can_not_be_read_is_refused_by_digest(tmp_path: Path, name: str) -> None:
    other = make_package(tmp_path, extra={name: b"nonsense"})
    with pytest.raises(PackageUnloadable, match="The package of tiny") as refusal:
        load_model(DEFINITION, settings_of(other))
    assert other.pin.digest in str(refusal.value)


def test_image_source_serves_what_is_staged_beside_the_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_package: TinyPackage
) -> None:
    staged = tmp_path / "model"
    staged.mkdir()
    for file in tiny_package.folder.iterdir():
        (staged / file.name).write_bytes(file.read_bytes())
    (staged / "public.pem").write_bytes(tiny_package.public_key.read_bytes())
    pin = msgspec.structs.replace(tiny_package.pin, uri="s3://where/it/came/from")
    (staged / "pin.json").write_bytes(msgspec.json.encode(pin))
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(model_module, "find_spec", lambda _name: spec)
    loaded = load_model(DEFINITION, ModelSettings())
    assert loaded.package.pin == Pin(uri=str(staged), version="7", digest=tiny_package.pin.digest)
    (staged / "pin.json").write_bytes(b"{}")
    with pytest.raises(SettingsError, match="is not a pin"):
        find_pin(DEFINITION, ModelSettings())


def test_staged_folder_lies_beside_the_service() -> None:
    assert staged_folder(DEFINITION) == Path("tests/support/tiny/model").absolute()
    with pytest.raises(SettingsError, match="is not in a package"):
        staged_folder(changed(bento="json.decoder.more:Service"))


def test_services_are_found_by_folder_or_by_module() -> None:
    assert find_definition("tests.support.tiny.definition:DEFINITION") is DEFINITION
    assert find_definition("battle").name == "battle"


@pytest.mark.parametrize("name", ["nothing", "json", "json:nothing", "json:loads", "", "../battle"])
def test_other_names_are_no_service(name: str) -> None:
    with pytest.raises(SettingsError):
        find_definition(name)
