"""The graph is walked by names, within bounds, and wrong names lead to right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import InvalidArgument, LimitReached, NotFound, UnknownName
from hades_mcp.services.graphs.service import EXAMPLES, Bundle, GraphService
from hades_mcp.services.journal import Journal
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import trust_of

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService


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


def test_neighbours_are_counted_by_kind_with_a_few_examples(
    graphs: GraphService, db: StandardDatabase
) -> None:
    summary = graphs.neighbours("shop.till.Till")
    assert summary.outbound["contains"] == Bundle(1, ["shop.till.Till.pay"])
    assert summary.outbound["inherits"] == Bundle(1, ["shop.stock.Shelf"])
    assert summary.inbound["contains"] == Bundle(1, ["shop.till"])
    db.create_collection("likes", edge=True)
    for number in range(5):
        db.collection("documents").insert({"_key": f"d{number}", "title": f"fan {number}"})
        db.collection("likes").insert({"_from": f"documents/d{number}", "_to": summary.id})
    likes = graphs.neighbours("shop.till.Till").inbound["likes"]
    assert likes.count == 5
    assert len(likes.examples) == EXAMPLES < 5
    assert all(title.startswith("fan ") for title in likes.examples)


def test_edges_people_add_are_walked_too(graphs: GraphService, db: StandardDatabase) -> None:
    till, sunday = (graphs.neighbours(name).id for name in ("shop.till.Till", "Sunday"))
    db.collection("relations").insert({"_from": till, "_to": sunday, "type": "closed on"})
    last = graphs.path("shop.till.Till", "Sunday")[-1]
    assert (last.title, last.relation) == ("Hours > Sunday", "closed on")
    db.create_collection("likes", edge=True)
    db.collection("likes").insert({"_from": sunday, "_to": till})
    (node,) = graphs.traverse("Sunday", edges=["likes"]).nodes
    assert node.title == "shop.till.Till"


def test_edges_people_add_are_walked_without_being_named(
    graphs: GraphService, db: StandardDatabase
) -> None:
    db.create_collection("people")
    db.create_collection("knows", edge=True)
    db.collection("people").insert_many([{"_key": "ada"}, {"_key": "ben"}])
    db.collection("knows").insert({"_from": "people/ada", "_to": "people/ben"})
    assert [node.id for node in graphs.traverse("people/ada").nodes] == ["people/ben"]
    assert [node.edge for node in graphs.path("people/ada", "people/ben")] == ["", "knows"]


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


def test_a_relation_is_drawn_once_and_walked(graphs: GraphService, db: StandardDatabase) -> None:
    made = graphs.relate("Sunday", "shop.till.Till", "closes", "nobody is there")
    assert (made.made, made.kind) == ("made", "closes")
    again = graphs.relate("Sunday", "shop.till.Till", " closes ")
    assert (again.id, again.made, again.undo) == (made.id, "unchanged", "")
    changed = graphs.relate("Sunday", "shop.till.Till", "closes", "it is holy")
    assert (changed.id, changed.made) == (made.id, "changed")
    assert rows(db, "FOR e IN relations RETURN e.note") == ["it is holy"]
    other = graphs.relate("Sunday", "shop.till.Till")
    assert (other.kind, other.made) == ("related", "made")
    (node,) = graphs.traverse("Sunday", edges=["relations"]).nodes
    assert node.title == "shop.till.Till"


def test_a_relation_says_who_drew_it(graphs: GraphService, db: StandardDatabase) -> None:
    graphs.relate("Sunday", "Monday", evidence="user")
    (evidence,) = rows(db, "FOR e IN relations RETURN e.evidence")
    assert evidence["source"] == "user"
    assert trust_of({"evidence": evidence}, evidence["at"]) == pytest.approx(0.85)


def test_a_relation_can_be_undone_and_so_can_its_note(
    graphs: GraphService, db: StandardDatabase
) -> None:
    first = graphs.relate("Sunday", "Monday", "follows", "a")
    second = graphs.relate("Sunday", "Monday", "follows", "b")
    journal = Journal(db)
    journal.undo(second.undo)
    assert rows(db, "FOR e IN relations RETURN e.note") == ["a"]
    journal.undo(first.undo, force=True)
    assert rows(db, "FOR e IN relations RETURN e.note") == []
    assert graphs.relate("Sunday", "Monday", "follows").made == "made"


def test_a_relation_that_makes_no_sense_is_refused(
    graphs: GraphService, db: StandardDatabase
) -> None:
    with pytest.raises(InvalidArgument, match="Both ends"):
        graphs.relate("Sunday", "Hours > Sunday")
    with pytest.raises(InvalidArgument, match="a word or two"):
        graphs.relate("Sunday", "Monday", "  ")
    with pytest.raises(InvalidArgument, match="2000 at most"):
        graphs.relate("Sunday", "Monday", note="x" * 2001)
    with pytest.raises(UnknownName, match="Did you mean 'Monday'"):
        graphs.relate("Sunday", "Mondy")
    assert rows(db, "FOR e IN relations RETURN 1") == []


def star(db: StandardDatabase, name: str, leaves: int) -> None:
    """A graph of its own: everything points at one, and a pair is apart."""
    db.create_collection(name)
    db.create_collection(f"{name}_edges", edge=True)
    ends = [(f"{name}/{n}", f"{name}/0") for n in range(1, leaves + 1)]
    ends.append((f"{name}/x", f"{name}/y"))
    keys = [*map(str, range(leaves + 1)), "x", "y", "alone"]
    db.collection(name).insert_many([{"_key": key, "title": f"star {key}"} for key in keys])
    db.collection(f"{name}_edges").insert_many([{"_from": a, "_to": b} for a, b in ends])
    definition = {
        "edge_collection": f"{name}_edges",
        "from_vertex_collections": [name],
        "to_vertex_collections": [name],
    }
    db.create_graph(name, edge_definitions=[definition])


def test_measures_of_documents_name_those_that_matter(
    graphs: GraphService, db: StandardDatabase
) -> None:
    star(db, "s", 6)
    rank = graphs.measure("pagerank", "s", 2)
    assert (rank.vertices, rank.edges) == (10, 7)
    assert [(best.id, best.title) for best in rank.top] == [("s/0", "star 0"), ("s/y", "star y")]
    everyone = graphs.measure("pagerank", "s", 100).top
    assert sum(one.score for one in everyone) == pytest.approx(1, abs=1e-4)
    assert [best.score for best in graphs.measure("degree", "s", 3).top] == [6, 1, 1]
    chain = [{"_from": "s/0", "_to": "s/alone"}]
    db.collection("s_edges").insert_many(chain)
    (middle,) = graphs.measure("betweenness", "s", 1).top
    assert middle.id == "s/0"
    assert middle.score == pytest.approx(6 / (9 * 8), abs=1e-6)


def test_measures_of_groups_tell_which_documents_belong_together(
    graphs: GraphService, db: StandardDatabase
) -> None:
    star(db, "s", 6)
    parts = graphs.measure("components", "s", 2)
    assert parts.found == 3
    assert [(group.size, group.members[0]) for group in parts.groups] == [
        (7, "star 0"),
        (2, "star x"),
    ]
    assert len(parts.groups[0].members) == 3
    communities = graphs.measure("communities", "s")
    assert [group.size for group in communities.groups] == [7, 2, 1]
    assert communities == graphs.measure("communities", "s")


def test_the_graph_of_all_documents_is_measured_by_default(graphs: GraphService) -> None:
    found = graphs.measure("degree", limit=1)
    assert found.graph == "knowledge"
    assert found.top[0].id.startswith("documents/")
    assert graphs.measure("components").found >= 2


def test_an_empty_graph_measures_nothing(graphs: GraphService, db: StandardDatabase) -> None:
    db.create_graph("empty")
    for measure in ("pagerank", "betweenness", "degree"):
        assert graphs.measure(measure, "empty").top == []
    for measure in ("components", "communities"):
        assert graphs.measure(measure, "empty").groups == []


def test_a_graph_too_large_is_refused_with_what_to_do(db: StandardDatabase) -> None:
    star(db, "s", 6)
    small = GraphService(db, max_vertices=9)
    with pytest.raises(LimitReached, match=r"10 vertices and 7 edges.*HADES_MAX_VERTICES"):
        small.measure("pagerank", "s")
    assert GraphService(db, max_vertices=10).measure("pagerank", "s").top


def test_wrong_measures_and_graphs_lead_to_right_ones(graphs: GraphService) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'pagerank'"):
        graphs.measure("page_rank")
    with pytest.raises(UnknownName, match="Did you mean 'knowledge'"):
        graphs.measure("degree", "knowlege")
    with pytest.raises(InvalidArgument, match="Use 1 to 200"):
        graphs.measure("degree", limit=0)
