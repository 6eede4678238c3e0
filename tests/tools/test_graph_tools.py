"""What the graph tools answer, in few tokens and with what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import UnknownName
from hades_mcp.tools.graphs import graph_path, graph_traverse
from hades_mcp.tools.rendering import plain
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(home=tmp_path), embedder=HashEmbedder(32)) as workspace:
        workspace.documents.add_text("The retry page.", "Retry")
        workspace.documents.add_text("The timeout page.", "Timeout")
        workspace.graphs.relate("Retry", "Timeout")
        yield workspace


def test_the_start_of_a_path_names_no_edge_it_does_not_have(linked: Workspace) -> None:
    first, last = plain(graph_path.function(linked, "Retry", "Timeout"))["path"]
    assert set(first) == {"id", "title", "kind", "depth"}
    assert last["edge"] == "relations"


def test_a_walk_against_all_edges_says_which_way_to_try(linked: Workspace) -> None:
    found = graph_traverse.function(linked, "Timeout")
    assert found["nodes"] == []
    assert "Try direction 'any'" in found["hint"]
    assert "hint" not in graph_traverse.function(linked, "Timeout", "any")


def test_what_relate_drew_is_said_to_be_in_relations(linked: Workspace) -> None:
    linked.graphs.relate("Timeout", "Retry", "waits for")
    with pytest.raises(UnknownName) as refused:
        graph_traverse.function(linked, "Timeout", edges=["waits for"])
    assert "What graph_relate drew is in 'relations'." in refused.value.hint
    assert "calls" in refused.value.hint
    found = graph_traverse.function(linked, "Timeout", edges=["relations"])
    assert [node.relation for node in found["nodes"]] == ["waits for"]
    with pytest.raises(UnknownName) as misspelt:
        graph_traverse.function(linked, "Timeout", edges=["relation"])
    assert misspelt.value.hint == "Did you mean 'relations'?"
