"""Reading what a model writes: the calls it makes in plain text, and nothing it only shows.

`read` takes a whole reply, `ReplyStream` a reply piece by piece, with the same result wherever it
is cut. Calls found here are labelled `recovered`; whoever runs them asks before it writes.
"""

from hades_mcp.models.reading.names import resolve
from hades_mcp.models.reading.reply import Reading, read
from hades_mcp.models.reading.stream import ReplyStream
from hades_mcp.models.reading.values import loads, mended

__all__ = ["Reading", "ReplyStream", "loads", "mended", "read", "resolve"]
