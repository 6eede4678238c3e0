"""Which attributes of a document are searched and how: one tree for links and inverted indexes.

Source: ArangoDB manual, link properties of arangosearch views and inverted indexes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import BUILT_IN, Analyzer
from hades_mcp.embedded.storage.inverted_properties import HIDDEN, InvertedField, inverted_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.embedded.storage.indexes import Index

    Properties = dict[str, Any]

LINK = "arangosearch"
"""The type of the hidden index that a view keeps on a collection."""
SEARCHED = frozenset({LINK, "inverted"})


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """How an attribute is indexed.

    Attributes:
        analyzers: Each makes terms of text of its own.
        include_all: Index the attributes below that `fields` does not name, in the same way.
        arrays: Index the members of an array as values of the attribute.
        track: The members of an array are attributes of their own: `a[0]`, `a[1]`.
        stored: Keep whether there is a value, for EXISTS.
        absent_is_null: A missing attribute counts as null.
        fields: Attributes below that are indexed in a way of their own.
        nested: Attributes of the objects in this array that are searched object by object.
        indexed: Whether values of the attribute itself are indexed.
        members: How the members of an array are indexed, and nothing but them: `a[*]`.
        strict: Refuse arrays and objects that nothing here takes apart.
    """

    analyzers: tuple[Analyzer, ...] = (BUILT_IN["identity"],)
    include_all: bool = False
    arrays: bool = True
    track: bool = False
    stored: bool = False
    absent_is_null: bool = False
    fields: Mapping[str, FieldPlan] = field(default_factory=dict)
    nested: Mapping[str, FieldPlan] = field(default_factory=dict)
    indexed: bool = True
    members: FieldPlan | None = None
    strict: bool = False


def plan_of(index: Index) -> FieldPlan:
    """Return how an index of type arangosearch or inverted reads documents."""
    known = _PLANS.get(id(index.options))
    if known is not None and known[0] is index.options:
        return known[1]
    if len(_PLANS) >= _MOST_PLANS:
        _PLANS.clear()
    plan = _read(index)
    _PLANS[id(index.options)] = (index.options, plan)
    return plan


# by the identity of the definition, which is kept alive: the catalog has it until it changes
_PLANS: dict[int, tuple[Properties, FieldPlan]] = {}
_MOST_PLANS = 256


def _read(index: Index) -> FieldPlan:
    if index.type == LINK:
        known = {item["name"]: Analyzer(**_whole(item)) for item in index.options[HIDDEN]}
        return _link(index.options["link"], known, FieldPlan())
    return _inverted(inverted_fields(index.options))


def stored_analyzers(analyzers: Mapping[str, Analyzer]) -> list[Properties]:
    """Return Analyzers by the names a link uses for them, as an index keeps them."""
    return [
        {
            "name": name,
            "type": analyzer.type,
            "properties": analyzer.properties,
            "features": list(analyzer.features),
        }
        for name, analyzer in analyzers.items()
    ]


def analyzer_at(plan: FieldPlan, path: str, *, explicit: bool = False) -> Analyzer | None:
    """Return the one Analyzer of an inverted index's field; None if the field is not indexed.

    Args:
        plan: The plan of an inverted index.
        path: Attribute names joined by dots, perhaps with places in arrays.
        explicit: Whether only fields count that the definition names.
    """
    for name in filter(None, path.replace("\0", ".").split(".")):
        above = plan.members or plan
        below = above.fields.get(name.partition("[")[0]) or above.nested.get(name)
        if below is None:
            if explicit or not plan.include_all:
                return None
            below = replace(plan, fields={}, nested={})
        plan = below
    plan = plan.members or plan
    return plan.analyzers[0] if plan.indexed else None


def _whole(stored: Properties) -> Properties:
    return {**stored, "features": tuple(stored["features"])}


def _link(given: Properties, known: Mapping[str, Analyzer], above: FieldPlan) -> FieldPlan:
    """Complete a link, or a part of one, with what it inherits."""
    names = given.get("analyzers")
    level = FieldPlan(
        analyzers=above.analyzers if names is None else tuple(known[name] for name in names),
        include_all=given.get("includeAllFields", above.include_all),
        track=given.get("trackListPositions", above.track),
        stored=given["storeValues"] == "id" if "storeValues" in given else above.stored,
    )
    return replace(
        level,
        fields={name: _link(part, known, level) for name, part in given.get("fields", {}).items()},
        nested={name: _link(part, known, level) for name, part in given.get("nested", {}).items()},
    )


def _inverted(root: InvertedField) -> FieldPlan:
    plan = replace(_leaf(root), indexed=False, absent_is_null=False)
    return _with_fields(plan, root.nested, "fields")


def _leaf(part: InvertedField) -> FieldPlan:
    return FieldPlan(
        analyzers=(replace(part.analyzer, features=part.features),),
        include_all=part.include_all,
        arrays=part.search_field,
        track=part.track_positions and part.search_field,
        stored=True,
        absent_is_null=not part.search_field,
        strict=not part.search_field,
    )


def _with_fields(plan: FieldPlan, parts: tuple[InvertedField, ...], kind: str) -> FieldPlan:
    """Put the fields of a definition, whose names are paths, below a level of the tree."""
    below: dict[str, FieldPlan] = {}
    for part in parts:
        leaf = _leaf(part)
        if part.nested:
            leaf = _with_fields(replace(leaf, absent_is_null=False), part.nested, "nested")
        _place(below, part.path.split("."), leaf)
    return replace(plan, **{kind: below})  # type: ignore[arg-type]


def _place(level: dict[str, FieldPlan], names: list[str], leaf: FieldPlan) -> None:
    """Put a field where its path leads; after `[*]` it goes on from the members of the array."""
    name, rest = names[0].removesuffix("[*]"), names[1:]
    expands = name != names[0]
    known = level.get(name) or replace(leaf, indexed=False, fields={}, nested={})
    inner = known.members or known
    if rest:
        fields = dict(inner.fields)
        _place(fields, rest, leaf)
        made = replace(inner, fields=fields)
    else:
        made = replace(leaf, fields=inner.fields)
    level[name] = replace(known, indexed=False, members=made) if expands else made
