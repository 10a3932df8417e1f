"""The messages of the protocol, and those of gRPC's own health checks, as far as they are used here.

The first are those of https://github.com/kserve/open-inference-protocol, the second those of
https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
"""

from bentos.core.inference_protocol.grpc.descriptors import Member, make_messages

SERVICE = "inference.GRPCInferenceService"
HEALTH_SERVICE = "grpc.health.v1.Health"

SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3
"""Values of `status` in the answer to a health check; an enumeration has the encoding of a number."""

CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""In which field of InferTensorContents the elements of each datatype are; FP16 has none."""


def _tensor(contents: bool = True) -> tuple[Member, ...]:
    members = (
        Member(1, "name", "string"),
        Member(2, "datatype", "string"),
        Member(3, "shape", "int64", repeated=True),
    )
    if not contents:
        return members
    return *members, _parameters(4), Member(5, "contents", "InferTensorContents")


def _parameters(number: int) -> Member:
    return Member(number, "parameters", "InferParameter", is_map=True)


def _list(number: int, name: str, kind: str) -> Member:
    return Member(number, name, kind, repeated=True)


def _choice(number: int, kind: str) -> Member:
    return Member(number, f"{kind}_param", kind, choice="parameter_choice")


_NAME, _VERSION = Member(1, "name", "string"), Member(2, "version", "string")
_MODEL = (Member(1, "model_name", "string"), Member(2, "model_version", "string"), Member(3, "id", "string"))
_METADATA = "ModelMetadataResponse.TensorMetadata"
_INPUT, _OUTPUT = "ModelInferRequest.InferInputTensor", "ModelInferResponse.InferOutputTensor"
_REQUESTED = "ModelInferRequest.InferRequestedOutputTensor"

_classes = make_messages(
    "inference",
    {
        "ServerLiveResponse": (Member(1, "live", "bool"),),
        "ServerReadyResponse": (Member(1, "ready", "bool"),),
        "ModelReadyRequest": (_NAME, _VERSION),
        "ModelReadyResponse": (Member(1, "ready", "bool"),),
        "ServerMetadataResponse": (_NAME, _VERSION, _list(3, "extensions", "string")),
        "ModelMetadataRequest": (_NAME, _VERSION),
        "ModelMetadataResponse": (
            _NAME,
            _list(2, "versions", "string"),
            Member(3, "platform", "string"),
            _list(4, "inputs", _METADATA),
            _list(5, "outputs", _METADATA),
        ),
        _METADATA: _tensor(contents=False),
        "InferParameter": (
            _choice(1, "bool"),
            _choice(2, "int64"),
            _choice(3, "string"),
            _choice(4, "double"),
            _choice(5, "uint64"),
        ),
        "InferTensorContents": (
            _list(1, "bool_contents", "bool"),
            _list(2, "int_contents", "int32"),
            _list(3, "int64_contents", "int64"),
            _list(4, "uint_contents", "uint32"),
            _list(5, "uint64_contents", "uint64"),
            _list(6, "fp32_contents", "float"),
            _list(7, "fp64_contents", "double"),
            _list(8, "bytes_contents", "bytes"),
        ),
        "ModelInferRequest": (
            *_MODEL,
            _parameters(4),
            _list(5, "inputs", _INPUT),
            _list(6, "outputs", _REQUESTED),
            _list(7, "raw_input_contents", "bytes"),
        ),
        _INPUT: _tensor(),
        _REQUESTED: (_NAME, _parameters(2)),
        "ModelInferResponse": (
            *_MODEL,
            _parameters(4),
            _list(5, "outputs", _OUTPUT),
            _list(6, "raw_output_contents", "bytes"),
        ),
        _OUTPUT: _tensor(),
    },
)
ServerLiveResponse = _classes["ServerLiveResponse"]
ServerReadyResponse = _classes["ServerReadyResponse"]
ServerMetadataResponse = _classes["ServerMetadataResponse"]
ModelReadyRequest = _classes["ModelReadyRequest"]
ModelReadyResponse = _classes["ModelReadyResponse"]
ModelMetadataRequest = _classes["ModelMetadataRequest"]
ModelMetadataResponse = _classes["ModelMetadataResponse"]
ModelInferRequest = _classes["ModelInferRequest"]
ModelInferResponse = _classes["ModelInferResponse"]

_health = make_messages(
    "grpc.health.v1",
    {
        "HealthCheckRequest": (Member(1, "service", "string"),),
        "HealthCheckResponse": (Member(1, "status", "int32"),),
    },
)
HealthCheckRequest = _health["HealthCheckRequest"]
HealthCheckResponse = _health["HealthCheckResponse"]
