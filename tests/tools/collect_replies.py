"""Collects what the real models write when they mean to call a tool, for the corpus of replies.

Each question of `tests/models/corpus/questions.json` is put to both Qwen2.5-Coder models in six
forms: the stock template of the GGUF, ours, ours with the reply opened at will, `<function>` tags,
`<tools>` tags, Python calls, and no form at all. The replies are taken raw from `/completion`, so
that nothing has been read from them yet.

    python tests/tools/collect_replies.py replies.jsonl [--size 0.5b|1.5b]
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that it also runs as a script

from tests.tools.fetch_model import CANNOT, WEIGHTS, FetchImpossible, say
from tests.tools.model_server import TEMPLATE, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parents[1] / "models" / "corpus"
MOST_TOKENS = 160
PATIENCE = 300.0
SYSTEM = "You are a helpful assistant. Use the tools where they help."
FORMS = {
    "functions": "To call a tool, write:\n<function=NAME>\n<parameter=KEY>\nVALUE\n</parameter>\n"
    "</function>",
    "tags": 'To call a tool, write:\n<tools>\n{"name": NAME, "arguments": {...}}\n</tools>',
    "python": "To call a tool, write a Python call with keyword arguments and nothing else.",
    "open": "",
}
"""How calls are asked for, by the name of the form; the two templates are forms of their own."""


def signature(tool: dict[str, Any]) -> str:
    """Return a tool in one line."""
    names = ", ".join(tool["parameters"]["properties"])
    return f"{tool['name']}({names}) - {tool['description']}"


def plain_prompt(form: str, tools: list[dict[str, Any]], question: str) -> str:
    """Return a prompt that asks for calls in words of its own."""
    listed = "\n".join(map(signature, tools))
    system = f"{SYSTEM}\n\nTools:\n{listed}\n\n{FORMS[form]}".strip()
    turns = (("system", system), ("user", question))
    said = "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
    return f"{said}<|im_start|>assistant\n"


def post(url: str, body: dict[str, Any]) -> Any:
    """Return the server's answer."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def templated(root: str, tools: list[dict[str, Any]], question: str) -> str:
    """Return the prompt as the server's own template makes it."""
    keys = ("name", "description", "parameters")
    body = {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": question},
        ],
        "tools": [
            {"type": "function", "function": {key: tool[key] for key in keys}} for tool in tools
        ],
    }
    prompt: str = post(f"{root}/apply-template", body)["prompt"]
    return prompt


def asked(root: str, size: str, forms: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield one reply after the other; neighbours share their prompt's beginning."""
    toolsets = json.loads((CORPUS / "tools.json").read_text(encoding="utf-8"))
    questions = json.loads((CORPUS / "questions.json").read_text(encoding="utf-8"))
    for form in forms:
        for toolset, tools in toolsets.items():
            for number, question in enumerate(questions[toolset]):
                if form in FORMS:
                    prompt = plain_prompt(form, tools, question)
                else:
                    prompt = templated(root, tools, question)
                heat = 0.0 if number % 2 == 0 else 0.8  # both what is likeliest and what is not
                body = {"prompt": prompt, "n_predict": MOST_TOKENS, "temperature": heat, "seed": 7}
                answer = post(f"{root}/completion", body)
                yield {
                    "id": f"qwen-{size}-{form}-{toolset}-{number}",
                    "origin": f"Qwen2.5-Coder-{size.upper()}, {form}",
                    "tools": toolset,
                    "question": question,
                    "cut": answer["stop_type"] == "limit",
                    "reply": answer["content"],
                }


def collect(size: str, target: Path) -> None:
    """Add the replies of one model to a file, one a line."""
    runs = ((None, ("stock",)), (TEMPLATE, ("ours", *FORMS)))
    for template, forms in runs:
        with model_server(size, template=template) as url:
            for reply in asked(url.removesuffix("/v1"), size, forms):
                with target.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(reply, ensure_ascii=False) + "\n")
                say(reply["id"])


def main() -> int:
    """Collect from one model, or from both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("--size", choices=sorted(WEIGHTS), action="append")
    options = parser.parse_args()
    try:
        for size in options.size or sorted(WEIGHTS):
            collect(size, options.target)
    except (FetchImpossible, OSError) as error:
        say(f"Cannot collect: {error}")
        return CANNOT
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
