"""Runs a model in this process with transformers, and switches its LoRA adapters with peft."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio
import anyio.to_thread

from hades_mcp.errors import ConfigError, LimitReached, NotFound, Unavailable
from hades_mcp.messages import Message, Usage
from hades_mcp.models import faults
from hades_mcp.models.base import NO_ADAPTER, ChatResponse, Done, TextDelta
from hades_mcp.models.fenced import read_fenced
from hades_mcp.models.generating import Constraint, Reply
from hades_mcp.models.wire import message_body, tool_body
from hades_mcp.prompts.chat import END, render

try:
    import torch
    import transformers
except ImportError:
    raise ConfigError(
        "The packages torch and transformers are missing; models in this process run on them.",
        hint='Run: pip install "hades-mcp[train]"',
    ) from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.models.base import ChatEvent, ChatRequest

Bits = Literal[4, 8, 16, 32]
HERE = "this process"
_DTYPES = {32: "float32", 16: "bfloat16", 8: "float16", 4: "bfloat16"}
"""What plain weights are, and what quantised ones are computed in (LLM.int8() knows float16)."""


class InProcessModel:
    """One model in memory, with any number of adapters of which one speaks at a time.

    Requests wait for each other. Closing a stream stops the generation at its next token. What
    two requests in a row have in common at their beginning is computed once.

    Args:
        folder: A model as transformers saves it.
        bits: Bits of a weight: 32 and 16 are plain, 8 and 4 need the package bitsandbytes.
        adapter: Folder of a LoRA adapter to answer with when a request names none.
        timeout: Seconds one response may take.

    Raises:
        ConfigError: There is no model in the folder, or a package is missing.
    """

    def __init__(
        self, folder: Path, *, bits: Bits = 16, adapter: str = "", timeout: float = 120.0
    ) -> None:
        self._name = folder.name
        self._timeout = timeout
        self._tokenizer, self._model = _load(folder, bits)
        self._adapters: set[str] = set()
        self._adapter = adapter or NO_ADAPTER
        self._busy = threading.Lock()
        self._kept: tuple[str, list[int], Any] | None = None
        self._use(self._adapter)

    @property
    def name(self) -> str:
        """The name of the model's folder."""
        return self._name

    @property
    def context_window(self) -> int | None:
        """As the model was trained; None once it is unloaded."""
        return int(self._model.config.max_position_embeddings) if self._model else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unload()

    def unload(self) -> None:
        """Free the memory; the model cannot be asked any more."""
        with self._busy:
            self._model = self._kept = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Ask, and give the reply piece by piece; see `ChatModel.stream`."""
        pieces: queue.SimpleQueue[str | Exception | ChatResponse] = queue.SimpleQueue()
        work = _Work(self, request, pieces)
        work.start()
        try:
            while True:
                piece = await anyio.to_thread.run_sync(pieces.get, abandon_on_cancel=True)
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, ChatResponse):
                    break
                yield TextDelta(piece)
        finally:
            work.cancelled.set()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(work.join)
        yield Done(piece)

    def answer(self, request: ChatRequest, work: _Work) -> ChatResponse:
        """Generate one reply, on the calling thread.

        Raises:
            LimitReached: The prompt leaves no room for a reply.
            TooSlow: It takes longer than allowed.
        """
        while not self._busy.acquire(timeout=0.05):
            if work.cancelled.is_set():
                raise Unavailable("The request was given up before its turn came.")
        try:
            if self._model is None:
                raise Unavailable(f"{self._name} is no longer loaded.", hint="Load it again.")
            adapter = self._adapter if request.adapter is None else request.adapter
            bare = self._use(adapter)
            prompt = _prompt(self._tokenizer, request)
            return self._generate(request, prompt, adapter, work, bare)
        finally:
            self._busy.release()

    def _generate(
        self, request: ChatRequest, prompt: list[int], adapter: str, work: _Work, bare: Any
    ) -> ChatResponse:
        window = int(self._model.config.max_position_embeddings)
        room = min(request.max_tokens, window - len(prompt))
        if room <= 0:
            raise LimitReached(
                f"The conversation has {len(prompt)} tokens, the model's window {window}.",
                hint="Ask something shorter.",
            )
        deadline = time.monotonic() + self._timeout
        reply = Reply(self._tokenizer, len(prompt), request.stop, deadline, work.pieces.put)
        reply.cancelled = work.cancelled
        cache, cached = self._cache(adapter, prompt)
        wanted: dict[str, Any] = {"generation_config": self._settings(request, room)}
        if request.response_schema is not None or request.grammar:
            vocabulary = int(self._model.config.vocab_size)
            wanted["logits_processor"] = [Constraint(self._tokenizer, vocabulary, request)]
        if request.seed is not None:
            torch.manual_seed(request.seed)
        ids = torch.tensor([prompt], device=self._model.device)
        self._kept = None  # until it is whole again
        with bare, torch.inference_mode():
            out = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                past_key_values=cache,
                streamer=reply,
                stopping_criteria=[reply],
                **wanted,
            )
        self._kept = adapter, out[0].tolist(), cache
        if reply.late:
            raise faults.slow(HERE, self._timeout)
        return _response(request, reply, len(prompt), cached, full=len(reply.tokens) >= room)

    def _settings(self, request: ChatRequest, room: int) -> Any:
        """Return how to choose tokens: a model's own habits (penalties, say) would mix in."""
        sampling: dict[str, Any] = {"do_sample": request.temperature > 0}
        if request.temperature > 0:
            sampling["temperature"] = request.temperature
        return transformers.GenerationConfig(
            max_new_tokens=room,
            eos_token_id=_ends(self._tokenizer),
            pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            **sampling,
        )

    def _cache(self, adapter: str, prompt: list[int]) -> tuple[Any, int]:
        """Return the keys and values of what this prompt shares with the last, and how many."""
        kept, self._kept = self._kept, None
        if kept is None or kept[0] != adapter:
            return transformers.DynamicCache(config=self._model.config), 0
        _, tokens, cache = kept
        known = min(cache.get_seq_length(), len(prompt) - 1)  # one token at least is computed
        same = next(
            (at for at in range(known) if at >= len(tokens) or tokens[at] != prompt[at]), known
        )
        surplus = cache.get_seq_length() - same
        if surplus:
            cache.crop(-surplus)
        return cache, same

    def _use(self, adapter: str) -> Any:
        """Switch to an adapter; return the context in which the model speaks with it.

        Raises:
            NotFound: There is no such adapter.
            ConfigError: The package peft is missing.
        """
        if adapter == NO_ADAPTER:
            return self._model.disable_adapter() if self._adapters else nullcontext()
        named = str(Path(adapter).expanduser())
        # peft keeps names as names of modules, where a dot would begin another module.
        name = named.replace(".", "_")
        if name not in self._adapters:
            if not (Path(named) / "adapter_config.json").is_file():
                raise NotFound(
                    f"There is no adapter in {named}.", hint="Name a folder that peft saved."
                )
            self._model = _with_adapter(self._model, named, name, first=not self._adapters)
            self._adapters.add(name)
        self._model.set_adapter(name)
        return nullcontext()


