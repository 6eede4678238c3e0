"""SCHEMA_VALIDATE: whether a document obeys a schema, as collections ask it of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.schema import check_schema, validator

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_FAILED = 1620


@aql_function("SCHEMA_VALIDATE", low=2)
def schema_validate(context: Context, document: Any, schema: Any) -> Any:
    """Tell whether a document is valid, and the schema's message if it is not.

    A schema has the form collections have: `rule`, and perhaps `message`. Its level does not
    matter. Null and `{}` let every object pass.

    Raises:
        ArangoError: 1621, for a schema that makes no sense.
    """
    if not isinstance(document, dict) or not isinstance(schema, dict | None):
        return context.refuse("SCHEMA_VALIDATE")
    complete = check_schema(schema)
    validate = validator(None if complete is None else {**complete, "level": "strict"})
    try:
        if validate is not None:
            validate(None, document)
    except ArangoError as error:
        if error.number != _FAILED:
            raise
        return {"valid": False, "errorMessage": error.message}
    return {"valid": True}
