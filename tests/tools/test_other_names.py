"""What models call an argument is taken for it where only one can be meant."""

import pytest

from hades_mcp.tools.catalog import BUILT_IN
from hades_mcp.tools.other_names import ALSO_CALLED, known_names

KNOWN = {tool.name: tuple(tool.arguments.model_fields) for tool in BUILT_IN}


@pytest.mark.parametrize(
    ("tool", "given", "meant"),
    [
        ("search", {"query": "owls", "top_k": 3}, {"text": "owls", "limit": 3}),
        ("document_get", {"id": "documents/1"}, {"document": "documents/1"}),
        ("document_add", {"content": "a", "name": "b"}, {"text": "a", "title": "b"}),
        ("graph_path", {"from": "a", "to": "b"}, {"start": "a", "target": "b"}),
        ("graph_path", {"start": "a", "end": "b"}, {"start": "a", "target": "b"}),
        ("aql_read", {"query": "q", "bindVars": {}}, {"query": "q", "bind_vars": {}}),
        ("context_add", {"name": "c", "text": "t"}, {"context": "c", "content": "t"}),
        ("context_get", {"context": "c", "q": "t"}, {"context": "c", "query": "t"}),
    ],
)
def test_what_other_servers_call_an_argument_is_taken_for_it(
    tool: str, given: dict[str, object], meant: dict[str, object]
) -> None:
    assert known_names(given, KNOWN[tool]) == meant


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("graph_path", {"id": "a"}),  # either end
        ("search", {"query": "a", "q": "b"}),  # which of the two
        ("search", {"text": "a", "query": "b"}),  # beside the argument itself
        ("schema", {"depth": 1}),
    ],
)
def test_what_could_mean_two_things_keeps_its_name(tool: str, given: dict[str, object]) -> None:
    assert known_names(given, KNOWN[tool]) == given


def test_every_name_that_is_translated_to_is_an_argument() -> None:
    assert set(ALSO_CALLED) <= {name for names in KNOWN.values() for name in names}
