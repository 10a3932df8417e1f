"""Makes bad packages out of a good one, inside a pod that has the store and the trainer's key.

`python -c SOURCE KIND GOOD_URI` prints the pin of a package that must not serve. Some bear a genuine
signature: `slow` (an answer takes hours), `crashing` (loading it takes more memory than a pod may have) and
`wrong` (it answers otherwise than when it was signed). `unsigned` has no signature, `foreign` is signed by
another key, and in `corrupt` one byte was changed after signing.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from onnx import TensorProto, helper

from bentos.core.manifest import MANIFEST_NAME, SIGNATURE_NAME, describe_file, sha256_digest, sign_manifest

KEY = Path("/keys/trainer.pem")
ONNX_NAME = "model.onnx"
SELFTEST_NAME = "selftest.json"
ENDLESS = 2**50
GREEDY_FLOATS = 2**31
"""8 GiB."""


def slow(original: bytes) -> bytes:
    """Return the ONNX model with a loop before it that counts for ever; it depends on the input, so it can't
    be computed beforehand."""
    scalar = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["value"], ["next"])],
        "count",
        [
            scalar("round", TensorProto.INT64, []),
            scalar("go", TensorProto.BOOL, []),
            scalar("value", TensorProto.FLOAT, []),
        ],
        [scalar("on", TensorProto.BOOL, []), scalar("next", TensorProto.FLOAT, [])],
    )

    def nodes(source: str) -> list[Any]:
        return [
            helper.make_node("ReduceMin", [source], ["least"], keepdims=0),
            helper.make_node("Loop", ["rounds", "always", "least"], ["burden"], body=body),
        ]

    constants = {"rounds": (TensorProto.INT64, ENDLESS), "always": (TensorProto.BOOL, True)}
    return _burden(original, nodes, constants)


def crashing(original: bytes) -> bytes:
    """Return the ONNX model with an array before it that no pod has room for."""

    def nodes(source: str) -> list[Any]:
        return [
            helper.make_node("ReduceMin", [source], ["least"], keepdims=0),
            helper.make_node("Expand", ["least", "size"], ["much"]),
            helper.make_node("ReduceMax", ["much"], ["burden"], keepdims=0),
        ]

    return _burden(original, nodes, {"size": (TensorProto.INT64, [GREEDY_FLOATS])})


def _burden(original: bytes, nodes: Any, constants: Mapping[str, tuple[int, Any]]) -> bytes:
    """Return the model with its input plus nothing, where nothing is what `nodes` take long to find out."""
    model = onnx.load_from_string(original)
    graph = model.graph
    source = graph.input[0].name
    for node in graph.node:
        node.input[:] = ["burdened" if name == source else name for name in node.input]
    added = [
        *nodes(source),
        helper.make_node("Mul", ["burden", "nothing"], ["in_vain"]),
        helper.make_node("Add", [source, "in_vain"], ["burdened"]),
    ]
    kept = list(graph.node)
    del graph.node[:]
    graph.node.extend([*added, *kept])
    for name, (kind, value) in {**constants, "nothing": (TensorProto.FLOAT, 0.0)}.items():
        shape, values = ([len(value)], value) if isinstance(value, list) else ([], [value])
        graph.initializer.append(helper.make_tensor(name, kind, shape, values))
    if not any(entry.domain in ("", "ai.onnx") for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", 15))
    return bytes(model.SerializeToString())


def wrong(stored: bytes) -> bytes:
    """Return a self-test whose first answer is another one."""
    test = json.loads(stored)
    test["probabilities"][0] = 1.0 - test["probabilities"][0] + 0.01
    return json.dumps(test).encode()


def forge(kind: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of the bad package, signed where its kind says so."""
    changes = {"slow": (ONNX_NAME, slow), "crashing": (ONNX_NAME, crashing), "wrong": (SELFTEST_NAME, wrong)}
    if kind in changes:
        name, change = changes[kind]
        files[name] = change(files[name])
    manifest = json.loads(files[MANIFEST_NAME])
    manifest["git_commit"] = f"forged: {kind}"
    for name in manifest["files"]:
        entry = describe_file(files[name])
        manifest["files"][name] = {"sha256": entry.sha256, "size_bytes": entry.size_bytes}
    files[MANIFEST_NAME] = json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"
    key = load_pem_private_key(KEY.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    signer = Ed25519PrivateKey.generate() if kind == "foreign" else key
    files[SIGNATURE_NAME] = sign_manifest(files[MANIFEST_NAME], signer)
    if kind == "unsigned":
        del files[SIGNATURE_NAME]
    if kind == "corrupt":
        files[ONNX_NAME] = files[ONNX_NAME][:-1] + bytes([files[ONNX_NAME][-1] ^ 1])
    return files


def main() -> None:
    """Forge what the arguments say, store it beside the good one and print its pin."""
    kind, uri = sys.argv[1:3]
    good = Path(uri.removeprefix("file://"))
    files = forge(kind, {path.name: path.read_bytes() for path in good.iterdir()})
    digest = sha256_digest(files[MANIFEST_NAME])
    folder = good.with_name(digest.removeprefix("sha256:"))
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    sys.stdout.write(json.dumps({"uri": str(folder), "version": kind, "digest": digest}))


if __name__ == "__main__":
    main()
