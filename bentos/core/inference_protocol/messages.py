"""The protocol's JSON objects, as far as they are the same for every model. What is not known is let pass:
the protocol is meant to be extended."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

MOST_TENSORS = 64
MOST_DIMENSIONS = 16

Parameters = dict[str, str | bool | int | float]
Dimension = Annotated[int, Meta(ge=0)]
Shape = Annotated[list[Dimension], Meta(max_length=MOST_DIMENSIONS)]


class RequestInput(Struct, frozen=True):
    """One input tensor: `data` here, or `binary_data_size` in the parameters and the bytes behind the
    JSON."""

    name: str
    shape: Shape
    datatype: str
    parameters: Parameters | None = None
    data: Raw = field(default_factory=Raw)


class RequestOutput(Struct, frozen=True):
    """One output tensor that is asked for."""

    name: str
    parameters: Parameters | None = None


class InferenceRequest(Struct, frozen=True):
    """What a caller sends to `infer`."""

    inputs: Annotated[list[RequestInput], Meta(min_length=1, max_length=MOST_TENSORS)]
    outputs: Annotated[list[RequestOutput], Meta(max_length=MOST_TENSORS)] | None = None
    id: str | None = None
    parameters: Parameters | None = None


class ResponseOutput(Struct, frozen=True):
    """One output tensor: `data` in row-major order, or the size of its bytes behind the JSON."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    parameters: Parameters | UnsetType = UNSET
    data: list[Any] | UnsetType = UNSET


class InferenceResponse(Struct, frozen=True):
    """What comes back from `infer`."""

    model_name: str
    model_version: str
    outputs: list[ResponseOutput]
    id: str | UnsetType = UNSET


class MetadataTensor(Struct, frozen=True):
    """One tensor that a model takes or gives; -1 stands for the number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    parameters: Parameters | UnsetType = UNSET


class ModelMetadata(Struct, frozen=True):
    """What a model takes and gives."""

    name: str
    versions: tuple[str, ...]
    platform: str
    inputs: tuple[MetadataTensor, ...]
    outputs: tuple[MetadataTensor, ...]


class ServerMetadata(Struct, frozen=True):
    """What this server is, and which extensions of the protocol it knows."""

    name: str
    version: str
    extensions: tuple[str, ...]


class ServerLive(Struct, frozen=True):
    """Whether the process is alive."""

    live: bool


class ServerReady(Struct, frozen=True):
    """Whether requests should be sent here. The specification says `live`, its own client reads `ready`."""

    live: bool
    ready: bool


class ModelReady(Struct, frozen=True):
    """Whether the model can be asked."""

    name: str
    ready: bool


class ProtocolError(Struct, frozen=True):
    """Every error of the protocol: one sentence."""

    error: str


encode = msgspec.json.Encoder().encode
