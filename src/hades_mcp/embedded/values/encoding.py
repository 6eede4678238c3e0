"""An order-preserving encoding: bytes whose memcmp order is AQL's order of values.

Layout, one tag byte, then:
    null, false, true   nothing
    number              eight bytes of a sortable double, negative ones complemented under a smaller
                        tag; from 2**53 on two bytes more: how far the exact integer is from it
    string              its ICU sort key, which ends with its only zero byte
    array               its elements without trailing nulls, then END
    object              per non-null attribute in name order: the complemented name, the value; END

END sorts below every tag: a missing element counts as null and nulls at the end are dropped. Names
are complemented because an object that lacks the smaller name holds null there and sorts first.
No encoding is the prefix of another one, so encodings of several values may be concatenated.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.collation import sort_key
from hades_mcp.embedded.values.order import attribute_rank, names_in_order
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

SortKey = bytes

_END = b"\x00"
_NULL = b"\x01"
_FALSE = b"\x02"
_TRUE = b"\x03"
_NEGATIVE = b"\x04"
_STRING = b"\x06"
_ARRAY = b"\x07"
_OBJECT = b"\x08"
_NAME = b"\x01"

_COMPLEMENT = bytes(255 - byte for byte in range(256))
_positive = Struct(">cd").pack
_double = Struct(">d").pack
_distance = Struct(">H").pack
_EXACT = 2.0**53  # from here on a double no longer holds every integer
_MIDDLE = 0x8000
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1


def encode(value: Any) -> bytes:
    """Return the order-preserving, prefix-free encoding of an AQL value."""
    return _ENCODERS[type(value)](value)


order_key = encode  # for sorted(): a comparison of two keys costs one memcmp


def descending(key: SortKey) -> SortKey:
    """Turn a key round: turned keys sort in the opposite order and concatenate as well."""
    return key.translate(_COMPLEMENT)


def _encode_null(_: None) -> bytes:
    return _NULL


def _encode_bool(value: bool) -> bytes:  # noqa: FBT001  a value, not a flag
    return _TRUE if value else _FALSE


def _encode_float(value: float) -> bytes:
    if value >= 0.0:
        code = _positive(b"\x05", value + 0.0)  # + 0.0 takes the sign off zero
    else:
        code = _NEGATIVE + _double(-value).translate(_COMPLEMENT)
    if -_EXACT < value < _EXACT:
        return code
    return code + b"\x80\x00"


def _encode_int(value: int) -> bytes:
    near = float(value)
    if -_EXACT < near < _EXACT:
        if value >= 0:
            return _positive(b"\x05", near)
        return _NEGATIVE + _double(-near).translate(_COMPLEMENT)
    code = _encode_float(near)
    if _LOWEST <= value <= _HIGHEST:  # beyond 64 bits ArangoDB knows doubles only
        return code[:-2] + _distance(_MIDDLE + value - int(near))
    return code


def _encode_text(value: str) -> bytes:
    return _STRING + sort_key(value)


def _encode_array(value: list[Any]) -> bytes:
    codes = [_ENCODERS[type(item)](item) for item in paced(value)]
    while codes and codes[-1] == _NULL:
        codes.pop()
    return _ARRAY + b"".join(codes) + _END


def _encode_object(value: dict[str, Any]) -> bytes:
    parts = [_OBJECT]
    for name in paced(names_in_order(value)):
        item = value[name]
        if item is not None:
            parts += (_NAME, _encode_name(name), _ENCODERS[type(item)](item))
    parts.append(_END)
    return b"".join(parts)


def _encode_name(name: str) -> bytes:
    key, exact = attribute_rank(name)
    # zero bytes inside the code points would end the name early
    tail = exact.encode("utf-8", "surrogatepass").replace(b"\x00", b"\x00\x01") + b"\x00\x00"
    return (key + tail).translate(_COMPLEMENT)


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): _encode_null,
    bool: _encode_bool,
    int: _encode_int,
    float: _encode_float,
    str: _encode_text,
    list: _encode_array,
    dict: _encode_object,
}
