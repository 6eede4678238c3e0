"""The storage engine: databases of documents, edges and indexes, one SQLite file each."""

from hades_mcp.embedded.storage.catalog import CollectionInfo
from hades_mcp.embedded.storage.collection import Collection
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.indexes import Bound, Index
from hades_mcp.embedded.storage.records import Written
from hades_mcp.embedded.storage.transaction import Transaction

__all__ = [
    "Bound",
    "Collection",
    "CollectionInfo",
    "Database",
    "Engine",
    "Index",
    "Transaction",
    "Written",
]
