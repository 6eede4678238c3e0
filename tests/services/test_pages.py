"""The rest of an answer is for who asked, for an hour, under a handle nobody guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import NotFound
from hades_mcp.services.callers import CALLER, Principal
from hades_mcp.services.pages import PageService

if TYPE_CHECKING:
    from arango.database import StandardDatabase


@pytest.fixture
def shelf(db: StandardDatabase) -> PageService:
    return PageService(db)


def test_a_page_can_be_asked_for_again(shelf: PageService) -> None:
    handle = shelf.keep({"rows": [1, 2]})
    assert shelf.take(handle) == shelf.take(handle) == {"rows": [1, 2]}
    assert handle != shelf.keep({"rows": [1, 2]})
    assert len(handle) >= 12


def test_a_page_is_nobody_else_s(shelf: PageService) -> None:
    mine = CALLER.set(Principal("ann"))
    handle = shelf.keep({"rows": []})
    CALLER.reset(mine)
    with pytest.raises(NotFound, match="no page"):
        shelf.take(handle)
    with pytest.raises(NotFound, match="no page"):
        shelf.take("guessed")


def test_a_page_expires(shelf: PageService, db: StandardDatabase) -> None:
    handle = shelf.keep({"rows": []})
    db.aql.execute("FOR p IN pages UPDATE p WITH {expires: 1} IN pages")
    with pytest.raises(NotFound, match="expired"):
        shelf.take(handle)
