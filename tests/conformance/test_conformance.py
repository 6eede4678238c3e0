"""The engine's answers beside a real server's: shares that only rise."""

from __future__ import annotations

import pytest
from tests.conformance.judges import report
from tests.conformance.rows import VARIABLE, folder

FLOORS = {
    "js_ranges": 1.0,
    "js_queries": 0.99,
    "docs_aql": 0.99,
    "docs_http": 0.92,
    "arangosh": 0.96,
}
SLOW_FLOORS = {"js_programs": 0.94}
DATA = {
    "js_ranges": "71c1d933ba11a500",
    "js_queries": "379db724a00936f1",
    "docs_aql": "c8a5ce85be73927e",
    "docs_http": "c87d1fbf1e1c22f9",
    "arangosh": "2c122a967a0c74ce",
    "js_programs": "d0bd113c55358568",
}
"""The digest of the ids of each file whose failing rows `remaining.jsonl` accounts for."""


def _check(name: str, floor: float) -> None:
    where = folder()
    if where is None:
        pytest.skip(f"{VARIABLE} names no folder with a server's answers")
    found = report(where, name)
    listing = "\n".join(found.lines())
    assert found.total.judged > 0, f"{name} is missing in that folder"
    assert found.total.value >= floor, listing
    assert not found.too_many_left_out, listing
    if found.digest == DATA[name]:  # the list of causes is of this data; others have other rows
        assert not found.unexplained()


@pytest.mark.parametrize("name", FLOORS)
def test_answers_are_a_real_servers(name: str) -> None:
    _check(name, FLOORS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW_FLOORS)
def test_programs_end_as_on_a_real_server(name: str) -> None:
    _check(name, SLOW_FLOORS[name])
