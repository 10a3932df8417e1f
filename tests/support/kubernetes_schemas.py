"""Kubernetes' own schemas of several versions, strict: a field that a version does not know is refused.

kubernetes-validate carries them, but reads half a megabyte anew for every object; here each is read once.
"""

import functools
import json
import re
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate.utils import all_versions, schema_contents
from referencing import Registry, Resource

VERSIONS = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")

CUSTOM = frozenset({"gateway.networking.k8s.io", "keda.sh", "monitoring.coreos.com"})
"""Groups that other projects define; their schemas are not Kubernetes'."""


def complaints(item: dict[str, Any], version: str) -> list[str]:
    """Return what is wrong with an object in the eyes of a version of Kubernetes. Raises FileNotFoundError if
    there is no such kind."""
    if item["apiVersion"].partition("/")[0] in CUSTOM:
        return []
    return _complaints(json.dumps(item, sort_keys=True), version)


@functools.cache
def _complaints(item: str, version: str) -> list[str]:
    content = json.loads(item)
    validator = _validator(content["apiVersion"], content["kind"], version)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)]


@functools.cache
def _folder(version: str) -> str:
    exact = next(known for known in all_versions() if known.startswith(f"{version}."))
    return f"kubernetes-json-schema/v{exact}-local-strict"


@functools.cache
def _definitions(version: str) -> Resource[Any]:
    contents = schema_contents(f"{_folder(version)}/_definitions.json", version)
    return Resource.from_contents(contents)


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Draft202012Validator:
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = schema_contents(f"{_folder(version)}/{kind.lower()}-{group}.json", version)
    registry: Registry[Any] = Resource.from_contents(schema) @ (_definitions(version) @ Registry())
    return Draft202012Validator(schema, registry=registry)
