"""What model servers say of their models, read from each server's own words and never guessed.

Sources: llama.cpp's tools/server/README.md (`/v1/models`, `/props`, `/lora-adapters`), Ollama's
docs/api.md (`/api/tags`, `/api/ps`, `/api/show`), LM Studio's REST API v0, vLLM's `/v1/models`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.prompts.chat import text_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ServerKind = Literal["llama-server", "ollama", "vllm", "lmstudio", "openai"]
"""Which server answers; `openai` is any other with that API."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that a server holds.

    Args:
        id: What a request names it by.
        name: Its file's name, or the same as the id.
        scale: How strongly it is applied when a request says nothing; None when not told.
    """

    id: str
    name: str
    scale: float | None = None


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as its server describes it; what a server does not say is None or empty.

    Args:
        name: What to ask for.
        context_window: Tokens of prompt and reply together, as the server runs it now.
        trained_window: The same, as far as the model was trained.
        loaded: Whether it is in memory.
        size_bytes: Bytes of the weights.
        parameters: Their number, in the server's words.
        quantization: Their format.
        adapters: LoRA adapters it can answer with.
        base: The model it is an adapter of, where the server offers adapters as models.
        failed: Whether the server could not load it.
        template: Hash of the chat template it is served with, as `template_hash` makes it.
    """

    name: str
    context_window: int | None = None
    trained_window: int | None = None
    loaded: bool | None = None
    size_bytes: int | None = None
    parameters: str = ""
    quantization: str = ""
    adapters: tuple[Adapter, ...] = ()
    base: str = ""
    failed: bool = False
    template: str = ""


def kind_of(listed: Sequence[Mapping[str, Any]]) -> ServerKind | None:
    """Return which server listed these models in `/v1/models`; None when they do not tell."""
    owners = {one.get("owned_by") for one in listed}
    if "llamacpp" in owners:
        return "llama-server"
    return "vllm" if "vllm" in owners else None


def from_openai(listed: Sequence[Mapping[str, Any]]) -> list[ServedModel]:
    """Read `/v1/models` of any server: OpenAI's own tells names only, vLLM its window too."""
    own = [one for one in listed if not one.get("parent")]
    adapters = [one for one in listed if one.get("parent")]
    return [
        ServedModel(
            str(one["id"]),
            context_window=_count(one.get("max_model_len")),
            loaded=True if one.get("owned_by") == "vllm" else None,
            # vLLM serves each adapter as a model of its own, whose parent is the base.
            adapters=tuple(
                Adapter(str(each["id"]), str(each["id"]))
                for each in adapters
                if each["parent"] == one["id"]
            ),
        )
        for one in own
    ] + [
        ServedModel(
            str(one["id"]),
            context_window=_count(one.get("max_model_len")),
            loaded=True,
            base=str(one["parent"]),
        )
        for one in adapters
    ]


def from_llama_server(
    listed: Sequence[Mapping[str, Any]],
    props: Mapping[str, Any],
    adapters: Sequence[Mapping[str, Any]],
) -> list[ServedModel]:
    """Read llama-server's `/v1/models`, `/props` and `/lora-adapters`.

    A router (`--models-dir`) lists many models with a `status`; a plain server lists its one.
    """
    window = _count(_at(props, "default_generation_settings", "n_ctx"))  # of one slot: the true one
    held = tuple(
        Adapter(str(one["id"]), _stem(str(one.get("path", ""))), _number(one.get("scale")))
        for one in adapters
    )
    alone = len(listed) == 1 and "status" not in listed[0]
    template = props.get("chat_template") if alone else None
    return [
        ServedModel(
            str(one["id"]),
            context_window=(window if alone else None) or _count(_at(one, "meta", "n_ctx")),
            trained_window=_count(_at(one, "meta", "n_ctx_train")),
            loaded=True if alone else _at(one, "status", "value") == "loaded",
            size_bytes=_count(_at(one, "meta", "size")),
            parameters=_millions(_count(_at(one, "meta", "n_params"))),
            quantization=str(_at(one, "meta", "ftype") or ""),
            adapters=held if alone else (),
            failed=_at(one, "status", "failed") is True,
            template=_template_hash(template) if isinstance(template, str) else "",
        )
        for one in listed
    ]


def _template_hash(text: str) -> str:
    """Return the hash of a template's file, whose last line break llama-server does not tell."""
    return text_hash([f"{text.rstrip()}\n"])


def from_ollama(
    tagged: Sequence[Mapping[str, Any]],
    running: Sequence[Mapping[str, Any]],
    shown: Mapping[str, Mapping[str, Any]],
) -> list[ServedModel]:
    """Read Ollama's `/api/tags`, `/api/ps` and `/api/show` (by model name).

    The window of a loaded model is `context_length` in `/api/ps`; of another it is the `num_ctx`
    of its Modelfile, if that sets one: what a request does not ask for is the server's choice.
    """
    loaded = {str(one.get("model") or one.get("name")): one for one in running}
    models = []
    for one in tagged:
        name = str(one.get("model") or one.get("name"))
        show = shown.get(name, {})
        if "completion" not in show.get("capabilities", ["completion"]):
            continue  # it embeds
        now = loaded.get(name)
        models.append(
            ServedModel(
                name,
                context_window=_count(now.get("context_length")) if now else _num_ctx(show),
                trained_window=_trained(show),
                loaded=now is not None,
                size_bytes=_count(one.get("size")),
                parameters=str(_at(one, "details", "parameter_size") or ""),
                quantization=str(_at(one, "details", "quantization_level") or ""),
            )
        )
    return models


def from_lm_studio(listed: Sequence[Mapping[str, Any]]) -> list[ServedModel]:
    """Read LM Studio's `/api/v0/models`."""
    return [
        ServedModel(
            str(one["id"]),
            context_window=_count(one.get("loaded_context_length")),
            trained_window=_count(one.get("max_context_length")),
            loaded=one.get("state") == "loaded",
            quantization=str(one.get("quantization") or ""),
        )
        for one in listed
        if one.get("type") != "embeddings"
    ]


def _num_ctx(show: Mapping[str, Any]) -> int | None:
    for line in str(show.get("parameters") or "").splitlines():
        key, _, value = line.partition(" ")
        if key == "num_ctx" and value.strip().isdigit():
            return int(value)
    return None


def _trained(show: Mapping[str, Any]) -> int | None:
    facts = show.get("model_info") or {}
    return _count(facts.get(f"{facts.get('general.architecture')}.context_length"))


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _millions(count: int | None) -> str:
    return f"{count / 1e6:.0f}M" if count else ""


def _stem(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].removesuffix(".gguf")
