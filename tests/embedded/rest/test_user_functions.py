"""Functions of users: kept, listed, never called."""

from __future__ import annotations

import pytest

PATH = "/_api/aqlfunction"


def named(name: str, code: str = "function () { return 1; }") -> dict[str, str]:
    return {"name": name, "code": code}


def test_functions_are_kept_by_name_and_forgotten(api):
    assert api(f"POST {PATH}", named("my::one")).status == 201
    again = api(f"POST {PATH}", {**named("MY::ONE"), "isDeterministic": True})
    assert (again.status, again.json["isNewlyCreated"]) == (200, False)
    api(f"POST {PATH}", named("my::deep::two", "x => x"))
    api(f"POST {PATH}", named("mine::three", "(x, y) => x"))
    listed = api(f"GET {PATH}/my").json["result"]
    assert [each["name"] for each in listed] == ["MY::ONE", "my::deep::two"]
    assert listed[0]["isDeterministic"] is True
    assert len(api(f"GET {PATH}").json["result"]) == 3
    assert api(f"DELETE {PATH}/mine::three").json["deletedCount"] == 1
    assert api.refused(f"DELETE {PATH}/mine::three") == (404, 1582)
    assert api(f"DELETE {PATH}/my?group=true").json["deletedCount"] == 2
    assert api(f"GET {PATH}").json["result"] == []


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({}, 1580),
        (named("one"), 1580),
        (named("::one"), 1580),
        (named("my::one", "1 + 1"), 1581),
        ({"name": "my::one"}, 1581),
    ],
)
def test_names_have_a_namespace_and_code_is_a_function(api, body, number):
    assert api.refused(f"POST {PATH}", body) == (400, number)


def test_a_query_cannot_call_them(api):
    api(f"POST {PATH}", named("my::one"))
    assert api.refused("POST /_api/cursor", {"query": "RETURN my::one()"})[1] == 1582
