"""The Open Inference Protocol (version 2) over REST, for every service whose definition offers tensors.

The specification: https://github.com/kserve/open-inference-protocol. Tensors as bytes after the JSON are
an extension of Triton's, described in its repository under docs/protocol/extension_binary_data.md.
"""
