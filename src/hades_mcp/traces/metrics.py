"""Metrics: what is counted and measured besides spans, by OpenTelemetry's names and API.

Without an endpoint of ours they go to whatever meter provider the process has set, which by default
is none. With `otlp_endpoint` they are pushed there, by a provider that is ours alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry import metrics

from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter

NAME = "hades_mcp"
METRICS_PATH = "/v1/metrics"
EXPORT_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


class Metrics:
    """The instruments of HADES.

    Args:
        meter: Where they come from; by default the process's own provider.
        provider: Shut down when closed.
    """

    def __init__(self, meter: Meter | None = None, provider: MeterProvider | None = None) -> None:
        meter = meter or metrics.get_meter(NAME)
        self._provider = provider
        self.trust = meter.create_histogram(
            "hades.trust", "1", "Trust of a stored thing after it was judged, 0 to 1."
        )
        self.alerts = meter.create_counter(
            "hades.trust.alerts", "{alert}", "Things whose trust became low or fell at once."
        )
        self.checks = meter.create_counter(
            "hades.trust.checks", "{check}", "Stored things that were run, by outcome."
        )
        self.transitions = meter.create_counter(
            "hades.context.transitions", "{entry}", "Context entries that changed their tier."
        )

        self.model_seconds = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "How long a model took, by outcome."
        )
        self.first_token = meter.create_histogram(
            "hades.model.first_token", "s", "How long a model took to begin its reply."
        )
        self.model_tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of a request, by type."
        )

    def close(self) -> None:
        """Send what is waiting, for at most two seconds; closing twice does no harm."""
        provider, self._provider = self._provider, None
        if provider is not None:
            # the exporter's retries would take as long as they like
            closing = threading.Thread(target=provider.shutdown, daemon=True)
            closing.start()
            closing.join(PATIENCE_SECONDS)


def open_metrics(endpoint: str) -> Metrics:
    """Return the instruments, pushed to an OTLP/HTTP endpoint once a minute if there is one.

    Args:
        endpoint: Base URL of a collector, or its whole traces URL; empty for none.

    Raises:
        ConfigError: The exporter is not installed.
    """
    if not endpoint:
        return Metrics()
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415  only with telemetry on
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415  as above
        PeriodicExportingMetricReader,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  as above

    reader = PeriodicExportingMetricReader(_exporter(endpoint))
    resource = Resource.create({"service.name": "hades"})
    provider = MeterProvider([reader], resource, shutdown_on_exit=False)
    return Metrics(provider.get_meter(NAME), provider)


def _exporter(endpoint: str) -> MetricExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  optional
            OTLPMetricExporter,
        )
    except ImportError:
        raise ConfigError(
            "otlp_endpoint is set, but the OTLP exporter is not installed.",
            hint="Run: pip install 'hades-mcp[phoenix]'",
        ) from None
    base = endpoint.rstrip("/").removesuffix("/v1/traces")
    return OTLPMetricExporter(endpoint=base + METRICS_PATH, timeout=EXPORT_SECONDS)
