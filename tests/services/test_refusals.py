"""What the store refuses is said in our words: whose turn it is, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from arango.exceptions import ArangoServerError
from arango.request import Request
from arango.response import Response
from requests.exceptions import ReadTimeout

from hades_mcp.errors import Conflict, HadesError, LimitReached, NotFound, QueryError, Unavailable
from hades_mcp.services.refusals import message, refusal, translated

if TYPE_CHECKING:
    from arango.database import StandardDatabase


def server_error(number: int, text: str, status: int = 400) -> ArangoServerError:
    """The driver's own error for an answer of a server."""
    response = Response("get", "/x", {}, status, "phrase", "")
    response.error_code, response.error_message = number or None, text or None
    return ArangoServerError(response, Request("get", "/x"))


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (18, Unavailable),
        (1200, Unavailable),
        (1202, NotFound),
        (1203, NotFound),
        (1210, Conflict),
        (32, LimitReached),
        (11, Unavailable),
        (1501, QueryError),
        (1221, QueryError),
    ],
)
def test_each_number_is_somebody_s_turn(number: int, kind: type[HadesError]) -> None:
    found = refusal(server_error(number, "what happened"))
    assert type(found) is kind
    assert "what happened" in found.message
    assert "ERR" not in str(found)


def test_a_refused_user_is_told_to_check_the_password() -> None:
    assert "password" in refusal(server_error(0, "", status=401)).hint


@pytest.mark.parametrize(
    "error", [ConnectionAbortedError("no host"), ReadTimeout("too slow"), OSError("disk full")]
)
def test_a_store_that_is_not_there_leads_to_the_doctor(error: OSError) -> None:
    found = refusal(error)
    assert isinstance(found, Unavailable)
    assert "hades doctor" in found.hint


def test_the_driver_s_brackets_are_left_out(db: StandardDatabase) -> None:
    db.collection("documents").insert({"_key": "a"})
    with pytest.raises(ArangoServerError) as caught:
        db.collection("documents").insert({"_key": "a"})
    assert message(caught.value).startswith("unique constraint violated")
    with pytest.raises(Conflict, match="It exists already"):
        translated(db.collection("documents").insert)({"_key": "a"})
