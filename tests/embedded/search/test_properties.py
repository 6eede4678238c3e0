"""Searches and the brute force of a small model agree on random documents and random writes."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from arango.database import StandardDatabase
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded import connect
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check

LETTERS = "abcé"
words = st.text(LETTERS, min_size=1, max_size=3)
texts = st.lists(words, min_size=1, max_size=4).map(" ".join)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([0.5]), texts)
values = st.one_of(scalars, st.lists(scalars, max_size=3))
documents = st.fixed_dictionaries(
    {}, optional={"x": values, "y": values, "s": st.fixed_dictionaries({}, optional={"z": values})}
)
PATHS = ("x", "y", "s.z")
NUMBER = int | float


def flat(document: dict[str, Any], path: str) -> list[Any]:
    """Return the values an attribute has, members of arrays one by one."""
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    return value if isinstance(value, list) else [value]


def kind(value: Any) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__


class Condition:
    """A search expression as text, and what the model says of a document."""

    def __init__(self, text: str, test: Any) -> None:
        self.text, self.test = text, test

    def __repr__(self) -> str:
        return self.text


def literal(value: Any) -> str:
    return (
        {True: "true", False: "false", None: "null"}[value]
        if kind(value) in {"bool", "NoneType"}
        else repr(value)
    )


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    path, value = draw(st.sampled_from(PATHS)), draw(scalars)
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))

    def test(document: dict[str, Any]) -> bool:
        same = [each for each in flat(document, path) if kind(each) == kind(value)]
        if operator == "!=":
            return value not in same
        if operator == "==":
            return value in same
        if value is None:
            return "=" in operator and bool(same)
        return any(eval_range(order(each), operator, order(value)) for each in same)

    return Condition(f"d.{path} {operator} {literal(value)}", test)


def order(value: Any) -> Any:
    """Return what texts are ordered by: their bytes."""
    return value.encode() if isinstance(value, str) else value


def eval_range(one: Any, operator: str, other: Any) -> bool:
    found: bool = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[
        operator
    ]
    return found


def tokens(document: dict[str, Any], path: str) -> list[str]:
    """Return the words of all texts of an attribute, in order."""
    return [
        word for text in flat(document, path) if isinstance(text, str) for word in text.split(" ")
    ]


@st.composite
def matches(draw: st.DrawFn) -> Condition:
    path, word, other = draw(st.sampled_from(PATHS)), draw(words), draw(words)
    text, test = draw(
        st.sampled_from(
            [
                (f"d.{path} == '{word}'", lambda found: word in found),
                (
                    f"STARTS_WITH(d.{path}, '{word}')",
                    lambda found: any(each.startswith(word) for each in found),
                ),
                (
                    f"d.{path} LIKE '{word}_'",
                    lambda found: any(each[:-1] == word for each in found),
                ),
                (f"d.{path} LIKE '%{word}%'", lambda found: any(word in each for each in found)),
                (
                    f"PHRASE(d.{path}, '{word} {other}')",
                    lambda found: (word, other) in pairwise(found),
                ),
                (
                    f"PHRASE(d.{path}, '{word}', 1, {{STARTS_WITH: '{other}'}})",
                    lambda found: any(
                        one == word and two.startswith(other)
                        for one, two in zip(found, found[2:], strict=False)
                    ),
                ),
                (
                    f"LEVENSHTEIN_MATCH(d.{path}, '{word}', 1, false)",
                    lambda found: any(near(word, each) for each in found),
                ),
                (
                    f"['{word}', '{other}'] ALL IN d.{path}",
                    lambda found: word in found and other in found,
                ),
                (
                    f"['{word}', '{other}'] NONE IN d.{path}",
                    lambda found: word not in found and other not in found,
                ),
                (
                    f"d.{path} IN ['{word}', '{other}']",
                    lambda found: word in found or other in found,
                ),
            ]
        )
    )
    return Condition(f"ANALYZER({text}, 'spaces')", lambda document: test(tokens(document, path)))


def near(one: str, other: str) -> bool:
    """Tell whether one insertion, deletion or replacement at most is between two words."""
    changed = {one}
    for at in range(len(one) + 1):
        changed |= {one[:at] + letter + one[at:] for letter in LETTERS}
        changed |= {one[:at] + letter + one[at + 1 :] for letter in [*LETTERS, ""]}
    return other in changed


@st.composite
def presences(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from((*PATHS, "s")))
    return Condition(
        f"EXISTS(d.{path})",
        lambda document: any(
            flat(document, each) for each in PATHS if each == path or each.startswith(path + ".")
        ),
    )


def combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda one: Condition(f"NOT ({one})", lambda document: not one.test(document))),
        pairs.map(
            lambda two: Condition(
                f"({two[0]}) AND ({two[1]})",
                lambda document: all(one.test(document) for one in two),
            )
        ),
        pairs.map(
            lambda two: Condition(
                f"({two[0]}) OR ({two[1]})", lambda document: any(one.test(document) for one in two)
            )
        ),
        st.tuples(inner, inner, inner).map(
            lambda three: Condition(
                f"MIN_MATCH({three[0]}, {three[1]}, {three[2]}, 2)",
                lambda document: sum(one.test(document) for one in three) > 1,
            )
        ),
    )


conditions = st.recursive(st.one_of(comparisons(), matches(), presences()), combined, max_leaves=5)
writes = st.lists(
    st.tuples(
        st.sampled_from(["insert", "update", "replace", "delete"]), st.integers(0, 4), documents
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("searched")


@pytest.fixture(scope="module")
def db(folder: Any) -> Iterator[StandardDatabase]:
    client = connect(folder)
    db = client.db("_system")
    db.create_collection("c")
    db.create_analyzer("spaces", "delimiter", {"delimiter": " "}, ["frequency", "norm", "position"])
    link = {"includeAllFields": True, "analyzers": ["spaces", "identity"], "storeValues": "id"}
    db.create_arangosearch_view("v", {"links": {"c": link}})
    yield db
    client.close()


@given(st.lists(documents, max_size=5), writes, st.lists(conditions, min_size=3, max_size=3))
def test_a_search_finds_what_brute_force_finds(
    db: StandardDatabase,
    held: list[dict[str, Any]],
    changes: list[tuple[str, int, dict[str, Any]]],
    searches: list[Condition],
) -> None:
    collection, model = db.collection("c"), {}
    collection.truncate()
    collection.insert_many([{"_key": str(at), **document} for at, document in enumerate(held)])
    model = {str(at): document for at, document in enumerate(held)}
    for change, at, document in changes:
        key = str(at)
        if change == "insert":
            collection.insert({"_key": key, **document}, overwrite=True)
        elif change == "delete":
            collection.delete(key, ignore_missing=True)
            model.pop(key, None)
            continue
        elif key in model:
            options = {"merge": False} if change == "update" else {}
            getattr(collection, change)({"_key": key, **document}, **options)
            if change == "update":
                document = {**model[key], **document}  # noqa: PLW2901  what is written in the end
        else:
            continue
        model[key] = document
    for search in searches:
        rows: Any = db.aql.execute(f"FOR d IN v SEARCH {search} SORT d._key RETURN d._key")
        assert list(rows) == sorted(
            key for key, document in model.items() if search.test(document)
        ), search


def test_after_all_these_writes_the_postings_are_those_of_the_documents(
    db: StandardDatabase, folder: Any
) -> None:
    with Engine(folder) as engine:
        assert check(engine) == []


@given(
    st.lists(st.lists(words, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=6),
    words,
    words,
)
def test_scores_are_those_of_the_formulas(
    db: StandardDatabase, held: list[str], one: str, other: str
) -> None:
    collection: Any = db.collection("c")
    collection.truncate()
    collection.insert_many([{"_key": str(at), "x": text} for at, text in enumerate(held)])
    bags = [text.split(" ") for text in held]
    mean = sum(map(len, bags)) / len(bags)
    query = f"FOR d IN v SEARCH ANALYZER(BOOST(d.x == '{one}', 3) OR d.x == '{other}', 'spaces')"
    rows: Any = db.aql.execute(
        f"{query} RETURN [TO_NUMBER(d._key), BM25(d, 2, 0.5), TFIDF(d, true)]"
    )
    for at, bm25, tfidf in rows:
        bag, expected = bags[at], [0.0, 0.0]
        for word, boost in ((one, 3), (other, 1)):
            count, having = bag.count(word), sum(word in each for each in bags)
            if count:
                idf = math.log1p((len(bags) - having + 0.5) / (having + 0.5))
                length = 2 * (0.5 + 0.5 * len(bag) / mean)
                expected[0] += boost * idf * 3 * count / (count + length)
                idf = math.log1p((len(bags) + 1) / (having + 1))
                expected[1] += boost * idf * math.sqrt(count) / math.sqrt(len(bag))
        assert [bm25, tfidf] == pytest.approx(expected, rel=1e-5)


plain = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), words)
bounds = st.one_of(st.none(), st.booleans(), st.integers(-3, 3))


@st.composite
def filters(draw: st.DrawFn) -> str:
    """Return a condition that an inverted index answers as it would be without one."""
    path = draw(st.sampled_from(["x", "s.z"]))
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"]))
    if operator.endswith("IN"):
        values = draw(st.lists(plain, max_size=3))
        return f"d.{path} {operator} [{', '.join(map(literal, values))}]"
    value = draw(plain if operator in {"==", "!="} else bounds)  # the order of texts differs
    return f"d.{path} {operator} {literal(value)}"


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"x": plain, "s": st.fixed_dictionaries({}, optional={"z": plain})}
        ),
        max_size=6,
    ),
    st.recursive(
        filters(),
        lambda inner: st.one_of(
            inner.map("NOT ({})".format),
            st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
                lambda three: f"({three[0]}) {three[1]} ({three[2]})"
            ),
        ),
        max_leaves=4,
    ),
)
def test_an_inverted_index_of_single_values_changes_no_filter(
    db: StandardDatabase, held: list[dict[str, Any]], condition: str
) -> None:
    if not db.has_collection("singles"):
        singles: Any = db.create_collection("singles")
        singles.add_index({"type": "inverted", "name": "inv", "fields": ["x", "s.z"]})
    singles = db.collection("singles")
    singles.truncate()
    singles.insert_many([{"_key": str(at), **document} for at, document in enumerate(held)])
    hint = "OPTIONS {indexHint: 'inv', forceIndexHint: true}"
    query = "FOR d IN singles {} FILTER {} SORT d._key RETURN d._key"
    with_index: Any = db.aql.execute(query.format(hint, condition))
    without: Any = db.aql.execute(query.format("", condition))
    assert list(with_index) == list(without)
