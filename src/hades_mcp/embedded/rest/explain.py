"""`/_api/explain` and `/_api/query/rules`: how a query would be run."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.aql import explain as explain_query
from hades_mcp.embedded.aql.rules import RULES, NamedRule
from hades_mcp.embedded.rest.message import Request, Response, ok, plain
from hades_mcp.embedded.rest.query_text import QueryText, check_rights
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_FLAGS = {
    "hidden": False,
    "clusterOnly": False,
    "canCreateAdditionalPlans": False,
    "disabledByDefault": False,
    "enterpriseOnly": False,
}


@routes.add("POST", "/_api/explain")
def explain(request: Request) -> Response:
    """Tell the plan of a query; `allPlans` gives a list of one, for there is only one."""
    query = QueryText.of(request.object())
    answer = plan_of(request, query)
    if query.options.get("allPlans"):
        plan = answer.pop("plan")
        answer.pop("cacheable", None)
        answer["plans"] = [plan]
    return ok(answer)


@routes.add("GET", "/_api/query/rules")
def rules(_request: Request) -> Response:
    """List the optimizer rules in the order they are applied: those there are, not ArangoDB's."""
    by_name = {rule.name: rule for rule in reversed(RULES)}  # a name may stand for several steps
    return plain([_rule(by_name[name]) for name in dict.fromkeys(rule.name for rule in RULES)])


def _rule(rule: NamedRule) -> dict[str, Any]:
    is_check = rule.name.startswith("refuse-")
    flags = {**_FLAGS, "hidden": is_check, "canBeDisabled": not rule.required}
    return {"name": rule.name, "description": rule.description, "flags": flags}


def plan_of(request: Request, query: QueryText) -> dict[str, Any]:
    """Return the plan of a query with what belongs to it."""
    with query.limits(), request.transaction(write=False) as transaction:
        check_rights(request, query, transaction)
        return explain_query(transaction, query.text, query.bind_vars, rules=query.rules)
