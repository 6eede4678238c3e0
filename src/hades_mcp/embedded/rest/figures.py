"""What this process can tell of itself in figures, under the names of ArangoDB's statistics.

A figure the system does not tell is left out. Requests are those that came over HTTP: inside a
process nobody counts them. Source: ArangoDB manual, "Statistics HTTP API" and "Metrics HTTP API".
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.rest.state import State

_Read: TypeAlias = "Callable[[State], float | None]"
Group: TypeAlias = Literal["system", "http", "server"]

GROUPS: dict[Group, tuple[str, str]] = {
    "system": ("Process Statistics", "Statistics about the process"),
    "http": ("HTTP Request Statistics", "Statistics about the HTTP requests."),
    "server": ("Server Statistics", "Statistics about the server"),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass
class Traffic:
    """Requests that came over HTTP, counted by method; may be told of from several threads."""

    started: float = field(default_factory=time.monotonic)
    methods: Counter[str] = field(default_factory=Counter)
    later: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, method: str, *, later: bool) -> None:
        """Count a request; `later` for one that a client does not wait for."""
        with self._lock:
            self.methods[method if method in _METHODS else "other"] += 1
            self.later += later


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        group: Of the statistics.
        name: In its group.
        text: What it is.
        units: Of the figure.
        metric: The name among the metrics.
        read: Takes the figure; None where the system does not tell it.
        grows: Whether it only grows: a counter.
    """

    group: Group
    name: str
    text: str
    units: str
    metric: str
    read: _Read
    grows: bool = False


def _usage(name: str) -> _Read:
    def read(_state: State) -> float | None:
        try:
            import resource  # noqa: PLC0415  not on Windows
        except ImportError:  # pragma: no cover
            return None
        return float(getattr(resource.getrusage(resource.RUSAGE_SELF), name))

    return read


def _memory(part: int) -> _Read:
    def read(_state: State) -> float | None:
        try:
            pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
            return float(int(pages[part]) * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, AttributeError, ValueError):  # pragma: no cover  not on Windows, macOS
            return None

    return read


def _machine(_state: State) -> float | None:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # pragma: no cover  not on Windows
        return None


def _share(state: State) -> float | None:
    resident, machine = _memory(1)(state), _machine(state)
    return None if resident is None or not machine else resident / machine


def _requests(method: str) -> _Read:
    return lambda state: state.traffic.methods[method]


_PROCESS, _HTTP = "arangodb_process_statistics_", "arangodb_http_request_statistics_"
_SERVER = "arangodb_server_statistics_"

FIGURES: tuple[Figure, ...] = (
    Figure(
        *("system", "userTime", "Amount of time this process has run in user mode.", "seconds"),
        *(f"{_PROCESS}user_time", _usage("ru_utime")),
    ),
    Figure(
        *("system", "systemTime", "Amount of time this process has run in the kernel.", "seconds"),
        *(f"{_PROCESS}system_time", _usage("ru_stime")),
    ),
    Figure(
        *("system", "numberOfThreads", "Number of threads of Python in the process.", "number"),
        *(f"{_PROCESS}number_of_threads", lambda _state: threading.active_count()),
    ),
    Figure(
        *("system", "residentSize", "The memory the process holds.", "bytes"),
        *(f"{_PROCESS}resident_set_size", _memory(1)),
    ),
    Figure(
        *("system", "residentSizePercent", "The same as a share of the machine's.", "percent"),
        *(f"{_PROCESS}resident_set_size_percent", _share),
    ),
    Figure(
        *("system", "virtualSize", "The address space the process has taken.", "bytes"),
        *(f"{_PROCESS}virtual_memory_size", _memory(0)),
    ),
    Figure(
        *("system", "minorPageFaults", "Faults that needed no page from disk.", "number"),
        *(f"{_PROCESS}minor_page_faults_total", _usage("ru_minflt"), True),
    ),
    Figure(
        *("system", "majorPageFaults", "Faults that needed a page from disk.", "number"),
        *(f"{_PROCESS}major_page_faults_total", _usage("ru_majflt"), True),
    ),
    Figure(
        *("http", "requestsTotal", "Total number of HTTP requests.", "number"),
        f"{_HTTP}total_requests_total",
        lambda state: state.traffic.methods.total(),
        grows=True,
    ),
    Figure(
        *("http", "requestsAsync", "Number of requests nobody waited for.", "number"),
        *(f"{_HTTP}async_requests_total", lambda state: state.traffic.later, True),
    ),
    *(
        Figure(
            *("http", f"requests{method.title()}", f"Number of HTTP {method} requests.", "number"),
            *(f"{_HTTP}http_{method.lower()}_requests_total", _requests(method), True),
        )
        for method in _METHODS
    ),
    Figure(
        *("http", "requestsOther", "Number of other HTTP requests.", "number"),
        *(f"{_HTTP}other_http_requests_total", _requests("other"), True),
    ),
    Figure(
        *("server", "uptime", "Number of seconds since this server began.", "seconds"),
        f"{_SERVER}server_uptime_total",
        lambda state: time.monotonic() - state.traffic.started,
        grows=True,
    ),
    Figure(
        *("server", "physicalMemory", "The memory of the machine.", "bytes"),
        *(f"{_SERVER}physical_memory", _machine),
    ),
)
