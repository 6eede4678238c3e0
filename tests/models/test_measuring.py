"""Requests to models are measured by OpenTelemetry's names, failed and given up ones too."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message, Usage
from hades_mcp.models import ChatRequest, ChatResponse, ScriptedModel, complete
from hades_mcp.models.measuring import MeasuredModel
from hades_mcp.traces.metrics import NAME, Metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio
ASK = ChatRequest((Message("user", "U"),))
DURATION, TOKENS = "gen_ai.client.operation.duration", "gen_ai.client.token.usage"


@pytest.fixture
def reader() -> Iterator[InMemoryMetricReader]:
    made = InMemoryMetricReader()
    yield made
    made.shutdown()


def measured(reader: InMemoryMetricReader, *replies: Any) -> MeasuredModel:
    provider = MeterProvider([reader], shutdown_on_exit=False)
    return MeasuredModel(ScriptedModel(replies), Metrics(provider.get_meter(NAME)), "http://a")


def points(reader: InMemoryMetricReader, name: str) -> list[Any]:
    data = reader.get_metrics_data()
    assert data is not None
    every = data.resource_metrics[0].scope_metrics[0].metrics
    return [point for metric in every if metric.name == name for point in metric.data.data_points]


async def test_a_reply_leaves_its_time_and_its_tokens(reader):
    reply = ChatResponse(Message("assistant", "Yes."), Usage(12, 3, 8))
    await complete(measured(reader, reply), ASK)
    (duration,) = points(reader, DURATION)
    assert duration.count == 1
    assert dict(duration.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "scripted",
        "server.address": "http://a",
    }
    tokens = {one.attributes["gen_ai.token.type"]: one.sum for one in points(reader, TOKENS)}
    assert tokens == {"input": 12, "cached": 8, "output": 3}
    assert len(points(reader, "hades.model.first_token")) == 1


async def test_failed_and_given_up_requests_are_told_apart(reader):
    model = measured(reader, "a long reply in several pieces")
    async with aclosing(model.stream(ASK)) as events:  # type: ignore[type-var]
        await anext(events)
    with pytest.raises(LimitReached):
        await complete(model, ASK)
    outcomes = {one.attributes["error.type"] for one in points(reader, DURATION)}
    assert outcomes == {"cancelled", "LimitReached"}
