"""What each tool promises, kept on every back end there is: the same calls, the same answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.promises.backends.kitchens import ROWS

from hades_mcp.tools.catalog import BUILT_IN

if TYPE_CHECKING:
    from tests.promises.backends.kitchens import Kitchen

EVERY_ROW = "FOR l IN loaves SORT l.n RETURN l"


def test_every_tool_is_asked_here() -> None:
    asked = set(re.findall(r'(?:ask|refused)\(\s*"(\w+)"', Path(__file__).read_text()))
    assert {tool.name for tool in BUILT_IN} - {"search"} <= asked


def test_a_text_is_added_read_replaced_and_deleted(kitchen: Kitchen) -> None:
    added = kitchen.ask("document_add", text="Lions sleep at noon.", title="Lions")
    assert added["outcome"] == "added"
    assert kitchen.ask("document_get", document="Lions")["text"] == "Lions sleep at noon."
    assert kitchen.titles("lions noon")[0] == "Lions"
    changed = kitchen.ask("document_add", text="Lions hunt by night.", title="Lions")
    assert (changed["outcome"], changed["document"]) == ("updated", added["document"])
    assert kitchen.titles("lions hunt by night")[0] == "Lions"
    gone = kitchen.ask("document_delete", document="Lions")
    assert gone["deleted"] == 1
    assert "Lions" not in kitchen.titles("lions hunt by night", limit=20)
    assert "Shop" in kitchen.refused("document_get", document="Shopp")


def test_a_deleted_document_is_found_again_once_it_is_undone(kitchen: Kitchen) -> None:
    kitchen.ask("document_add", text="Tigers swim in rivers.", title="Tigers")
    gone = kitchen.ask("document_delete", document="Tigers")
    assert "Tigers" not in kitchen.titles("tigers swim in rivers", limit=20)
    kitchen.undo(gone["undo"])
    assert kitchen.titles("tigers swim in rivers")[0] == "Tigers"
    assert kitchen.workspace.fsck.check() == []
    kitchen.ask("document_delete", document="Tigers")


def test_a_folder_added_again_changes_nothing(kitchen: Kitchen) -> None:
    folder = kitchen.settings.home / "notes"
    assert kitchen.ask("document_add", path=str(folder))["unchanged"] == 3


def test_search_filters_and_follows_the_graph(kitchen: Kitchen) -> None:
    assert kitchen.titles("beech wood heats")[0] == "Oven"
    assert "words only" not in str(kitchen.ask("search", text="beech wood heats"))
    assert kitchen.titles("rye bread", where={"topic": "heat"}) == ["Oven"]
    assert kitchen.titles("rye bread", kind="function") == []
    near = kitchen.titles("beech wood heats", limit=1, hops=1)
    assert near == ["Oven", "Cellar"]
    assert "limit" in kitchen.refused("search", text="rye", limit=0)


def test_the_graph_is_walked_measured_and_added_to(kitchen: Kitchen) -> None:
    walked = kitchen.ask("graph_traverse", start="Oven", depth=2, edges=["links"])
    assert [node["title"] for node in walked["nodes"]] == ["Cellar", "Shop"]
    path = kitchen.ask("graph_path", start="Oven", target="Shop")["path"]
    assert [step["title"] for step in path] == ["Oven", "Cellar", "Shop"]
    around = kitchen.ask("graph_neighbours", document="Cellar")
    assert around["outbound"]["links"]["examples"] == ["Shop"]
    ranked = kitchen.ask("graph_measure", measure="pagerank")["top"]
    assert ranked[0]["title"] == "Shop"
    drawn = kitchen.ask("graph_relate", start="Shop", target="Oven", kind="warmed by")
    back = kitchen.ask("graph_path", start="Shop", target="Oven", direction="outbound")["path"]
    assert [step["title"] for step in back] == ["Shop", "Oven"]
    assert kitchen.ask("graph_relate", start="Shop", target="Oven", kind="warmed by")["made"] == (
        "unchanged"
    )
    kitchen.undo(drawn["undo"])
    told = kitchen.refused("graph_path", start="Shop", target="Oven", direction="outbound")
    assert "no path" in told


def test_aql_reads_by_the_page_and_explains(kitchen: Kitchen) -> None:
    page = kitchen.ask("aql_read", query=EVERY_ROW)
    seen = [row["n"] for row in page["rows"]]
    while page.get("truncated"):
        page = kitchen.ask("more", next=page["next"])
        seen += [row["n"] for row in page["rows"]]
    assert seen == list(range(ROWS))
    bound = {"@c": "loaves", "kind": "rye"}
    query = "FOR l IN @@c FILTER l.kind == @kind COLLECT WITH COUNT INTO n RETURN n"
    assert kitchen.ask("aql_read", query=query, bind_vars=bound)["rows"] == [ROWS / 2]
    plan = kitchen.ask("aql_explain", query=EVERY_ROW)
    assert plan["cost"] > 0
    assert plan["modifies"] is False


def test_a_wrong_query_is_told_what_would_be_right(kitchen: Kitchen) -> None:
    assert "Did you mean 'loaves'?" in kitchen.refused("aql_read", query="FOR l IN loavs RETURN l")
    assert "line 1, column" in kitchen.refused("aql_read", query="FOR l IN loaves RETRUN l")
    told = kitchen.refused("aql_read", query="FOR l IN loaves REMOVE l IN loaves")
    assert "aql_write" in told
    assert kitchen.workspace.db.collection("loaves").count() == ROWS


def test_aql_writes_say_what_changed_and_are_undone(kitchen: Kitchen) -> None:
    query = "FOR l IN loaves FILTER l.n < @n UPDATE l WITH {stale: true} IN loaves"
    written = kitchen.ask("aql_write", query=query, bind_vars={"n": 3})
    assert (written["written"], written["changed"]["loaves"]["updated"]) == (3, 3)
    stale = "RETURN LENGTH(FOR l IN loaves FILTER l.stale RETURN 1)"
    assert kitchen.ask("aql_read", query=stale)["rows"] == [3]
    kitchen.undo(written["undo"])
    assert kitchen.ask("aql_read", query=stale)["rows"] == [0]
    refused = kitchen.refused("aql_write", query='INSERT {_key: "k1"} INTO loaves')
    assert "unique constraint" in refused


def test_the_schema_and_examples_say_how_to_ask(kitchen: Kitchen) -> None:
    shown = kitchen.ask("schema", collection="loaves")
    assert (shown["count"], shown["attributes"]["n"]) == (ROWS, "number")
    whole = kitchen.ask("schema")
    assert any(line.startswith("loaves (900)") for line in whole["collections"])
    assert "knowledge" in whole["graphs"]
    assert kitchen.ask("aql_examples", question="sort by an attribute")["examples"]


def test_a_context_remembers_recalls_and_is_cleared(kitchen: Kitchen) -> None:
    handle = kitchen.ask("context_add", content="The oven is cold on Mondays.")["context"]
    entry = kitchen.ask("context_add", context=handle, content="Flour comes on Tuesdays.")
    latest = kitchen.ask("context_get", context=handle)["entries"]
    assert {one["content"] for one in latest} == {
        "The oven is cold on Mondays.",
        "Flour comes on Tuesdays.",
    }
    recalled = kitchen.ask("context_get", context=handle, query="flour comes")["entries"]
    assert recalled[0]["id"] == entry["id"]
    assert handle in str(kitchen.ask("context_list"))
    cleared = kitchen.ask("context_clear", context=handle)
    assert cleared["removed"] == 2
    kitchen.undo(cleared["undo"])
    assert len(kitchen.ask("context_get", context=handle)["entries"]) == 2


def test_feedback_moves_trust_and_with_it_the_rank(kitchen: Kitchen) -> None:
    kitchen.ask("document_add", text="Geese fly south in autumn.", title="Geese")
    before = kitchen.ask("document_get", document="Geese")["trust"]
    told = kitchen.ask("feedback", target="Geese", helped=False, note="They stayed.")
    assert told["before"] == before > told["trust"]
    assert kitchen.ask("document_get", document="Geese")["trust"] == told["trust"]
    kitchen.ask("document_delete", document="Geese")


def test_the_stores_agree_after_all_of_it(kitchen: Kitchen) -> None:
    assert kitchen.workspace.fsck.check() == []
    kitchen.close()
    kitchen.open()
    assert kitchen.titles("beech wood heats")[0] == "Oven"
    assert kitchen.workspace.fsck.check() == []
