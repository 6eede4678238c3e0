"""Requests that are answered later: run in threads of their own, their answers kept."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, get_ident
from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.rest.message import Response
    from hades_mcp.embedded.rest.running_queries import RunningQueries

_NOT_FOUND, _CANCELLED = 404, 21
_THREADS = 4
_AT_ONCE = 0.005
"""Seconds that handing out an id may take: most requests are answered by then."""


@dataclass(slots=True)
class Job:
    """One request.

    Attributes:
        owner: The account it came from; None for one that may do all.
        stamp: When it came, seconds since 1970.
        thread: The thread that works on it; 0 if none does.
        cancelled: Whether it is to stop.
    """

    id: str
    owner: str | None
    stamp: float = field(default_factory=time.time)
    thread: int = 0
    cancelled: bool = False
    future: Future[Response] = field(default_factory=Future)

    @property
    def done(self) -> bool:
        """Whether the answer is there."""
        return self.future.done()


class Jobs:
    """The jobs of one server.

    Args:
        queries: What runs, to be stopped when a job is cancelled.
    """

    def __init__(self, queries: RunningQueries) -> None:
        self._queries = queries
        self._ids = count(1001)
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: ThreadPoolExecutor | None = None

    def start(self, answer: Callable[[], Response], owner: str | None, *, keep: bool) -> Job:
        """Begin to work on a request.

        Args:
            answer: Answers it.
            owner: The account it comes from.
            keep: Whether anyone will ask for the answer.
        """
        with self._lock:
            job = Job(str(next(self._ids)), owner)
            if keep:
                self._jobs[job.id] = job
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, "arango-job")

        def work() -> Response:
            with self._lock:
                job.thread = get_ident()
                if job.cancelled:  # between its start and here
                    self._queries.kill_thread(job.thread)
            try:
                return answer()
            finally:
                with self._lock:
                    self._queries.spare_thread(job.thread)
                    job.thread = 0

        job.future = self._threads.submit(work)
        if keep:
            with suppress(TimeoutError):
                job.future.exception(_AT_ONCE)
        return job

    def find(self, job_id: str, owner: str | None) -> Job:
        """Return a job of an account, or of any (None); ArangoError 404 if there is none."""
        with self._lock:
            found = self._jobs.get(job_id)
        if found is None or owner not in {None, found.owner}:
            raise ArangoError(_NOT_FOUND, "not found")
        return found

    def take(self, job: Job) -> Response:
        """Return the answer of a job that is done, and forget the job."""
        self.remove([job])
        try:
            return job.future.result()
        except CancelledError:
            raise ArangoError(_CANCELLED, status=410) from None

    def listed(self, owner: str | None, *, done: bool) -> list[Job]:
        """Return an account's jobs that are done, or those that are not; the latest first."""
        with self._lock:
            jobs = list(reversed(self._jobs.values()))
        return [job for job in jobs if job.done is done and owner in {None, job.owner}]

    def cancel(self, job: Job) -> None:
        """Stop a job's query soon, or never begin the job."""
        if not job.done:
            self._stop(job)

    def remove(self, jobs: list[Job]) -> None:
        """Forget jobs and their answers."""
        with self._lock:
            for job in jobs:
                self._jobs.pop(job.id, None)

    def close(self) -> None:
        """Stop all that runs and wait until it has stopped."""
        with self._lock:
            threads, self._threads = self._threads, None
            jobs = list(self._jobs.values())
        if threads is None:
            return
        for job in jobs:
            self._stop(job)
        threads.shutdown(wait=True, cancel_futures=True)

    def _stop(self, job: Job) -> None:
        with self._lock:
            job.cancelled = True
            if not job.future.cancel() and job.thread:
                self._queries.kill_thread(job.thread)
