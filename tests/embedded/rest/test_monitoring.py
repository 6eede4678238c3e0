"""Statistics and metrics of the process: what is told is described, and true as far as one sees."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from hades_mcp.embedded import connect
from hades_mcp.embedded.asgi import Application
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine


def _metrics(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_each_figure_told_is_described_in_its_group(api: Any) -> None:
    told = api("GET /_admin/statistics").json
    described = api("GET /_admin/statistics-description").json
    groups = {group["group"] for group in described["groups"]}
    figures = {(each["group"], each["identifier"]) for each in described["figures"]}
    assert groups == {"system", "http", "server"}
    assert {(group, name) for group in groups for name in told[group]} <= figures
    assert told["enabled"] is True
    assert told["system"]["residentSize"] > 2**20
    assert 0 < told["system"]["residentSizePercent"] < 1
    assert told["system"]["userTime"] > 0
    assert told["server"]["uptime"] >= 0


def test_metrics_are_written_as_prometheus_reads_them(api: Any) -> None:
    for path in ("/_admin/metrics", "/_admin/metrics/v2"):
        answer = api.server.handle("GET", path)
        text = answer.body.decode()
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        for line in text.splitlines():
            assert re.fullmatch(r"# (HELP|TYPE) \S+ .+|\w+\{role=\"SINGLE\"\} \S+", line), line
        found = _metrics(text)
        assert found["arangodb_process_statistics_resident_set_size"] > 2**20
        assert found["arangodb_aql_current_query"] == 0
        assert len(re.findall("^# TYPE", text, re.MULTILINE)) == len(found)


@pytest.mark.anyio
async def test_requests_over_http_are_counted_by_method() -> None:
    with Engine(None) as engine:
        server = Server(engine)
        transport = httpx.ASGITransport(Application(server))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await client.get("/_api/version")
            await client.put("/_api/version", headers={"x-arango-async": "true"})
            await client.request("PROPFIND", "/_api/version")
            counted = (await client.get("/_admin/statistics")).json()["http"]
        server.close()
    assert counted["requestsTotal"] == 4
    assert counted["requestsGet"] == 2
    assert counted["requestsPut"] == counted["requestsAsync"] == counted["requestsOther"] == 1


def test_the_driver_reads_statistics_and_metrics() -> None:
    client = connect(None)
    database = client.db("_system")
    statistics: Any = database.statistics()
    assert statistics["http"]["requestsTotal"] == 0  # none came over HTTP
    description: Any = database.statistics(description=True)
    assert len(description["figures"]) > 10
    assert "arangodb_server_statistics_physical_memory" in str(database.metrics())
    client.close()
