"""A document is found by what people call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.services.names import document_id

if TYPE_CHECKING:
    from arango.database import StandardDatabase


@pytest.fixture(autouse=True)
def manual(db: StandardDatabase) -> None:
    names = {"tea": "Tea", "tea#when-to-drink": "Tea > When to drink", "tea#end": "Tea > The end"}
    names["cup#end"] = "Cup > The end"
    db.collection("documents").insert_many(
        [
            {"_key": f"d{n}", "title": t, "qualified_name": q}
            for n, (q, t) in enumerate(names.items())
        ]
    )


@pytest.mark.parametrize("name", ["When to drink", "when to drink", "Tea > When to drink"])
def test_a_section_is_found_by_its_own_heading(db: StandardDatabase, name: str) -> None:
    assert document_id(db, name) == "documents/d1"


def test_a_heading_of_two_documents_lists_both(db: StandardDatabase) -> None:
    with pytest.raises(InvalidArgument, match="Several documents are called 'The end'") as caught:
        document_id(db, "The end")
    assert "documents/d2 (tea#end), documents/d3 (cup#end)" in caught.value.hint


@pytest.mark.parametrize("name", ["documents/d1?", "documents/d1#x", "%64ocuments/d1", "Tea/"])
def test_an_id_with_more_behind_it_is_no_id(db: StandardDatabase, name: str) -> None:
    with pytest.raises(UnknownName):
        document_id(db, name)
