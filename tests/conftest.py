"""What every room's tests share."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings
from tests.tools.model_server import FetchImpossible, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# A busy machine is no failure. CI tries the same examples every time, so that what lands is judged
# by what it changed; on a developer's machine each run tries new ones.
for profile, derandomize in (("developer", False), ("ci", True)):
    settings.register_profile(
        profile,
        deadline=None,
        derandomize=derandomize,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("ci" if os.environ.get("CI") else "developer")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio: the backend users have."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """Processes inherit that SIGINT is ignored, as a shell does it for what runs behind it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes the data folder, or obeys the environment, of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("HADES_") and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HADES_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """The real 0.5B behind a real llama-server; skipped only where they cannot be had."""
    try:
        with model_server() as url:
            yield url
    except FetchImpossible as error:
        pytest.skip(f"no real model here: {error}")


@pytest.fixture(autouse=True)
def _no_logs_of_another_test() -> Iterator[None]:
    """A test that sets up the logs leaves no handler on a stream that is gone."""
    before = logging.root.handlers[:]
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = before


# Where test data and test models lie is the machine's business.
KEPT = {
    "HADES_ARANGOJS",
    "HADES_CONFORMANCE",
    "HADES_DRIVER_SUITE",
    "HADES_MODEL_CACHE",
    "HADES_LLAMA_SERVER",
}
