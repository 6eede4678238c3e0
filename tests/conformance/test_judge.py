"""The judge itself: it must be able to find fault."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance import compare, documented, javascript, queries
from tests.conformance.report import FileReport
from tests.conformance.rows import Verdict, divergences

from hades_mcp.embedded.aql import Result


def _wrong(**row: Any) -> str | None:
    row = {"kind": "eq", "id": "x", **row}
    return queries.difference(row, queries.ask(None, row["query"], row.get("bindVars")))


def test_wrong_answers_are_found() -> None:
    assert _wrong(query="RETURN 1 + 1", expected=[2]) is None
    assert _wrong(query="RETURN 1 + 1", expected=[3]) == "got [2] wanted [3]"
    assert _wrong(query="RETURN true", expected=[1]) is not None
    assert _wrong(query="RETURN {}", expected=[{"a": None}]) is not None
    assert _wrong(kind="error", query="RETURN 1", error=1501) is not None
    assert _wrong(kind="error", query="RETURN", error=1501) is None
    assert _wrong(kind="error", query="RETURN", error=1540) is not None
    assert _wrong(kind="warning", query="RETURN 1 / 0", warning=1562) is None
    assert _wrong(kind="warning", query="RETURN 1 / 1", warning=1562) is not None


def test_rows_are_a_multiset_and_numbers_have_nine_digits() -> None:
    assert compare.same_rows([1, 2, 2], [2, 1, 2])
    assert not compare.same_rows([1, 2, 2], [1, 1, 2])
    assert compare.same([1.0000000001], [1])
    assert not compare.same([1.00001], [1])


def test_only_sets_may_come_in_any_order() -> None:
    assert compare.ordered("RETURN MINUS([2, 1], [])", [[2, 1]], [[1, 2]])[0] == [[1, 2]]
    assert compare.ordered("RETURN [2, 1]", [[2, 1]], [[1, 2]])[0] == [[2, 1]]


def test_rows_left_out_are_counted_and_each_names_a_page() -> None:
    name, row = next(iter(divergences()))
    verdicts = [Verdict(row, "g", "wrong"), Verdict("other", "g", None)]
    report = FileReport.of(name, verdicts)
    assert (report.total.passed, report.total.judged, report.total.left_out) == (1, 1, 1)
    assert report.too_many_left_out
    assert all(page.startswith("docs.arangodb.com/") for page in divergences().values())


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("1 + 2 * 3;", [7]),
        ("var a = [1, 2]; a.map(x => x * 2);", [[2, 4]]),
        ("let n = 0; for (let i = 0; i < 3; ++i) { n += i; } n;", [1, 1 + 2, 3]),
        ("try { throw 'x'; } catch (e) { e + '!'; }", ["x!"]),
        ("~1; `a${1 + 1}b`;", ["a2b"]),
        ("let n = 3; let a = []; while (n > 0) { n -= 1; a.push(n); }", [3]),
        ("function t(texts, one) { return [texts, one]; } t`a${1 + 1}b`;", [[["a", "b"], 2]]),
        ("var a = []; print(a); a.push(1);", [[], 1]),
        ("function f(x) { return {x, y: [...x]}; } f('ab');", [{"x": "ab", "y": ["a", "b"]}]),
    ],
)
def test_scripts_run(script: str, printed: list[Any]) -> None:
    assert javascript.run(script, {})[-1] == printed[-1]


def test_a_date_cut_in_two_is_whole_again_and_random_rows_keep_their_shape() -> None:
    row = {"kind": "comment", "query": "RETURN 1", "output": [2017], "note": "-02-01T00:00Z"}
    assert documented.difference(row, Result(["2017-02-01T00:00Z"])) is None
    assert documented.difference(row, Result(["2017-03-01T00:00Z"])) is not None
    random = {
        "kind": "aql",
        "query": "RETURN 1",
        "output": ["ab", 0.5],
        "flags": ["nondeterministic"],
    }
    assert documented.difference(random, Result([7, "cd"])) is None
    assert documented.difference(random, Result([7, "abc"])) is not None


def test_failing_rows_without_a_cause_and_causes_without_rows_are_found() -> None:
    def unexplained(*failing: str) -> list[str]:
        verdicts = [Verdict(row, "g", "wrong") for row in failing]
        return FileReport.of("docs_aql", [*verdicts, Verdict("right", "g", None)]).unexplained()

    known = [f"3.12/comment/{number}" for number in (66, 68, 69, 155)]
    assert unexplained(*known) == []
    assert unexplained(*known, "3.12/new") == ["3.12/new fails without a cause"]
    assert len(unexplained(*known[1:])) == 1
