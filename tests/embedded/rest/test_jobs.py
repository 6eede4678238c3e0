"""Requests that are answered later."""

from __future__ import annotations

from typing import Any

import pytest


def store(api: Any, line: str, body: Any = None) -> str:
    answer = api(line, body, x_arango_async="store")
    assert (answer.status, answer.json) == (202, None)
    return str(answer.headers["x-arango-async-id"])


def wait(api: Any, job: str) -> None:
    while api(f"GET /_api/job/{job}").status == 204:
        pass


def test_an_answer_is_kept_until_it_is_fetched(api):
    job = store(api, "POST /_api/cursor", {"query": "RETURN 7"})
    wait(api, job)
    assert api("GET /_api/job/done").json == [job]
    answer = api(f"PUT /_api/job/{job}")
    assert (answer.status, answer.json["result"]) == (201, [7])
    assert answer.headers["x-arango-async-id"] == job
    assert api.refused(f"PUT /_api/job/{job}") == (404, 404)


def test_a_refusal_is_an_answer_too(api):
    job = store(api, "POST /_api/cursor", {"query": "RETURN"})
    wait(api, job)
    assert api.refused(f"PUT /_api/job/{job}") == (400, 1501)


def test_what_runs_can_be_stopped(api):
    endless = "FOR i IN 1..100000 FOR j IN 1..100000 FILTER i < 0 RETURN i"
    job = store(api, "POST /_api/cursor", {"query": endless})
    assert api(f"GET /_api/job/{job}").status == 204
    assert api(f"PUT /_api/job/{job}").status == 204
    assert api("GET /_api/job/pending").json == [job]
    while not api("GET /_api/query/current").json:
        pass
    assert api(f"PUT /_api/job/{job}/cancel").json == {"result": True}
    wait(api, job)
    assert api.refused(f"PUT /_api/job/{job}") == (410, 1500)


def test_answers_nobody_wants_are_forgotten(api):
    jobs = [store(api, "GET /_api/version") for _ in range(3)]
    for job in jobs:
        wait(api, job)
    assert api("GET /_api/job/done?count=2").json == [jobs[2], jobs[1]]
    assert api("DELETE /_api/job/expired?stamp=1").json == {"result": True}
    assert len(api("GET /_api/job/done").json) == 3
    api(f"DELETE /_api/job/{jobs[0]}")
    assert api("GET /_api/job/done").json == [jobs[2], jobs[1]]
    waiting = store(api, "POST /_api/cursor", {"query": "RETURN SLEEP(0.2)"})
    api("DELETE /_api/job/all")
    assert api("GET /_api/job/done").json == api("GET /_api/job/pending").json == []
    assert api.refused(f"GET /_api/job/{waiting}") == (404, 404)
    assert api("GET /_api/version", x_arango_async="true").status == 202
    assert api("GET /_api/job/done").json == []


@pytest.mark.parametrize(
    "line", ["GET /_api/job/9", "DELETE /_api/job/9", "PUT /_api/job/9/cancel"]
)
def test_a_job_that_is_none_is_not_found(api, line):
    assert api.refused(line) == (404, 404)


def test_a_job_must_be_named(api):
    assert api.refused("PUT /_api/job") == (400, 400)
    assert api.refused("GET /_api/job/soon") == (400, 400)
    assert api.refused("DELETE /_api/job/expired?stamp=soon") == (400, 400)


def test_a_cancelled_job_never_runs_its_query(api):
    """However early the cancel comes: before the thread, before the query, or during it."""
    endless = {"query": "FOR i IN 1..100000 FOR j IN 1..100000 FILTER i < 0 RETURN i"}
    for _ in range(20):
        job = store(api, "POST /_api/cursor", endless)
        api(f"PUT /_api/job/{job}/cancel")
        wait(api, job)
        assert api.refused(f"PUT /_api/job/{job}")[0] == 410
    job = store(api, "POST /_api/cursor", {"query": "RETURN 1"})
    wait(api, job)
    assert api(f"PUT /_api/job/{job}").json["result"] == [1]
