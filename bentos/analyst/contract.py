"""The analyst's contract: what goes into a text, and what comes out."""

import hashlib
from functools import lru_cache

import msgspec

from bentos.analyst.facts import Facts
from bentos.analyst.wording import NAMES
from bentos.core.contract import Contract, Field

FEATURE_VERSION = "1"
"""Changed by hand whenever a fact's meaning changes while its name stays."""

INPUTS = (
    Field(name="closes", dtype="float64", shape=(-1,), unit="US dollars", description="Oldest first."),
    Field(name="headlines", dtype="string", shape=(-1,), optional=True, description="Untrusted; at most 5."),
    Field(name="language", dtype="string", shape=(1,), description="en or fr."),
)
OUTPUTS = (Field(name="analysis", dtype="string", shape=(1,), description="At most two sentences."),)
UNITS = {"interval_seconds": "seconds", "first_close": "US dollars", "last_close": "US dollars"} | {
    "low": "US dollars",
    "high": "US dollars",
}


@lru_cache(maxsize=1)
def load_contract() -> Contract:
    """Return the contract of this code: the facts that prompts may name, and the names of assets."""
    return Contract(
        model="analyst",
        feature_version=FEATURE_VERSION,
        tables_sha256=hashlib.sha256(msgspec.json.encode(NAMES, order="sorted")).hexdigest(),
        inputs=INPUTS,
        features=tuple(
            Field(name=name, dtype=_dtype(name), shape=(1,), unit=_unit(name))
            for name in Facts.__struct_fields__
        ),
        outputs=OUTPUTS,
        classes=("rising", "falling", "stable"),
        defaults={},
    )


def _dtype(name: str) -> str:
    kind = Facts.__annotations__[name]
    return {float: "float64", int: "int64", bool: "bool"}.get(kind, "string")


def _unit(name: str) -> str:
    return "percent" if name.endswith("_percent") else UNITS.get(name, "")
