"""The measured process is the reconciler itself."""

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8s.scale import worker
from k8s.scale.results import Look
