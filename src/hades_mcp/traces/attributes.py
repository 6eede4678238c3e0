"""The names of span attributes: OpenInference's for viewers, OTel's `gen_ai.*` on the same span.

Sources: OpenInference semantic conventions 0.1.42; OpenTelemetry GenAI conventions (development).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.traces.json_text import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hades_mcp.messages import Message, ToolCall, Usage

SpanKind = Literal["AGENT", "LLM", "TOOL", "RETRIEVER", "GUARDRAIL"]
Attributes = dict[str, str | int | float | bool]

SPAN_KIND = "openinference.span.kind"
SESSION_ID = "session.id"
PROJECT_NAME = "openinference.project.name"
INPUT_VALUE = "input.value"
INPUT_MIME = "input.mime_type"
OUTPUT_VALUE = "output.value"
OUTPUT_MIME = "output.mime_type"
ERROR_TYPE = "error.type"

AGENT_NAME = "agent.name"
LLM_MODEL_NAME = "llm.model_name"
LLM_INVOCATION_PARAMETERS = "llm.invocation_parameters"
LLM_FINISH_REASON = "llm.finish_reason"
LLM_TOKENS_PROMPT = "llm.token_count.prompt"
LLM_TOKENS_COMPLETION = "llm.token_count.completion"
LLM_TOKENS_TOTAL = "llm.token_count.total"
LLM_TOKENS_CACHED = "llm.token_count.prompt_details.cache_read"
LLM_INPUT_MESSAGES = "llm.input_messages"
LLM_OUTPUT_MESSAGES = "llm.output_messages"
TOOL_NAME = "tool.name"
TOOL_PARAMETERS = "tool.parameters"
TOOL_ID = "tool.id"
RETRIEVAL_DOCUMENTS = "retrieval.documents"

GEN_AI_OPERATION = "gen_ai.operation.name"
GEN_AI_PROVIDER = "gen_ai.provider.name"
GEN_AI_AGENT = "gen_ai.agent.name"
GEN_AI_CONVERSATION = "gen_ai.conversation.id"
GEN_AI_MODEL = "gen_ai.request.model"
GEN_AI_INPUT_TOKENS = "gen_ai.usage.input_tokens"
GEN_AI_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
GEN_AI_FINISH_REASONS = "gen_ai.response.finish_reasons"
GEN_AI_TOOL = "gen_ai.tool.name"
GEN_AI_TOOL_CALL_ID = "gen_ai.tool.call.id"
GEN_AI_TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
GEN_AI_TOOL_RESULT = "gen_ai.tool.call.result"

TOOL_SOURCE = "hades.tool.source"
TOOL_CHANNEL = "hades.tool.channel"
CONTRACT = "hades.contract"
RUN_STATUS = "hades.run.status"
GUARDRAIL_VERDICT = "hades.guardrail.verdict"
GUARDRAIL_RULES = "hades.guardrail.rules"

_TEXT, _JSON = "text/plain", "application/json"
_OPERATIONS: Mapping[SpanKind, str] = {
    "AGENT": "invoke_agent",
    "LLM": "chat",
    "TOOL": "execute_tool",
    "RETRIEVER": "retrieval",
    "GUARDRAIL": "apply_guardrail",
}


def kind(span_kind: SpanKind) -> Attributes:
    """Return what says which kind of work a span is."""
    return {SPAN_KIND: span_kind, GEN_AI_OPERATION: _OPERATIONS[span_kind]}


def agent(name: str, model: str, session: str) -> Attributes:
    """Return what a whole run is known by."""
    found: Attributes = {
        AGENT_NAME: name,
        GEN_AI_AGENT: name,
        SESSION_ID: session,
        GEN_AI_CONVERSATION: session,
    }
    return found | ({GEN_AI_MODEL: model} if model else {})


def model(name: str, parameters: Mapping[str, Any]) -> Attributes:
    """Return which model is asked, and how."""
    return {
        LLM_MODEL_NAME: name,
        GEN_AI_MODEL: name,
        LLM_INVOCATION_PARAMETERS: write_json(dict(parameters)),
    }


def usage(tokens: Usage, finish_reason: str) -> Attributes:
    """Return what a response cost, and why it ended."""
    return {
        LLM_TOKENS_PROMPT: tokens.prompt_tokens,
        LLM_TOKENS_COMPLETION: tokens.completion_tokens,
        LLM_TOKENS_TOTAL: tokens.prompt_tokens + tokens.completion_tokens,
        LLM_TOKENS_CACHED: tokens.cached_tokens,
        LLM_FINISH_REASON: finish_reason,
        GEN_AI_INPUT_TOKENS: tokens.prompt_tokens,
        GEN_AI_OUTPUT_TOKENS: tokens.completion_tokens,
        GEN_AI_FINISH_REASONS: finish_reason,
    }


def tool(name: str, source: str, call_id: str = "") -> Attributes:
    """Return which tool is called, and from where."""
    found: Attributes = {TOOL_NAME: name, GEN_AI_TOOL: name, TOOL_SOURCE: source}
    return found | ({TOOL_ID: call_id, GEN_AI_TOOL_CALL_ID: call_id} if call_id else {})


def tool_arguments(arguments: Any) -> Attributes:
    """Return what a tool is called with; content."""
    text = write_json(arguments)
    return {
        INPUT_VALUE: text,
        INPUT_MIME: _JSON,
        TOOL_PARAMETERS: text,
        GEN_AI_TOOL_ARGUMENTS: text,
    }


def tool_result(text: str) -> Attributes:
    """Return what a tool answered; content."""
    return {OUTPUT_VALUE: text, OUTPUT_MIME: _JSON, GEN_AI_TOOL_RESULT: text}


def text_input(text: str) -> Attributes:
    """Return what came in as text; content."""
    return {INPUT_VALUE: text, INPUT_MIME: _TEXT}


def text_output(text: str) -> Attributes:
    """Return what went out as text; content."""
    return {OUTPUT_VALUE: text, OUTPUT_MIME: _TEXT}


def messages(prefix: str, sent: Sequence[Message]) -> Attributes:
    """Return messages as OpenInference numbers them; content."""
    found: Attributes = {}
    for place, message in enumerate(sent):
        root = f"{prefix}.{place}.message"
        found |= {f"{root}.role": message.role, f"{root}.content": message.content}
        if message.tool_call_id:
            found[f"{root}.tool_call_id"] = message.tool_call_id
        for number, call in enumerate(message.tool_calls):
            found |= _call(f"{root}.tool_calls.{number}.tool_call", call)
    return found


def documents(found: Sequence[Mapping[str, Any]]) -> Attributes:
    """Return retrieved documents: each with `id`, `score` and `content`; content."""
    written: Attributes = {}
    for place, document in enumerate(found):
        for name in ("id", "score", "content"):
            if document.get(name) is not None:
                written[f"{RETRIEVAL_DOCUMENTS}.{place}.document.{name}"] = document[name]
    return written


def _call(root: str, call: ToolCall) -> Attributes:
    arguments = call.raw_arguments if call.arguments is None else write_json(call.arguments)
    return {
        f"{root}.id": call.id,
        f"{root}.function.name": call.name,
        f"{root}.function.arguments": arguments,
    }
