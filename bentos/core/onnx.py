"""ONNX Runtime, without the reports that its wheel sends to its vendor.

From its import on it names the machine, keeps what it noted in the user's cache and sends it. Only this
variable prevents that, and only if it is set before; `onnxruntime.disable_telemetry_events` comes too late.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
