"""The workspace: builds every store and service from the settings, and closes them all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, assert_never

from arango.exceptions import ArangoServerError

from hades_mcp.embedders.registry import open_embedder
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.services.contexts.service import ContextService
from hades_mcp.services.contexts.tidying import Tidier
from hades_mcp.services.documents.service import DocumentService
from hades_mcp.services.graphs.service import GraphService
from hades_mcp.services.journal import Journal
from hades_mcp.services.layout import ensure_layout
from hades_mcp.services.library.service import LibraryService
from hades_mcp.services.pages import PageService
from hades_mcp.services.queries.limits import QueryLimits
from hades_mcp.services.queries.service import QueryService
from hades_mcp.services.refusals import message, translated
from hades_mcp.services.schema.service import SchemaService
from hades_mcp.services.search.service import SearchService
from hades_mcp.services.trust.feedback import FeedbackService
from hades_mcp.services.trust.verification import VerificationService
from hades_mcp.services.upkeep.fsck import FsckService
from hades_mcp.services.upkeep.outbox import Mirror
from hades_mcp.services.upkeep.reembedding import ReembedService
from hades_mcp.services.world.service import WorldService
from hades_mcp.traces.metrics import open_metrics
from hades_mcp.traces.recorder import open_recorder
from hades_mcp.traces.store import TraceStore
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from arango.client import ArangoClient
    from arango.database import StandardDatabase

    from hades_mcp.config import Settings
    from hades_mcp.embedders.base import Embedder
    from hades_mcp.traces.recorder import Recorder
    from hades_mcp.vectors.base import VectorIndex

SYSTEM = "_system"
_NO_DATABASE = 1228
_DATABASE_EXISTS = 1207
_FOLDER_UNUSABLE = frozenset({1100, 1224})
_REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class Workspace:
    """Everything HADES works with, open. A context manager; safe to share between threads.

    Made by `open_workspace` and nowhere else.
    """

    settings: Settings
    db: StandardDatabase
    embedder: Embedder
    vectors: VectorIndex
    contexts: ContextService
    tidier: Tidier
    feedback: FeedbackService
    verification: VerificationService
    documents: DocumentService
    reembed: ReembedService
    search: SearchService
    graphs: GraphService
    queries: QueryService
    schema: SchemaService
    fsck: FsckService
    library: LibraryService
    world: WorldService
    journal: Journal
    pages: PageService
    traces: TraceStore
    recorder: Recorder
    _closing: ExitStack

    def close(self) -> None:
        """Close all stores; closing twice does no harm."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_workspace(
    settings: Settings, *, embedder: Embedder | None = None, preload: bool = True
) -> Workspace:
    """Open the stores the settings name, making what is missing; several processes may at once.

    Args:
        settings: Where everything is.
        embedder: By default the one that the settings name.
        preload: Load the packaged model in the background from now on. A command that does not
            search is over sooner without.

    Raises:
        ConfigError: The data folder cannot be used, or the server refuses the user.
        Unavailable: The server does not answer, or the store is locked.
    """
    with ExitStack() as stack:
        client = _client(settings)
        stack.callback(client.close)
        db = _database(client, settings)
        traces = TraceStore(settings.home / "traces.sqlite")
        stack.callback(traces.close)
        recorder = open_recorder(settings, traces)
        stack.callback(recorder.close)
        metrics = open_metrics(settings.otlp_endpoint)
        stack.callback(metrics.close)
        embedder = embedder or open_embedder(settings, stack, preload=preload)
        vectors = _vectors(settings, db, embedder, stack)
        documents = DocumentService(db, embedder, vectors)
        contexts = ContextService(db, embedder, metrics)
        tidier = _tidier(settings, db, contexts)
        stack.callback(tidier.close)
        queries = QueryService(db, _query_limits(settings))
        feedback = FeedbackService(db, traces, metrics)
        return Workspace(
            settings=settings,
            db=db,
            embedder=embedder,
            vectors=vectors,
            contexts=contexts,
            tidier=tidier,
            feedback=feedback,
            verification=VerificationService(db, queries, feedback.watch, settings.home),
            documents=documents,
            reembed=ReembedService(db, embedder, vectors),
            search=SearchService(db, embedder, vectors),
            graphs=GraphService(db, max_vertices=settings.max_vertices),
            queries=queries,
            schema=SchemaService(db, _query_limits(settings).permits),
            fsck=FsckService(db, embedder, vectors),
            library=LibraryService(db, embedder, settings.home),
            world=WorldService(db, documents, embedder, settings.home),
            journal=Journal(db),
            pages=PageService(db),
            traces=traces,
            recorder=recorder,
            _closing=stack.pop_all(),
        )


