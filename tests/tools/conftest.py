"""A bench for tools that need no store: real settings, a real recorder, spans in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hades_mcp.config import Settings
from hades_mcp.embedded import connect
from hades_mcp.services.layout import PAGES
from hades_mcp.services.pages import PageService
from hades_mcp.traces.otel import Tracing
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.workspace import Workspace


@dataclass
class Bench:
    """What a Toolset needs of a workspace, and nothing behind it."""

    settings: Settings
    traces: TraceStore
    recorder: Recorder
    spans: InMemorySpanExporter
    pages: PageService

    @property
    def workspace(self) -> Workspace:
        return cast("Workspace", self)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store, spans = TraceStore(tmp_path / "traces.sqlite"), InMemorySpanExporter()
    recorder = Recorder(store, Tracing(SimpleSpanProcessor(spans)))
    client = connect()
    db = client.db("_system")
    db.create_collection(PAGES)
    settings = Settings(home=tmp_path, result_tokens=200)
    yield Bench(settings, store, recorder, spans, PageService(db))
    client.close()
    recorder.close()
    store.close()
