"""Spans reach a real OTLP/HTTP receiver, and a dead one costs nothing."""

from __future__ import annotations

import gzip
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from hades_mcp.config import Settings
from hades_mcp.errors import ConfigError
from hades_mcp.messages import ToolResult
from hades_mcp.traces.otel import open_tracing
from hades_mcp.traces.recorder import Recorder, open_recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.traces.store import TraceStore


class Receiver(BaseHTTPRequestHandler):
    """Takes what an OTLP collector takes."""

    requests: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    received: list[tuple[str, str, bytes]] = []
    handler = type("Collector", (Receiver,), {"requests": received})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join(60)


@pytest.mark.parametrize("suffix", ["", "/", "/v1/traces"])
def test_spans_arrive_as_protobuf(
    store: TraceStore, collector: tuple[str, list[tuple[str, str, bytes]]], suffix: str
) -> None:
    url, received = collector
    recorder = open_recorder(Settings(otlp_endpoint=url + suffix), store)
    with recorder.run("librarian") as run:
        run.user("hello")
    recorder.close()
    [(at, kind, body)] = received
    assert (at, kind) == ("/v1/traces", "application/x-protobuf")
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    [span] = resource.scope_spans[0].spans
    assert span.trace_id.hex() == run.trace_id
    attributes = {item.key: item.value.string_value for item in span.attributes}
    assert attributes["openinference.span.kind"] == "AGENT"
    project = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert project["openinference.project.name"] == "hades"


def test_a_collector_that_is_down_fails_no_call(store: TraceStore) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    tracing = open_tracing(url)
    with Recorder(store, tracing).tool_call("search", {}, source="mcp") as call:
        call.result(ToolResult("", "search", "[]"))
    tracing.close(patience=0.05)
    assert store.get(call.trace_id).status == "finished"


def test_an_endpoint_that_is_no_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="no HTTP URL"):
        open_tracing("localhost:6006")


def test_a_missing_exporter_names_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=r"pip install 'hades-mcp\[phoenix\]'"):
        open_tracing("http://127.0.0.1:6006")
