"""The embedded ArangoDB behind python-arango, the driver that also talks to a server."""

from __future__ import annotations

import base64
import json
import marshal
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from arango.client import ArangoClient
from arango.http import HTTPClient
from arango.response import Response

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, MutableMapping

    from requests import Session

HOST = "embedded://local"
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class EmbeddedSession:
    """What python-arango takes for a connection; closing it closes the engine."""

    verify = True

    def __init__(self, client: EmbeddedHTTPClient) -> None:
        self._client = client

    def close(self) -> None:
        """Close the engine. Closing twice is harmless."""
        self._client.close()


class EmbeddedHTTPClient(HTTPClient):
    """python-arango's transport, answered in this process; safe to share between threads.

    Args:
        engine: The databases; closed with the client.
        server: Answers for them, closed with the client too; by default one that asks nobody for a
            password.
    """

    request_timeout: float | None = None  # ArangoClient reads and sets it; nothing waits here

    def __init__(self, engine: Engine, server: Server | None = None) -> None:
        self._engine = engine
        self._server = server or Server(engine)

    def create_session(self, host: str) -> Session:  # noqa: ARG002  there is only one host
        """Return a session that closes the engine when it is closed."""
        # the driver only calls close() and sets verify
        return cast("Session", EmbeddedSession(self))

    def send_request(
        self,
        session: Session,  # noqa: ARG002  the engine is always connected
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: MutableMapping[str, str] | None = None,
        data: object = None,
        auth: tuple[str, str] | None = None,
    ) -> Response:
        """Answer a request.

        Raises:
            TypeError: For a body that is neither text nor bytes (multipart, for Foxx services).
        """
        path = url[url.find("/", url.find("://") + 3) :]  # whatever the host is called
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if auth is not None:
            given["authorization"] = _basic(*auth)
        answer = self._server.handle(method, path, params, given, _bytes(data))
        return Response(
            method=method,
            url=url,
            headers=dict(answer.headers),
            status_code=answer.status,
            status_text=_PHRASES.get(answer.status, ""),
            raw_body=answer.body.decode(),
        )

    def close(self) -> None:
        """Abort open transactions and close all files. Closing twice is harmless."""
        self._server.close()
        self._engine.close()


def connect(path: str | os.PathLike[str] | None = None) -> ArangoClient:
    """Open an embedded ArangoDB and return python-arango's client for it.

    `connect(folder).db("name")` works as with a server; `_system` is there, other databases are
    made with `create_database`. Several processes may have the same folder open.
    `client.close()` ends it.

    Args:
        path: Folder of the databases, made if missing; None keeps everything in memory.

    Raises:
        ArangoError: 1224 if the folder cannot be used, 1100 if it holds something else.
    """
    engine = Engine(None if path is None else Path(path))
    return ArangoClient(
        hosts=HOST,
        http_client=EmbeddedHTTPClient(engine),
        serializer=written,
        deserializer=orjson.loads,
    )


def written(value: Any) -> str:
    """Return a value as JSON as `json` writes it, in a quarter of the time.

    orjson takes what `json` refuses, such as UUIDs and enumerations, and so does not marshal. And
    it writes NaN as null, so that what has a null in it, not only in words, is written again.

    Raises:
        TypeError: For what is no JSON.
    """
    try:
        marshal.dumps(value)
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return json.dumps(value)
    if "null" in text and isinstance(value, dict):  # of a query, whose AQL says null
        rest = [each for each in value.values() if not isinstance(each, str)]
        return json.dumps(value) if "null" in orjson.dumps(rest).decode() else text
    return json.dumps(value) if "null" in text else text


@lru_cache(maxsize=16)
def _basic(name: str, password: str) -> str:
    """Return the header of the scheme Basic (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _bytes(data: object) -> bytes:
    if data is None:
        return b""
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, bytes):
        return data
    raise TypeError("an embedded ArangoDB takes no multipart bodies")
