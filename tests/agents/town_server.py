"""A strange MCP server that runs as a process of its own: `town_server.py FOLDER [--http]`.

It leaves files in FOLDER that tell what happened to it; over HTTP it writes its port to `port`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations

FOLDER = Path(sys.argv[1])
server = MCPServer("town")


@server.tool(annotations=ToolAnnotations(read_only_hint=True), structured_output=False)
def find(street: str) -> str:
    """Find a street."""
    return f"{street} is in the north; asked by {os.environ.get('TOWN_NAME', 'nobody')}"


@server.tool(structured_output=False)
def tear_down(street: str) -> str:
    """Tear a street down."""
    with (FOLDER / "torn_down").open("a") as file:
        file.write(f"{street}\n")
    return f"{street} is gone"


@server.tool(name="map.of/streets", description="Streets.\n" + "Long. " * 200)
def streets(count: int) -> dict[str, list[str]]:
    return {"streets": [f"street number {n} of this town" for n in range(count)]}


@server.tool(structured_output=False)
def text(characters: int) -> str:
    """A long text."""
    return "word " * (characters // 5)


@server.tool(structured_output=False)
def parts() -> list[types.ContentBlock]:
    """All kinds of parts."""
    note = types.TextResourceContents(uri="town://note", text="A note.", mime_type="text/plain")
    seal = types.BlobResourceContents(uri="town://seal", blob="AAAA", mime_type="image/x-seal")
    return [
        types.TextContent(type="text", text="Words."),
        types.ImageContent(type="image", data="AAAA", mime_type="image/png"),
        types.EmbeddedResource(type="resource", resource=note),
        types.EmbeddedResource(type="resource", resource=seal),
        types.ResourceLink(type="resource_link", uri="town://hall", name="hall"),
    ]


@server.tool(structured_output=False)
async def wait() -> str:
    """Wait for ever."""
    (FOLDER / "waiting").touch()
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        (FOLDER / "cancelled").touch()
        raise
    return "never"


@server.tool(structured_output=False)
async def grow(ctx: Context) -> str:
    """Get another tool."""

    def bridge() -> str:
        """Cross the river."""
        return "crossed"

    server.add_tool(bridge, structured_output=False)
    await ctx.session.send_tool_list_changed()
    return "grown"


@server.tool(structured_output=False)
def fall() -> str:
    """Take the server down."""
    os._exit(3)


def main() -> None:
    """Serve over stdio, or over Streamable HTTP on a free port."""
    if (FOLDER / "closed").exists():
        sys.stderr.write("loading the map\nthe town is closed\n")
        sys.exit(1)
    if "--http" not in sys.argv:
        server.run()
        return
    import uvicorn  # here, as it costs half a second that stdio need not wait for

    listening = socket.create_server(("127.0.0.1", int(os.environ.get("TOWN_PORT", "0"))))
    (FOLDER / "port.new").write_text(str(listening.getsockname()[1]))
    (FOLDER / "port.new").rename(FOLDER / "port")
    config = uvicorn.Config(server.streamable_http_app(), log_level="warning")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
