"""`/_api/job`: requests sent with `x-arango-async`, and their answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import TEXT, Request, Response, plain
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

routes = Routes()

_BAD_PARAMETER = 400
_ACCEPTED, _NO_CONTENT, _OK = 202, 204, 200
_MOST = 100
HEADER = "x-arango-async"


def accept(request: Request, answer: Callable[[], Response]) -> Response | None:
    """Begin to work on a request that is to be answered later; None for any other.

    Args:
        request: The request.
        answer: Answers it without this header.
    """
    wanted = request.headers.get(HEADER)
    if wanted not in {"store", "true"}:
        return None
    job = request.state.jobs.start(answer, _owner(request), keep=wanted == "store")
    headers = {"x-arango-async-id": job.id} if wanted == "store" else {}
    return Response(_ACCEPTED, {**TEXT, **headers}, b"")


@routes.add("PUT", "/_api/job")
def without_id(_request: Request) -> Response:
    """Refuse a request for no job in particular."""
    raise ArangoError(_BAD_PARAMETER, "bad parameter")


@routes.add("GET", "/_api/job/{id}")
def status(request: Request, job_id: str) -> Response:
    """Tell whether a job is done (200) or not (204), or list the ids of those that are."""
    if job_id in {"done", "pending"}:
        most = request.params.get("count", "")
        jobs = request.state.jobs.listed(_owner(request), done=job_id == "done")
        return plain([job.id for job in jobs[: int(most) if most.isdigit() else _MOST]])
    if not job_id.isdigit():
        raise ArangoError(_BAD_PARAMETER, "bad parameter")
    done = request.state.jobs.find(job_id, _owner(request)).done
    return Response(_OK if done else _NO_CONTENT, TEXT, b"")


@routes.add("PUT", "/_api/job/{id}")
def fetch(request: Request, job_id: str) -> Response:
    """Give a job's answer once, or 204 while there is none."""
    job = request.state.jobs.find(job_id, _owner(request))
    if not job.done:
        return Response(_NO_CONTENT, TEXT, b"")
    answer = request.state.jobs.take(job)
    return Response(answer.status, {**answer.headers, "x-arango-async-id": job_id}, answer.body)


@routes.add("PUT", "/_api/job/{id}/cancel")
def cancel(request: Request, job_id: str) -> Response:
    """Stop a job soon."""
    jobs = request.state.jobs
    jobs.cancel(jobs.find(job_id, _owner(request)))
    return plain({"result": True})


@routes.add("DELETE", "/_api/job/{id}")
def forget(request: Request, job_id: str) -> Response:
    """Forget a job, `all` jobs, or the `expired` ones from before a stamp; what runs goes on."""
    jobs, owner = request.state.jobs, _owner(request)
    if job_id == "all":
        jobs.remove([*jobs.listed(owner, done=True), *jobs.listed(owner, done=False)])
    elif job_id == "expired":
        stamp = _stamp(request)
        jobs.remove([job for job in jobs.listed(owner, done=True) if job.stamp < stamp])
    else:
        jobs.remove([jobs.find(job_id, owner)])
    return plain({"result": True})


def _owner(request: Request) -> str | None:
    """Return the account whose jobs a request may see; None for all."""
    return None if request.account is None else request.user


def _stamp(request: Request) -> float:
    try:
        return float(request.params.get("stamp", time.time()))
    except ValueError as error:
        raise ArangoError(_BAD_PARAMETER, "expecting a number as 'stamp'") from error
