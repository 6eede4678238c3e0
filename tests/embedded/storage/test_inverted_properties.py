"""Definitions of inverted indexes: completed, inherited, refused, and told to be compatible."""

from __future__ import annotations

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.inverted_properties import (
    compatible,
    inverted_definition,
    inverted_fields,
)


def test_a_field_shows_only_what_differs_from_the_level_above() -> None:
    definition = inverted_definition(
        {"fields": ["a", {"name": "b", "analyzer": "text_en"}, {"name": "c", "cache": False}]}
    )
    assert definition["fields"] == [
        {"name": "a"},
        {"name": "b", "analyzer": "text_en", "features": ["frequency", "position", "norm"]},
        {"name": "c"},
    ]
    assert definition["analyzer"] == "identity"
    assert definition["features"] == ["frequency", "norm"]
    assert definition["primarySort"] == {"fields": [], "compression": "lz4"}
    assert "cache" not in definition


def test_fields_inherit_what_they_do_not_say() -> None:
    definition = inverted_definition(
        {
            "analyzer": "text_de",
            "searchField": True,
            "fields": ["a", {"name": "n", "features": [], "nested": ["x"]}],
        }
    )
    root = inverted_fields(definition)
    plain, array = root.nested
    assert (plain.analyzer.name, plain.search_field) == ("text_de", True)
    assert (array.features, array.nested[0].features) == ((), ())
    assert array.nested[0].analyzer.name == "text_de"


def test_stored_values_may_be_written_in_three_ways() -> None:
    definition = inverted_definition(
        {"fields": ["a"], "storedValues": ["p", ["q", "q", "r"], {"fields": ["z"], "cache": True}]}
    )
    assert definition["storedValues"] == [
        {"fields": ["p"], "compression": "lz4"},
        {"fields": ["q", "r"], "compression": "lz4"},
        {"fields": ["z"], "compression": "lz4", "cache": True},
    ]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "fields"),
        ({"fields": ["a", "a[*]"]}, "fields[1] is duplicated"),
        ({"fields": ["a[*].b[*]"]}, "fields[0].name"),
        ({"fields": [{"name": "a[*]", "searchField": True}]}, "fields[0].name"),
        ({"fields": [{"name": "a", "analyzer": "nobody"}]}, "fields[0].analyzer"),
        ({"fields": [{"name": "a", "nested": ["b[*]"]}]}, "fields[0].nested[0].name"),
        ({"fields": [{"name": "a", "cache": 1}]}, "fields[0].cache"),
        ({"fields": ["a"], "primarySort": []}, "primarySort"),
        ({"fields": ["a"], "primarySort": {"fields": [{"field": "a"}]}}, "primarySort"),
        ({"fields": ["a"], "consolidationPolicy": {"type": "best"}}, "consolidationPolicy"),
        ({"fields": ["a"], "optimizeTopK": ["x"] * 65}, "optimizeTopK"),
        ({"fields": ["a"], "writebufferIdle": -1}, "writebufferIdle"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: dict[str, object], named: str) -> None:
    with pytest.raises(ArangoError) as refused:
        inverted_definition(given)
    assert refused.value.number == 10
    assert f"'{named}" in str(refused.value)


def test_one_view_takes_no_field_that_two_indexes_treat_differently() -> None:
    english = inverted_definition({"fields": [{"name": "a.b", "analyzer": "text_en"}]})
    russian = inverted_definition({"fields": [{"name": "a.b", "analyzer": "text_ru"}]})
    below = inverted_definition({"fields": [{"name": "a", "includeAllFields": True}]})
    other = inverted_definition({"fields": ["c"]})
    assert not compatible(english, russian, same_collection=False)
    assert not compatible(english, below, same_collection=False)
    assert compatible(english, english, same_collection=False)
    assert not compatible(english, english, same_collection=True)
    assert compatible(english, other, same_collection=True)
    sorted_one = inverted_definition(
        {"fields": ["c"], "primarySort": {"fields": [{"field": "c", "direction": "asc"}]}}
    )
    assert not compatible(sorted_one, english, same_collection=False)
