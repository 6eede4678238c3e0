"""A trace store in a temporary folder, and a recorder whose spans stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hades_mcp.traces.otel import Tracing
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "traces.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[TraceStore]:
    store = TraceStore(path)
    yield store
    store.close()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def recorder(store: TraceStore, spans: InMemorySpanExporter) -> Iterator[Recorder]:
    recorder = Recorder(store, Tracing(SimpleSpanProcessor(spans), version="test"))
    yield recorder
    recorder.close()
