"""INSERT, UPDATE, REPLACE, REMOVE and UPSERT."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Binary,
    Constant,
    Expression,
    Logical,
    ObjectLiteral,
    Parameter,
    SubqueryExpression,
    VariableReference,
)
from hades_mcp.embedded.aql.plan import (
    EnumerateCollectionNode,
    FilterNode,
    InsertNode,
    LimitNode,
    RemoveNode,
    ReplaceNode,
    ReturnNode,
    SingletonNode,
    Subplan,
    UpdateNode,
    UpsertNode,
    Variable,
)
from hades_mcp.embedded.aql.planning.expressions import resolve, target_name
from hades_mcp.embedded.aql.planning.options import read_options
from hades_mcp.embedded.aql.tokens import syntax_error

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.clauses import Insert, Modification, Remove, Update, Upsert
    from hades_mcp.embedded.aql.plan import Options
    from hades_mcp.embedded.aql.planning.planner import Planner


def _collection(planner: Planner, clause: Modification) -> str:
    name = target_name(planner, clause.collection)
    planner.known(name)
    planner.access.note_write(name, planner.level)
    return name


def _output(planner: Planner, name: str) -> Variable:
    return planner.scopes.assign(name, planner.scopes.create("$" + name))


def _overwrites(options: Options) -> bool:
    mode = options.get("overwriteMode")
    return bool(options.get("overwrite")) if mode is None else mode in {"replace", "update"}


def plan_insert(planner: Planner, clause: Insert) -> None:
    """Plan INSERT: sets NEW, and OLD where it may overwrite."""
    document = resolve(planner, clause.document)
    options = read_options(planner, clause.options, "INSERT")
    collection = _collection(planner, clause)
    old = _output(planner, "OLD") if _overwrites(options) else None
    planner.emit(
        InsertNode(
            document=document,
            collection=collection,
            options=options,
            old=old,
            new=_output(planner, "NEW"),
            at=clause.at,
        )
    )


def plan_update(planner: Planner, clause: Update) -> None:
    """Plan UPDATE or REPLACE: sets OLD and NEW."""
    key = None if clause.key is None else resolve(planner, clause.key)
    patch = resolve(planner, clause.patch)
    options = read_options(planner, clause.options, "REPLACE" if clause.replace else "UPDATE")
    collection = _collection(planner, clause)
    make = ReplaceNode if clause.replace else UpdateNode
    planner.emit(
        make(
            key=key,
            patch=patch,
            collection=collection,
            options=options,
            old=_output(planner, "OLD"),
            new=_output(planner, "NEW"),
            at=clause.at,
        )
    )


def plan_remove(planner: Planner, clause: Remove) -> None:
    """Plan REMOVE: sets OLD."""
    key = resolve(planner, clause.key)
    options = read_options(planner, clause.options, "REMOVE")
    collection = _collection(planner, clause)
    planner.emit(
        RemoveNode(
            key=key,
            collection=collection,
            options=options,
            old=_output(planner, "OLD"),
            at=clause.at,
        )
    )


def plan_upsert(planner: Planner, clause: Upsert) -> None:
    """Plan UPSERT: a search that finds at most one document, then both ways on."""
    options = read_options(planner, clause.options, "UPSERT")
    name = target_name(planner, clause.collection)
    planner.known(name)
    search = _search(planner, clause, name, options)
    with planner.kept_inline():
        document = resolve(planner, clause.document)
        old = _output(planner, "OLD")
        patch = resolve(planner, clause.patch)
    planner.access.note_write(name, planner.level)
    planner.emit(
        UpsertNode(
            search=search,
            document=document,
            patch=patch,
            replace=clause.replace,
            collection=name,
            options=options,
            old=old,
            new=_output(planner, "NEW"),
            at=clause.at,
        )
    )


def _search(
    planner: Planner, clause: Upsert, collection: str, options: Options
) -> SubqueryExpression:
    found = planner.scopes.create()
    reference = VariableReference(found)
    if clause.filter is not None:
        with planner.element(found):
            condition = resolve(planner, clause.filter)
    else:
        assert clause.search is not None  # noqa: S101  the parser gives one of the two
        condition = _example(planner, clause.search, reference)
    hints: Options = {
        name: options[name] for name in ("indexHint", "forceIndexHint") if name in options
    }
    nodes = (
        SingletonNode(),
        EnumerateCollectionNode(found, collection, hints, at=clause.at),
        FilterNode(condition, at=clause.at),
        LimitNode(None, Constant(1)),
        ReturnNode(reference),
    )
    return SubqueryExpression((), Subplan(nodes), at=clause.at)


def _example(planner: Planner, search: Expression, document: Expression) -> Expression:
    """Turn the search object into a condition: its attributes, nested ones too, are equal."""
    match search:
        case ObjectLiteral():
            conditions = _literal_conditions(planner, search, document)
        case Parameter(name=name, collection=False) if isinstance(
            value := planner.parameters.value(name), dict
        ):
            conditions = _value_conditions(value, document)
        case _:
            raise syntax_error(planner.text, search.at, "expecting object literal for UPSERT")
    if not conditions:
        return Constant(value=True)
    return conditions[0] if len(conditions) == 1 else Logical("AND", tuple(conditions))


def _literal_conditions(
    planner: Planner, search: ObjectLiteral, document: Expression
) -> list[Expression]:
    found: list[Expression] = []
    for entry in search.entries:
        key = entry.key
        if isinstance(key, Parameter):
            key = planner.parameters.text(key.name)
        if not isinstance(key, str):
            raise syntax_error(
                planner.text,
                entry.at,
                "expecting object literal with literal attribute names in example",
            )
        access = Attribute(document, key, at=entry.at)
        if isinstance(entry.value, ObjectLiteral) and entry.value.entries:
            found += _literal_conditions(planner, entry.value, access)
        else:
            with planner.kept_inline():
                found.append(Binary("==", access, resolve(planner, entry.value), at=entry.at))
    return found


def _value_conditions(value: dict[str, Any], document: Expression) -> list[Expression]:
    def conditions(found: list[Expression], item: tuple[str, Any]) -> list[Expression]:
        access = Attribute(document, item[0])
        if isinstance(item[1], dict) and item[1]:
            return found + _value_conditions(item[1], access)
        return [*found, Binary("==", access, Constant(item[1]))]

    return reduce(conditions, value.items(), [])
