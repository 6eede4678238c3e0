"""Live spans: a tracer of our own, and OTLP/HTTP in the background when an endpoint is set."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from hades_mcp.errors import ConfigError
from hades_mcp.redaction import redact_text
from hades_mcp.traces.attributes import PROJECT_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

    from hades_mcp.traces.attributes import Attributes

TRACES_PATH = "/v1/traces"
# Longer values are of no use in a viewer, and the trace store has the whole.
LONGEST_VALUE = 32_768
EXPORT_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


class Tracing:
    """Makes spans. The provider is ours alone: the process's global one is left to its owner.

    Args:
        processor: Where ended spans go; nowhere by default (they still carry the trace's id).
        exporter: What the processor sends with, to be told to give up when it takes too long.
        version: Version of this program.
    """

    def __init__(
        self,
        processor: SpanProcessor | None = None,
        *,
        exporter: SpanExporter | None = None,
        version: str = "",
    ) -> None:
        resource = Resource.create(
            {"service.name": "hades", "service.version": version, PROJECT_NAME: "hades"}
        )
        self._provider = TracerProvider(
            # Spans nobody will see still carry ids, but need no attributes: that is ALWAYS_OFF.
            # What is exported does not ask the caller's sampling: a client may export nothing.
            sampler=ALWAYS_OFF if processor is None else ALWAYS_ON,
            resource=resource,
            span_limits=SpanLimits(max_attribute_length=LONGEST_VALUE),
            shutdown_on_exit=False,
        )
        if processor is not None:
            self._provider.add_span_processor(processor)
        self._exporter = exporter
        self._closed = False

    @property
    def tracer(self) -> Tracer:
        """The tracer all spans of HADES come from."""
        return self._provider.get_tracer("hades_mcp")

    def close(self, patience: float = PATIENCE_SECONDS) -> None:
        """Send what is waiting and stop; a collector that does not answer in time is left.

        Closing twice does no harm.

        Args:
            patience: Seconds to wait for the collector.
        """
        if self._closed:
            return
        self._closed = True
        # The SDK's own time limits do not cover the exporter's retries (1.45): 30 s at worst.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(patience)
        if closing.is_alive() and self._exporter is not None:
            self._exporter.shutdown()
            closing.join(patience)


def open_tracing(endpoint: str, *, version: str = "") -> Tracing:
    """Return a tracer that sends spans to an OTLP/HTTP endpoint, or nowhere when it is empty.

    Args:
        endpoint: Base URL of a collector (a Phoenix, say), or its whole traces URL.
        version: Version of this program.

    Raises:
        ConfigError: The endpoint is no HTTP URL, or the exporter is not installed.
    """
    if not endpoint:
        return Tracing(version=version)
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigError(
            f"otlp_endpoint is {endpoint!r}, which is no HTTP URL.",
            hint="A Phoenix on this machine is http://127.0.0.1:6006.",
        )
    exporter = _exporter(endpoint)
    return Tracing(BatchSpanProcessor(exporter), exporter=exporter, version=version)


def trace_id(span: Span) -> str:
    """Return the span's trace id as 32 hex digits; a random one when the SDK is switched off."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else secrets.token_hex(16)


def describe(span: Span, attributes: Attributes) -> None:
    """Set attributes on a span, their texts redacted."""
    if span.is_recording():
        span.set_attributes(redacted(attributes))


def redacted(attributes: Attributes) -> Mapping[str, str | int | float | bool]:
    """Return attributes with the secrets in their texts replaced."""
    # The same text stands under the name of each convention: it is searched once.
    texts = {value: redact_text(value) for value in attributes.values() if isinstance(value, str)}
    return {
        name: texts[value] if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def _exporter(endpoint: str) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  optional
            OTLPSpanExporter,
        )
    except ImportError:
        raise ConfigError(
            "otlp_endpoint is set, but the OTLP exporter is not installed.",
            hint="Run: pip install 'hades-mcp[phoenix]'",
        ) from None
    base = endpoint.rstrip("/")
    url = base if base.endswith(TRACES_PATH) else base + TRACES_PATH
    return OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS)
