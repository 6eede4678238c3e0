"""An error says what happened and what to do next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp import errors
from hades_mcp.errors import (
    CallerError,
    ConfigError,
    HadesError,
    LimitReached,
    QueryError,
    Unavailable,
    UnknownName,
    did_you_mean,
    nearest,
)


def family(root: type[HadesError]) -> list[type[HadesError]]:
    return [root, *(child for direct in root.__subclasses__() for child in family(direct))]


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    drawn = [
        line.split()[1]
        for line in (errors.__doc__ or "").splitlines()
        if line.strip()[:2] in {"* ", "x ", "+ "}
    ]
    # Rooms may tell cases of one turn apart, as the models do with `Unavailable`.
    told = [error for error in family(HadesError) if error.__module__ == errors.__name__]
    assert sorted(drawn) == sorted(error.__name__ for error in told)


def test_a_hint_is_said_after_what_happened():
    assert (
        str(Unavailable("No model answers.", hint="Start one.")) == "No model answers. Start one."
    )
    assert str(Unavailable("No model answers.")) == "No model answers."


@pytest.mark.parametrize("kind", [LimitReached, Unavailable, ConfigError])
def test_what_a_caller_cannot_mend_is_no_caller_error(kind):
    assert not issubclass(kind, CallerError)


def test_a_query_error_carries_arangodbs_number():
    assert QueryError("syntax error", number=1501).number == 1501


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("serach", "Did you mean 'search'?"),
        ("SEARCH", "Did you mean 'search'?"),
        ("zzz", "There are: aql, search."),
    ],
)
def test_an_unknown_name_leads_to_a_known_one(name, hint):
    error = UnknownName("tool", name, ["search", "aql"])
    assert str(error) == f"There is no tool {name!r}. {hint}"


def test_a_long_list_of_names_is_cut_and_counted():
    assert did_you_mean("zzz", [f"name{n}" for n in range(15)]).endswith("name11 and 3 more.")


def test_no_names_at_all_is_said():
    assert did_you_mean("anything", []) == "There are none yet."


@given(st.lists(st.text(min_size=1)), st.text())
def test_only_known_names_are_ever_suggested(known, name):
    assert nearest(name, known) in {None, *known}


@given(st.lists(st.text(alphabet="abcd_", min_size=1), min_size=1))
def test_a_known_name_is_nearest_to_itself(known):
    assert nearest(known[0], known) == known[0]
