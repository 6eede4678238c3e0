"""How large a query may be: ArangoDB's "Known limitations for AQL queries"."""

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.aql.planning.access import MOST_COLLECTIONS, Access
from hades_mcp.embedded.errors import ArangoError


def test_a_plan_of_more_than_4000_nodes_is_refused() -> None:
    steps = "FILTER true " * 1999  # two nodes each: the value, and what drops rows
    assert execute(None, steps + "RETURN 1").rows == [1]
    with pytest.raises(ArangoError) as caught:
        execute(None, steps + "FILTER true RETURN 1")
    assert caught.value.number == 1524


def test_more_than_2048_collections_are_refused() -> None:
    access = Access()
    for number in range(MOST_COLLECTIONS):
        access.note_read(f"c{number}", 0)
    access.note_read("c1", 0)  # met before
    access.note_write("c2", 0)
    for note in (access.note_read, access.note_write):
        with pytest.raises(ArangoError) as caught:
            note("one more", 0)
        assert caught.value.number == 1522
