"""AQL values as plain Python: None, bool, int, float, str, list and dict; never NaN or infinity."""

from hades_mcp.embedded.values.convert import (
    number,
    to_array,
    to_bool,
    to_number,
    to_text,
    truth,
    type_name,
)
from hades_mcp.embedded.values.encoding import SortKey, descending, encode, order_key
from hades_mcp.embedded.values.order import compare, equal, hash_key, less
from hades_mcp.embedded.values.text import json_text, number_text

__all__ = [
    "SortKey",
    "compare",
    "descending",
    "encode",
    "equal",
    "hash_key",
    "json_text",
    "less",
    "number",
    "number_text",
    "order_key",
    "to_array",
    "to_bool",
    "to_number",
    "to_text",
    "truth",
    "type_name",
]
