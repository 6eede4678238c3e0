"""What every room's tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]

# Developer scripts (fetch_model, model_server) are imported by tests as plain modules.
sys.path.insert(0, str(ROOT / "tests" / "tools"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio: the backend users have."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No test reads or writes the data folder, or obeys the environment, of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("HADES_") and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HADES_HOME", str(tmp_path / "home"))
    return


# Where test data and test models lie is the machine's business.
KEPT = {"HADES_CONFORMANCE", "HADES_MODEL_CACHE", "HADES_LLAMA_SERVER"}
