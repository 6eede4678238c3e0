"""How the process is doing: statistics, and metrics for Prometheus."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hades_mcp.embedded.rest.figures import FIGURES, GROUPS
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.rest.state import State

routes = Routes()

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@routes.add("GET", "/_admin/statistics")
def statistics(request: Request) -> Response:
    """Tell the figures of the process, of HTTP requests and of the server, as far as known."""
    groups: dict[str, dict[str, float]] = {group: {} for group in GROUPS}
    for figure in FIGURES:
        value = figure.read(request.state)
        if value is not None:
            groups[figure.group][figure.name] = value
    return ok({"time": time.time(), "enabled": True, "errorMessage": "", **groups})


@routes.add("GET", "/_admin/statistics-description")
def descriptions(_request: Request) -> Response:
    """Tell what these figures mean."""
    return ok(
        {
            "groups": [
                {"group": group, "name": name, "description": text}
                for group, (name, text) in GROUPS.items()
            ],
            "figures": [
                {
                    "group": figure.group,
                    "identifier": figure.name,
                    "name": figure.text.rstrip("."),
                    "description": figure.text,
                    "type": "accumulated" if figure.grows else "current",
                    "units": figure.units,
                }
                for figure in FIGURES
            ],
        }
    )


@routes.add("GET", "/_admin/metrics")
@routes.add("GET", "/_admin/metrics/v2")
def metrics(request: Request) -> Response:
    """Tell the same figures, and those of queries, in the format of Prometheus."""
    text = "\n".join(_lines(request.state)) + "\n"
    return Response(200, {"Content-Type": _TEXT}, text.encode())


def _lines(state: State) -> Iterator[str]:
    for figure in FIGURES:
        value = figure.read(state)
        if value is not None:
            yield from _metric(figure.metric, figure.text, value, grows=figure.grows)
    running = len(state.queries.current(None))
    text = "Current number of AQL queries executing."
    yield from _metric("arangodb_aql_current_query", text, running)
    text = "Number of CPU cores visible to the process."
    yield from _metric("arangodb_server_statistics_cpu_cores", text, os.cpu_count() or 1)


def _metric(name: str, text: str, value: float, *, grows: bool = False) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {'counter' if grows else 'gauge'}"
    yield f'{name}{{role="SINGLE"}} {value:.15g}'
