"""The ArangoDB driver against answers of a server, written down from its manual.

No ArangoDB server runs where these tests do. `exchanges/arangodb-3.12.json` holds, for each story,
the requests expected and the answers a server from 3.12 gives to them, as its HTTP API documents
them (vector indexes, cursors, errors). A request that is not the expected one fails.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from arango.client import ArangoClient
from arango.http import HTTPClient
from arango.response import Response

from hades_mcp.errors import HadesError, NotFound, Unavailable
from hades_mcp.services.refusals import translated
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.vectors.base import Hit

STORIES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "exchanges" / "arangodb-3.12.json").read_text()
)


class Replay(HTTPClient):
    """Gives the written answers, in their order, to the requests they belong to."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self.left = list(exchanges)

    def create_session(self, host: str) -> Any:
        return None

    def send_request(
        self,
        session: Any,
        method: str,
        url: str,
        headers: Any = None,
        params: Any = None,
        data: Any = None,
        auth: Any = None,
    ) -> Response:
        expected = self.left.pop(0)
        query = "&".join(f"{name}={value}" for name, value in sorted((params or {}).items()))
        path = url.partition("/_db/hades")[2] + (f"?{query}" if query else "")
        assert (method.upper(), path) == (expected["method"], expected["path"])
        check_holds(json.loads(data) if data else None, expected.get("body"))
        answer = json.dumps(expected["answer"])
        return Response(method, url, {}, expected["status"], "", answer)


def check_holds(sent: Any, expected: Any) -> None:
    """Check that what is sent has what is expected: of a text a part, of an object some names."""
    match expected:
        case dict():
            for name, value in expected.items():
                check_holds(sent[name], value)
        case str():
            assert expected in sent
        case _:
            assert expected is None or sent == expected


def index_of(replay: Replay) -> ArangoVectorIndex:
    client = ArangoClient(hosts="http://arangodb:8529", http_client=replay, resolver_max_tries=1)
    return ArangoVectorIndex(client.db("hades", username="root", password=""))


@pytest.fixture
def replay(request: pytest.FixtureRequest) -> Iterator[Replay]:
    replaying = Replay(STORIES[request.param])
    yield replaying
    assert replaying.left == []


@translated
def search(index: ArangoVectorIndex) -> list[Hit]:
    return index.search("chunks", [1.0, 0.0, 0.0], 2)


MAKING = {
    "an index is made once there is enough to train it on, and used": True,
    "an index that could not be trained is not asked": False,
    "a server without vector indexes is searched exactly": False,
    "few vectors are searched exactly": False,
}
FINDING = [
    "an index that is being trained is not asked",
    "an index of before training states is used",
]
REFUSED: dict[str, type[HadesError]] = {
    "a missing collection is an unknown name": NotFound,
    "a server that starts or stops is unavailable": Unavailable,
    "a user who may not read is refused": Unavailable,
}


@pytest.mark.parametrize(("replay", "made"), MAKING.items(), indirect=["replay"], ids=list(MAKING))
def test_an_index_is_made_where_the_server_can(replay: Replay, made: bool) -> None:
    index = index_of(replay)
    assert index.ensure("chunks", 3) is made
    assert [hit.id for hit in search(index)] == ["chunks/a", "chunks/b"]


@pytest.mark.parametrize("replay", FINDING, indirect=True)
def test_only_an_index_that_is_ready_is_asked(replay: Replay) -> None:
    assert [hit.score for hit in search(index_of(replay))] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("replay", "kind"), REFUSED.items(), indirect=["replay"], ids=list(REFUSED)
)
def test_a_refusal_says_whose_turn_it_is(replay: Replay, kind: type[HadesError]) -> None:
    with pytest.raises(kind) as refused:
        search(index_of(replay))
    assert refused.value.hint


def test_every_story_is_told() -> None:
    assert set(STORIES) == {*MAKING, *FINDING, *REFUSED}
