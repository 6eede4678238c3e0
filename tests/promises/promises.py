"""What the card and the README promise: one line each, and a test for each line.

A test names the promise it keeps: `@pytest.mark.promise("serve:two-eras")`. `test_promises.py`
fails when a promise has no test, or a test names no promise.
"""

from __future__ import annotations

PROMISES = {
    "install:four-folders": "The four card folders ship in the wheel, and yours come first.",
    "install:snippets": "The Claude Desktop and VS Code snippets of the README start the server.",
    "serve:tools": "A real MCP client lists and calls every tool over stdio.",
    "serve:two-eras": "Every tool answers in both protocol eras.",
    "context:add-get-clear": "A context is added to, read and cleared through MCP.",
    "search:by-meaning": "Search finds a document by meaning, with no model server and no network.",
    "graph:walk": "The graph of ingested code is walked through MCP.",
    "aql:bind-variables": "AQL runs with bind variables through MCP.",
    "agent:answers": "A real Qwen2.5-Coder answers a question through the tools.",
    "trace:one-per-run": "Each agent run leaves one trace.",
    "many:processes": "Two servers and an ingest share one data folder and lose no write.",
    "many:kill-9": "An ingest killed in the middle leaves nothing half-written.",
    "cli:doctor": "`hades doctor` names the command that mends what is missing.",
    "config:precedence": "Flags come before environment, before the TOML file, before defaults.",
}
