"""What a model service declares to be asked in tensors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Field

ROWS = -1
"""Stands for the number of rows in a declared shape."""

Tensor = NDArray[Any]
Tensors = Mapping[str, Tensor]
"""Arrays by name. What comes from a caller may be read-only and unaligned: it can be the body itself."""

Outcomes = Iterable[tuple[str, NDArray[np.float64]]]
"""What predictions said, each with how sure those were that said it, for the metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorModel:
    """A loaded model as a function from named tensors to named tensors, many rows at once.

    Every input has been checked against its declaration when `infer` gets it, and all have the same number of
    rows, 1 to `most_rows` (1 if no shape names them); optional ones may be left out. It raises InvalidFields
    for values that it can't take. Up to `inline_rows` rows are computed on the event loop; more would hold up
    others.
    """

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    infer: Callable[[Tensors], Tensors]
    platform: str
    """What computes it, as `<project>_<format>`."""
    example: Mapping[str, Any]
    """The data of a request with one row, by input; the OpenAPI document shows it."""
    outcomes: Callable[[Tensors], Outcomes] | None = None
    """Called with what `infer` returned."""
    inline_rows: int = 8
    most_rows: int = 10_000
    body_limit_bytes: int = 4 * 1024 * 1024
