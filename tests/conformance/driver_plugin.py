"""A pytest plugin that answers python-arango's own tests by the embedded engine, unedited.

Loaded by `driver_suite`, before the suite's conftest opens its connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import arango
import arango.client
import arango.http
from arango.http import HTTPClient
from requests import Session
from requests.exceptions import ConnectionError as Unreachable

from hades_mcp.embedded.client import EmbeddedHTTPClient
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from arango.response import Response
    from arango.typings import Headers

PASSWORD, SECRET = "passwd", b"secret"
PORT = 8529
_ENGINE = Engine(None)
_INSIDE = EmbeddedHTTPClient(
    _ENGINE, server=Server(_ENGINE, guarded=True, root_password=PASSWORD, secret=SECRET)
)


class EmbeddedDefault(HTTPClient):
    """Stands for the driver's DefaultHTTPClient: the one port that is there is the engine."""

    def __init__(self, request_timeout: float = 60, **_options: object) -> None:
        self.request_timeout = request_timeout

    def create_session(self, host: str) -> Session:
        """Return a session that is never used: nothing leaves this process."""
        return Session()

    def send_request(
        self,
        session: Session,
        method: str,
        url: str,
        headers: Headers | None = None,
        params: MutableMapping[str, str] | None = None,
        data: object = None,
        auth: tuple[str, str] | None = None,
    ) -> Response:
        """Answer by the engine; at any other port nobody listens."""
        if urlsplit(url).port != PORT:
            raise Unreachable(f"nobody listens at {url}")
        return _INSIDE.send_request(session, method, url, headers, params, data, auth)


for _module in (arango, arango.client, arango.http):
    _module.DefaultHTTPClient = EmbeddedDefault  # type: ignore[attr-defined]  # the rebinding


def pytest_unconfigure() -> None:
    """Close the databases at the end."""
    _INSIDE.close()
