"""What the server and its model say about themselves."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from msgspec import UNSET

from bentos.core.contract import Field
from bentos.core.inference_protocol.datatypes import datatype_of
from bentos.core.inference_protocol.messages import MetadataTensor, ModelMetadata, Parameters, ServerMetadata
from bentos.core.inference_protocol.tensor_model import TensorModel

SERVER_NAME = "ekiben"
EXTENSIONS = ("binary_tensor_data",)


def describe_server() -> ServerMetadata:
    """Return what this server is."""
    try:
        version = installed_version(SERVER_NAME)
    except PackageNotFoundError:
        # An image has the folders, not the installed package.
        version = ""
    return ServerMetadata(SERVER_NAME, version, EXTENSIONS)


def describe_model(name: str, version: str, model: TensorModel) -> ModelMetadata:
    """Return what the model takes and gives. What the protocol has no word for is in the parameters."""
    inputs, outputs = (tuple(map(_describe, fields)) for fields in (model.inputs, model.outputs))
    return ModelMetadata(name, (version,), model.platform, inputs, outputs)


def _describe(field: Field) -> MetadataTensor:
    parameters: Parameters = {"optional": True} if field.optional else {}
    if field.description:
        parameters["description"] = field.description
    return MetadataTensor(field.name, datatype_of(field).name, field.shape, parameters or UNSET)
