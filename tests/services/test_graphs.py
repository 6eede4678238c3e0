"""The graph is walked by names, within bounds, and wrong names lead to right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import InvalidArgument, NotFound, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents import DocumentService
    from hades_mcp.services.graphs import GraphService


@pytest.fixture(autouse=True)
def ingested(documents: DocumentService, shop: Path) -> None:
    documents.ingest([shop])


def test_a_traversal_reaches_the_nearest_first(graphs: GraphService) -> None:
    found = graphs.traverse("shop", depth=3, edges=["contains"])
    reached = {node.title: node.depth for node in found.nodes}
    assert reached == {
        "shop.till": 1,
        "shop.stock": 1,
        "shop.till.Till": 2,
        "shop.till.change": 2,
        "shop.stock.Shelf": 2,
        "shop.till.Till.pay": 3,
        "shop.stock.Shelf.take": 3,
    }
    assert [node.depth for node in found.nodes] == sorted(reached.values())
    assert not found.truncated


def test_inbound_tells_what_names_a_document(graphs: GraphService) -> None:
    (node,) = graphs.traverse("shop.till.change", direction="inbound", edges=["calls"]).nodes
    assert (node.title, node.kind, node.edge) == ("shop.till.Till.pay", "method", "calls")
    assert (node.source, node.target.split("/")[0]) == (node.id, "documents")


def test_a_traversal_says_when_there_is_more(graphs: GraphService) -> None:
    found = graphs.traverse("shop", depth=3, limit=2)
    assert (len(found.nodes), found.truncated) == (2, True)
    assert not graphs.traverse("shop", depth=3, limit=50).truncated


def test_a_path_leads_over_different_edges(graphs: GraphService) -> None:
    path = graphs.path("The shop", "Sunday")
    assert [(node.title, node.edge, node.depth) for node in path] == [
        ("The shop", "", 0),
        ("Hours > Sunday", "links", 1),
    ]
    long = graphs.path("shop.till.Till.pay", "shop.stock.Shelf.take")
    assert [node.title for node in long] == [
        "shop.till.Till.pay",
        "shop.till.Till",
        "shop.stock.Shelf",
        "shop.stock.Shelf.take",
    ]


def test_no_path_is_said_plainly(graphs: GraphService) -> None:
    with pytest.raises(NotFound, match="no path from 'shop' to 'Sunday'"):
        graphs.path("shop", "Sunday")


def test_neighbours_are_counted_by_kind(graphs: GraphService) -> None:
    summary = graphs.neighbours("shop.till.Till")
    assert summary.outbound == {"contains": 1, "inherits": 1}
    assert summary.inbound == {"contains": 1}


def test_edges_people_add_are_walked_too(graphs: GraphService, db: StandardDatabase) -> None:
    till, sunday = (graphs.neighbours(name).id for name in ("shop.till.Till", "Sunday"))
    db.collection("relations").insert({"_from": till, "_to": sunday, "type": "closed on"})
    assert [node.title for node in graphs.path("shop.till.Till", "Sunday")][-1] == "Hours > Sunday"
    db.create_collection("likes", edge=True)
    db.collection("likes").insert({"_from": sunday, "_to": till})
    (node,) = graphs.traverse("Sunday", edges=["likes"]).nodes
    assert node.title == "shop.till.Till"


def test_wrong_names_lead_to_right_ones(graphs: GraphService) -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'shop.till.Till'"):
        graphs.traverse("shop.till.Til")
    with pytest.raises(UnknownName, match="Did you mean 'contains'"):
        graphs.traverse("shop", edges=["contain"])
    with pytest.raises(UnknownName, match="Did you mean 'outbound'"):
        graphs.traverse("shop", direction="outgoing")
    with pytest.raises(UnknownName, match="Did you mean 'Sunday'"):
        graphs.traverse("Sundy")
    with pytest.raises(UnknownName):
        graphs.traverse("documents/no-such-key")
    with pytest.raises(UnknownName):
        graphs.traverse("nowhere/at-all")


def test_a_name_of_several_documents_lists_them(
    graphs: GraphService, documents: DocumentService, shop: Path
) -> None:
    (shop / "more.md").write_text("# More\n\n## Sunday\n\nBrunch.\n")
    documents.ingest([shop])
    with pytest.raises(InvalidArgument, match="Several documents are called 'Sunday'"):
        graphs.neighbours("Sunday")


@pytest.mark.parametrize("bounds", [{"depth": 0}, {"depth": 11}, {"limit": 0}, {"limit": 201}])
def test_bounds_are_kept(graphs: GraphService, bounds: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="Use 1 to"):
        graphs.traverse("shop", **bounds)


def test_a_document_of_your_own_without_a_title_does_not_hide_the_nearest_name(
    graphs: GraphService, db: StandardDatabase
) -> None:
    db.collection("documents").insert({"colour": "blue"})
    with pytest.raises(UnknownName, match=r"Did you mean 'shop\.till'"):
        graphs.traverse("shop.til")
    with pytest.raises(UnknownName, match="Search for it"):
        graphs.traverse("xyzzy")
