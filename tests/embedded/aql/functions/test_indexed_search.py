"""The functions that read a collection through its geo or fulltext index."""

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError


@pytest.fixture
def places(database):
    with database.transaction(write=True) as transaction:
        grid = transaction.create_collection("grid")
        grid.ensure_index({"type": "geo", "fields": ["lat", "lng"]})
        grid.ensure_index({"type": "fulltext", "fields": ["name"]})
        for lat in range(-2, 3):
            for lng in range(-2, 3):
                name = f"place {'north' if lat > 0 else 'south'}"
                grid.insert({"_key": f"{lat}_{lng}", "lat": lat, "lng": lng, "name": name})
        transaction.create_collection("bare")
    return lambda text, **bind_vars: execute(database, text, bind_vars).rows


def test_near_gives_the_nearest_first_and_their_distance_on_request(places):
    (rows,) = places("RETURN NEAR(grid, 0.1, 0, 2)[*]._key")
    assert rows == ["0_0", "1_0"]
    (row,) = places("FOR d IN NEAR('grid', 0, 1.5, 1, 'far') RETURN d")
    assert row["far"] == pytest.approx(55597.5, abs=1)
    assert places("RETURN LENGTH(NEAR(grid, 0, 0))") == [25]


def test_within_gives_those_in_the_circle(places):
    rows = places("FOR d IN WITHIN(grid, 0, 0, 112000) SORT d._key RETURN d._key")
    assert sorted(rows) == ["-1_0", "0_-1", "0_0", "0_1", "1_0"]
    assert places("RETURN WITHIN(grid, 0, 0, 1, 'far')[0].far") == [0]


def test_within_rectangle_takes_its_corners_in_any_order(places):
    assert places("RETURN LENGTH(WITHIN_RECTANGLE(grid, -1, -1, 1, 1))") == [9]
    assert places("RETURN LENGTH(WITHIN_RECTANGLE(grid, 1, 1, -1, -1))") == [9]


def test_fulltext_finds_words_up_to_a_limit(places):
    assert places("RETURN LENGTH(FULLTEXT(grid, 'name', 'place,north'))") == [10]
    assert places("RETURN LENGTH(FULLTEXT(grid, 'name', 'prefix:pla', 3))") == [3]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("NEAR(bare, 0, 0)", 1570),
        ("WITHIN(bare, 0, 0, 1)", 1570),
        ("WITHIN_RECTANGLE(bare, 0, 0, 1, 1)", 1570),
        ("FULLTEXT(bare, 'name', 'x')", 1571),
        ("FULLTEXT(grid, 'other', 'x')", 1571),
        ("NEAR('missing', 0, 0)", 1203),
        ("NEAR(bare, 0, 0, true)", 1542),
        ("NEAR(bare, 0, 0, 1, true)", 1542),
        ("NEAR(bare, 'x', 0)", 1542),
        ("WITHIN(bare, 0, 0, 'x')", 1542),
        ("WITHIN_RECTANGLE(bare, 0, 0, 1, 'x')", 1542),
        ("FULLTEXT(bare, 1, 'x')", 1542),
    ],
)
def test_what_cannot_be_answered_is_refused(places, call, number):
    with pytest.raises(ArangoError) as caught:
        places(f"RETURN {call}")
    assert caught.value.number == number


@pytest.mark.parametrize("query", ["+", "|", "-", "place,+", "+ "])
def test_an_operator_of_fulltext_needs_a_word(places, query):
    with pytest.raises(ArangoError) as error:
        places(f"RETURN FULLTEXT(grid, 'name', '{query}')")
    assert error.value.number == 10


def test_a_fulltext_limit_of_nothing_gives_nothing(places):
    assert places("RETURN LENGTH(FULLTEXT(grid, 'name', 'place', 0))") == [0]
    assert places("RETURN LENGTH(FULLTEXT(grid, 'name', 'prefix:pla', null)) > 3") == [True]
