"""One inference, however it was asked for."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import UnsetType

from bentos.core.inference_protocol.tensor_model import Tensor


class Inference(NamedTuple):
    """One inference that is asked for: arrays by input, and for each wanted output whether in bytes."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, bool]
    rows: int
    id: str | UnsetType