def _vectors(
    settings: Settings, db: StandardDatabase, embedder: Embedder, stack: ExitStack
) -> VectorIndex:
    match settings.vectors:
        case "arango":
            return ArangoVectorIndex(db)
        case "milvus":
            from hades_mcp.vectors.milvus import MilvusStore  # noqa: PLC0415  only who chose it

            folder = Path(settings.milvus_path or settings.home / "milvus.db")
            target = settings.milvus_url or folder.expanduser().absolute()
            store = MilvusStore(target, token=settings.milvus_token.get_secret_value())
            mirror = Mirror(db, store, model=embedder.model_id, dimension=embedder.dimension)
            stack.callback(mirror.close)
            mirror.resume()
            return mirror
        case _:
            assert_never(settings.vectors)


def _tidier(settings: Settings, db: StandardDatabase, contexts: ContextService) -> Tidier:
    # a model that nobody has named may not be there, and would be missed at every try
    named = bool({"model_url", "model_name"} & settings.model_fields_set)

    def summarise(texts: Sequence[str]) -> str:
        from hades_mcp.models.summarising import summariser  # noqa: PLC0415  where there is a model

        return summariser(settings)(texts)

    return Tidier(db, contexts, summarise, after=settings.compact_after if named else 0)


def _query_limits(settings: Settings) -> QueryLimits:
    return QueryLimits(
        max_rows=settings.max_rows,
        max_bytes=settings.max_bytes,
        max_runtime=settings.max_runtime,
        max_memory=settings.max_memory,
        max_cost=settings.max_cost,
        max_changes=settings.max_changes,
        allowed=settings.aql_allowed,
        denied=settings.aql_denied,
    )


def _client(settings: Settings) -> ArangoClient:
    if settings.arango_url:
        from arango.client import ArangoClient  # noqa: PLC0415  one of two ways, each with its imports
        from arango.http import DefaultHTTPClient  # noqa: PLC0415

        # by default, a server that is down takes 20 s to be found so, and a write whose answer was
        # lost is sent again
        http = DefaultHTTPClient(
            request_timeout=settings.max_runtime + 30, retry_attempts=2, backoff_factor=0.1
        )
        return ArangoClient(hosts=settings.arango_url, resolver_max_tries=1, http_client=http)
    from hades_mcp.embedded import connect  # noqa: PLC0415  not needed with a server
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    folder = settings.home / "databases"
    try:
        return connect(folder)
    except (ArangoError, OSError) as error:
        if getattr(error, "number", None) not in _FOLDER_UNUSABLE | {None}:
            raise Unavailable(f"{error}.", hint="Try again in a moment.") from error
        raise ConfigError(
            f"The data folder {folder} cannot be used: {error}.",
            hint="Choose another with HADES_HOME, or run: hades doctor",
        ) from error


def _database(client: ArangoClient, settings: Settings) -> StandardDatabase:
    try:
        return _open_database(client, settings)
    except Unavailable as error:
        if settings.arango_url:
            raise Unavailable(
                f"ArangoDB at {settings.arango_url} cannot be used: {error.message}",
                hint="Start it, or check HADES_ARANGO_URL; empty means the embedded database.",
            ) from error
        raise


@translated
def _open_database(client: ArangoClient, settings: Settings) -> StandardDatabase:
    user, password = settings.arango_username, settings.arango_password.get_secret_value()
    db = client.db(settings.database, username=user, password=password)
    try:
        if not _is_there(db):
            _create(client.db(SYSTEM, username=user, password=password), settings.database)
        ensure_layout(db)
    except ArangoServerError as error:
        if error.http_code not in _REFUSED:
            raise
        raise ConfigError(
            f"The store refuses the user {user!r}: {message(error)}.",
            hint="Check HADES_ARANGO_USERNAME and HADES_ARANGO_PASSWORD.",
        ) from error
    return db


def _is_there(db: StandardDatabase) -> bool:
    try:
        db.collections()
    except ArangoServerError as error:
        if error.error_code == _NO_DATABASE:
            return False
        raise
    return True


def _create(system: StandardDatabase, name: str) -> None:
    try:
        system.create_database(name)
    except ArangoServerError as error:
        # another process that starts now may have been first
        if error.error_code != _DATABASE_EXISTS:
            raise