class _Work(threading.Thread):
    """Generates one reply beside the event loop, and puts its pieces into a queue."""

    def __init__(
        self,
        model: InProcessModel,
        request: ChatRequest,
        pieces: queue.SimpleQueue[str | Exception | ChatResponse],
    ) -> None:
        super().__init__(name="generation", daemon=True)
        self._model = model
        self._request = request
        self.pieces = pieces
        self.cancelled = threading.Event()

    def run(self) -> None:
        """Generate; whatever happens, the last thing in the queue is a response or an error."""
        try:
            self.pieces.put(self._model.answer(self._request, self))
        except Exception as error:  # noqa: BLE001  raised again where the reply is awaited
            self.pieces.put(error)


def _load(folder: Path, bits: Bits) -> tuple[Any, Any]:
    if not (folder / "config.json").is_file():
        raise ConfigError(
            f"There is no transformers model in {folder}.",
            hint="Name its folder in HADES_MODEL_NAME.",
        )
    options: dict[str, Any] = {"dtype": getattr(torch, _DTYPES[bits])}
    if bits in {4, 8}:
        try:
            import bitsandbytes  # noqa: F401, PLC0415  what transformers quantises with
        except ImportError:
            raise ConfigError(
                f"The package bitsandbytes is missing; weights of {bits} bits need it.",
                hint="Run: pip install bitsandbytes, or set HADES_MODEL_BITS=16.",
            ) from None
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=bits < 8,  # noqa: PLR2004
            load_in_8bit=bits == 8,  # noqa: PLR2004
        )
    transformers.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, **options
    )
    if torch.cuda.is_available() and bits in {16, 32}:
        model = model.to("cuda")
    return tokenizer, model.eval()


def _with_adapter(model: Any, folder: str, name: str, *, first: bool) -> Any:
    try:
        import peft  # noqa: PLC0415  only for adapters
    except ImportError:
        raise ConfigError(
            "The package peft is missing; adapters need it.",
            hint='Run: pip install "hades-mcp[train]"',
        ) from None
    if first:
        return peft.PeftModel.from_pretrained(model, folder, adapter_name=name).eval()
    model.load_adapter(folder, adapter_name=name)
    return model.eval()


def _ends(tokenizer: Any) -> list[int]:
    """Return the tokens that end a reply: our chat format's own, and the model's."""
    turn = tokenizer.get_vocab().get(END.strip())
    return sorted({token for token in (turn, tokenizer.eos_token_id) if isinstance(token, int)})


def _prompt(tokenizer: Any, request: ChatRequest) -> list[int]:
    """Return a chat in tokens: in our own format, or in that of a model that never learned it."""
    if END.strip() in tokenizer.get_vocab():
        text = render(request.messages, request.tools)
    else:
        text = tokenizer.apply_chat_template(
            [message_body(message) for message in request.messages],
            tools=[tool_body(spec) for spec in request.tools] or None,
            add_generation_prompt=True,
            tokenize=False,
        )
    tokens: list[int] = tokenizer(text, add_special_tokens=False).input_ids
    return tokens


def _response(
    request: ChatRequest, reply: Reply, prompt: int, cached: int, *, full: bool
) -> ChatResponse:
    content, calls = read_fenced(reply.text, request.tools)
    reason = "tool_calls" if calls else "length" if full and not reply.stopped else "stop"
    message = Message("assistant", content, calls)
    usage = Usage(prompt, len(reply.tokens), cached)
    return ChatResponse(message, usage, reason, raw_response={"content": reply.text})
