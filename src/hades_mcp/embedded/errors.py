"""ArangoDB's errors: each refusal carries the number, the text and the HTTP status of a server."""

from __future__ import annotations


class ArangoError(Exception):
    """A refusal in ArangoDB's own terms.

    Args:
        number: ArangoDB's `errorNum`.
        message: Its `errorMessage`.
        status: HTTP status; by default the one ArangoDB answers for this number.

    Source: ArangoDB manual, "Error codes and meanings".
    """

    def __init__(self, number: int, message: str = "", *, status: int = 0) -> None:
        text = message or MESSAGES.get(number, "unknown error")
        super().__init__(text)
        self.number = number
        self.message = text
        self.status = status or STATUS.get(number, 400)


MESSAGES: dict[int, str] = {
    9: "not implemented",
    10: "bad parameter",
    11: "forbidden",
    18: "lock timeout",
    1200: "conflict",
    1202: "document not found",
    1203: "collection or view not found",
    1207: "duplicate name",
    1208: "illegal name",
    1210: "unique constraint violated",
    1212: "index not found",
    1216: "invalid document type",
    1221: "illegal document key",
    1228: "database not found",
    1501: "syntax error",
    1504: "division by zero",
    1512: "unexpected bind parameter",
    1551: "no bind parameter value for a declared bind parameter",
    1924: "graph not found",
    1948: "negative edge weight found",
}

STATUS: dict[int, int] = {
    9: 501,
    11: 403,
    18: 409,
    1200: 409,
    1202: 404,
    1203: 404,
    1207: 409,
    1210: 409,
    1212: 404,
    1228: 404,
    1924: 404,
}
