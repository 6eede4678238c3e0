"""Functions that read collections, and those that take document identifiers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.revisions import decode_revision
from hades_mcp.embedded.values.dates import write
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context
    from hades_mcp.embedded.storage.transaction import Transaction

BAD_PARAMETER, NO_COLLECTION = 10, 1203
_COUNTER_BITS = 20  # of a revision; the rest are milliseconds
_LONGEST_REVISION = 11  # characters, as ArangoDB reads them: 64 bits


def transaction_of(context: Context) -> Transaction:
    """Return the query's transaction.

    Raises:
        ArangoError: 1203, if the query was started without one.
    """
    if context.transaction is None:
        raise ArangoError(NO_COLLECTION)
    return context.transaction


@aql_function(
    "DOCUMENT", low=1, high=2, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def document(context: Context, *arguments: Any) -> Any:
    """Return a document, or those of an array of identifiers; what is not there is left out."""
    collection = arguments[0] if len(arguments) > 1 else None
    wanted = arguments[-1]
    if collection is not None and not isinstance(collection, str):
        return context.refuse("DOCUMENT")
    if isinstance(wanted, str):
        return next(iter(_found(context, collection, [wanted])), None)
    if isinstance(wanted, list):
        return _found(
            context, collection, [item for item in paced(wanted) if isinstance(item, str)]
        )
    return None


def _found(context: Context, collection: str | None, identifiers: list[str]) -> list[Any]:
    """Return the documents that exist, in the order asked for, with one look-up per collection."""
    places = [place for item in paced(identifiers) if (place := _place(collection, item))]
    keys: dict[str, list[str]] = {}
    for name, key in paced(places):
        keys.setdefault(name, []).append(key)
    found = {name: _read(context, name, wanted) for name, wanted in paced(keys.items())}
    return [found[name][key] for name, key in paced(places) if key in found[name]]


def _place(collection: str | None, identifier: str) -> tuple[str, str] | None:
    """Return collection and key of a key or an identifier; None if they contradict each other."""
    name, separator, key = identifier.rpartition("/")
    if not separator:
        name = collection or ""
    return (name, key) if name and collection in (None, name) else None


def _read(context: Context, name: str, keys: list[str]) -> dict[str, Any]:
    """Return documents by key; a collection that does not exist has none."""
    try:
        return transaction_of(context).collection(name).get_many(keys)
    except ArangoError as error:
        if error.number != NO_COLLECTION:
            raise
        return {}


@aql_function(
    "COLLECTION_COUNT", low=1, deterministic=False, reads_data=True, collection_arguments=(0,)
)
def collection_count(context: Context, name: Any) -> Any:
    """Count the documents of a collection.

    Raises:
        ArangoError: 1203, if there is no such collection, 1542 for anything but a name.
    """
    if not isinstance(name, str):
        context.fail("COLLECTION_COUNT")
    return transaction_of(context).collection(name).count()


@aql_function("COLLECTIONS", low=0, deterministic=False, reads_data=True)
def collections(context: Context) -> list[dict[str, str]]:
    """Return the name and id of every collection, in order of name."""
    known = transaction_of(context).collections()
    return [{"_id": info.id, "name": info.name} for info in sorted(known, key=lambda c: c.name)]


@aql_function("SCHEMA_GET", low=1, deterministic=False, reads_data=True)
def schema_get(context: Context, name: Any) -> Any:
    """Return a collection's validation schema, null if it has none.

    Raises:
        ArangoError: 1203, if there is no such collection, 10 for anything but a name.
    """
    if not isinstance(name, str):
        raise ArangoError(BAD_PARAMETER, "could not extract collection name from parameters")
    return transaction_of(context).collection(name).info.schema


@aql_function("SHARD_ID", low=2, deterministic=False, reads_data=True, collection_arguments=(0,))
def shard_id(context: Context, name: Any, keys: Any) -> Any:
    """Return the collection's own name: there are no shards on a single server.

    Raises:
        ArangoError: 1203, if there is no such collection, 10 for an argument of a wrong type.
    """
    if not isinstance(name, str):
        raise ArangoError(BAD_PARAMETER, "first parameter to SHARD_ID must be a string")
    if not isinstance(keys, dict):
        raise ArangoError(BAD_PARAMETER, "second parameter to SHARD_ID must be an object")
    return transaction_of(context).collection(name).info.name


@aql_function("CHECK_DOCUMENT", low=1)
def check_document(_context: Context, value: Any) -> bool:
    """Tell whether a value is an object; no name can be stored twice here."""
    return isinstance(value, dict)


@aql_function("DECODE_REV", low=1)
def decode_rev(context: Context, revision: Any) -> Any:
    """Return when a revision was made, and its place among those of the same millisecond."""
    readable = isinstance(revision, str) and len(revision) <= _LONGEST_REVISION
    number = decode_revision(revision) if readable else 0
    if not number:
        return context.refuse("DECODE_REV")
    moment, count = divmod(number, 1 << _COUNTER_BITS)
    return {"date": write(moment), "count": count}


def _identifier(value: Any) -> tuple[str, str] | None:
    """Split an identifier, or that of a document, into collection and key."""
    text = value.get("_id") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.count("/") != 1:
        return None
    collection, _, key = text.partition("/")
    return collection, key


@aql_function("PARSE_IDENTIFIER", low=1)
def parse_identifier(context: Context, value: Any) -> Any:
    """Return the collection and key of an identifier."""
    parts = _identifier(value)
    if parts is None:
        return context.refuse("PARSE_IDENTIFIER")
    return {"collection": parts[0], "key": parts[1]}


@aql_function("PARSE_COLLECTION", low=1)
def parse_collection(context: Context, value: Any) -> Any:
    """Return the collection of an identifier."""
    parts = _identifier(value)
    return context.refuse("PARSE_COLLECTION") if parts is None else parts[0]


@aql_function("PARSE_KEY", low=1)
def parse_key(context: Context, value: Any) -> Any:
    """Return the key of an identifier."""
    parts = _identifier(value)
    return context.refuse("PARSE_KEY") if parts is None else parts[1]


@aql_function("IS_SAME_COLLECTION", low=2, collection_arguments=(0, 1))
def is_same_collection(context: Context, one: Any, two: Any) -> Any:
    """Tell whether two identifiers, documents or names belong to one collection."""
    names = [_collection_name(one), _collection_name(two)]
    if None in names:
        return context.refuse("IS_SAME_COLLECTION")
    return names[0] == names[1]


def _collection_name(value: Any) -> str | None:
    text = value.get("_id") if isinstance(value, dict) else value
    return text.partition("/")[0] if isinstance(text, str) else None
