"""Functions on documents and objects: attributes, merging, matching, identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.collation import sort_key
from hades_mcp.embedded.values import equal, to_text, truth
from hades_mcp.embedded.values.sorting import in_order
from hades_mcp.embedded.values.stopping import PIECE, paced

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context


@aql_function("ATTRIBUTES", "KEYS", low=1, high=3)
def attributes(context: Context, document: Any, remove_system: Any = None, sort: Any = None) -> Any:
    """Return an object's attribute names, without those that start with an underscore if asked."""
    if not isinstance(document, dict):
        return context.refuse("ATTRIBUTES")
    hide = truth(remove_system)
    names = [name for name in paced(document) if not (hide and name.startswith("_"))]
    # VelocyPack's table of attributes is in byte order; so is what ArangoDB returns
    key = sort_key if truth(sort) else str.encode
    return sorted(names, key=key) if len(names) <= PIECE else in_order(names, key, context.check)


@aql_function("VALUES", low=1, high=2)
def values(context: Context, document: Any, remove_system: Any = None) -> Any:
    """Return an object's attribute values."""
    if not isinstance(document, dict):
        return context.refuse("VALUES")
    hide = truth(remove_system)
    items = paced(document.items())
    return [value for name, value in items if not (hide and name.startswith("_"))]


@aql_function("ENTRIES", low=1)
def entries(context: Context, document: Any) -> Any:
    """Return an object's attributes as pairs of name and value."""
    if not isinstance(document, dict):
        return context.refuse("ENTRIES")
    return [[name, value] for name, value in paced(document.items())]


@aql_function("HAS", low=2)
def has(_context: Context, document: Any, name: Any) -> bool:
    """Tell whether an object has an attribute, whatever its value."""
    return isinstance(document, dict) and to_text(name) in document


@aql_function("VALUE", low=2)
def value_at(context: Context, document: Any, path: Any) -> Any:
    """Return the value at a path of attribute names and array positions."""
    if not isinstance(document, dict) or not isinstance(path, list):
        return context.refuse("VALUE")
    place: Any = document if path else None
    for step in paced(path):
        if isinstance(step, str):
            place = place.get(step) if isinstance(place, dict) else None
        else:
            place = _element(place, integer(step)) if is_number(step) else None
    return place


def _element(place: Any, index: int) -> Any:
    return place[index] if isinstance(place, list) and 0 <= index < len(place) else None


@aql_function("MATCHES", low=2, high=3)
def matches(context: Context, document: Any, examples: Any, as_index: Any = None) -> Any:
    """Tell whether an object has all attributes of an example, or which example's."""
    if not isinstance(document, dict):
        return False
    candidates = examples if isinstance(examples, list) else [examples]
    place = -1
    for index, example in enumerate(paced(candidates)):
        if not isinstance(example, dict):
            context.refuse("MATCHES")
            continue
        if all(equal(document.get(name), value) for name, value in paced(example.items())):
            place = index
            break
    return place if truth(as_index) else place >= 0


@aql_function("TRANSLATE", low=2, high=3)
def translate(context: Context, value: Any, lookup: Any, *default: Any) -> Any:
    """Look a value up in an object; without a hit return the default, or the value itself."""
    if not isinstance(lookup, dict):
        return context.refuse("TRANSLATE")
    key = to_text(value)
    if key in lookup:
        return lookup[key]
    return default[0] if default else value


@aql_function("ZIP", low=2)
def zip_object(context: Context, names: Any, parts: Any) -> Any:
    """Make an object of an array of names and one of values; the first of equal names wins."""
    if not isinstance(names, list) or not isinstance(parts, list) or len(names) != len(parts):
        return context.refuse("ZIP")
    made: dict[str, Any] = {}
    for name, part in zip(context.each(names), parts, strict=True):
        made.setdefault(to_text(name), part)
    return made


@aql_function("MERGE", low=1, high=None)
def merge(context: Context, *documents: Any) -> Any:
    """Combine objects; later attributes replace earlier ones of the same name."""
    objects = _objects(documents)
    if objects is None:
        return context.refuse("MERGE")
    merged: dict[str, Any] = {}
    for document in paced(objects):
        merged.update(document if len(document) <= PIECE else paced(document.items()))
    return merged


@aql_function("MERGE_RECURSIVE", low=1, high=None)
def merge_recursive(context: Context, *documents: Any) -> Any:
    """Combine objects, and the objects inside them, attribute by attribute."""
    objects = _objects(documents)
    if objects is None:
        return context.refuse("MERGE_RECURSIVE")
    merged: dict[str, Any] = {}
    for document in paced(objects):
        merged = _merged(merged, document)
    return merged


def _merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    merged = dict(left)
    for name, value in paced(right.items()):
        old = merged.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[name] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _objects(documents: tuple[Any, ...]) -> list[dict[str, Any]] | None:
    """Return the arguments, or those in a single array, if all are objects."""
    single = len(documents) == 1 and isinstance(documents[0], list)
    found = documents[0] if single else list(documents)
    return found if all(isinstance(document, dict) for document in paced(found)) else None
