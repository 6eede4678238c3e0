"""Writes the generated parts of README and docs; `make docs` runs it through cog."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import click

from hades_mcp.cli.app import COMMANDS, hades
from hades_mcp.config import Settings, environment_name
from hades_mcp.tools.catalog import BUILT_IN

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "hades_mcp"

WIDTH = 110
"""Characters of a line of a capture that are shown."""

_SIZE = 100_000  # documents or vertices: the rows of the benchmarks that the README shows
_LONG = 100  # milliseconds that need no digits behind the point
_TASKS = frozenset({"scan", "indexed", "group", "read"})

# The floors of the house, top to bottom, as import-linter keeps them (pyproject.toml).
FLOORS = (
    ("cli",),
    ("tui",),
    ("server", "training"),
    ("agents",),
    ("tools",),
    ("workspace",),
    ("services",),
    ("models", "vectors", "embedders"),
    ("embedded",),
    ("traces", "prompts"),
    ("assets", "config", "logging", "redaction", "tokens"),
    ("messages",),
    ("types", "errors"),
)


def house_map() -> str:
    """Return the map of the house: each floor's rooms with the caption of their module."""
    lines = ["| floor | room | what it is |", "|---|---|---|"]
    for number, rooms in zip(range(len(FLOORS), 0, -1), FLOORS, strict=True):
        lines += [f"| {number} | `{room}` | {_caption(room)} |" for room in rooms]
    return "\n".join(lines)


def _caption(room: str) -> str:
    package = SOURCE / room / "__init__.py"
    path = package if package.exists() else SOURCE / f"{room}.py"
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.splitlines()[0].replace("|", "\\|")


def embedded_speed() -> str:
    """Return CPU milliseconds of the embedded database beside its rivals, from benchmarks/."""
    walks, tasks = _results("traversals"), _results("documents")
    parts = [f"CPU milliseconds, {walks['date']}, {walks['machine']}:"]
    for report, names, wanted in (
        (walks, ("hades", "networkx", "SQLite CTE", "ladybug"), {"hops": {1, 2, 3}}),
        (
            tasks,
            ("hades", "DuckDB", "SQLite JSON"),
            {"method": {"scan", "indexed", "group", "read"}},
        ),
    ):
        ((field, values),) = wanted.items()
        lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
        for row in report["rows"]:
            if row[field] in values and _SIZE in (row.get("vertices"), row.get("documents")):
                times = [row["times"][name]["cpu_ms"] for name in names]
                cells = [f"{each:.2g}" if each < _LONG else f"{each:.0f}" for each in times]
                lines.append(f"| {row['what']} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def retrieval_table() -> str:
    """Return how well search finds beside its parts and rivals, from benchmarks/."""
    report = _results("retrieval")
    asked = sum(report["questions"].values())
    said = (
        f"Measured {report['date']}: {report['documents']:,} functions, {asked} questions; "
        "recall at 5 / mean reciprocal rank at 10."
    )
    names = list(next(iter(report["classes"].values())))
    lines = ["| questions | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for kind, found in report["classes"].items():
        cells = [
            f"{found[who]['recall_at_5']:.2f} / {found[who]['mrr_at_10']:.2f}" for who in names
        ]
        lines.append(f"| {kind} ({report['questions'][kind]}) | " + " | ".join(cells) + " |")
    return "\n\n".join([said, "\n".join(lines)])


def hybrid_table() -> str:
    """Return the CPU milliseconds of whole searches, embedding left out, from benchmarks/."""
    report = _results("hybrid")
    columns = {
        "search_first_ms": "search, new words",
        "search_ms": "search, known words",
        "search_2_hops_ms": "with 2 hops",
        "search_where_ms": "with `where`",
        "vectors_alone_ms": "its vectors alone",
        "fts5_alone_ms": "FTS5 alone",
    }
    lines = [
        "| chunks | " + " | ".join(columns.values()) + " |",
        "|---:|" + "---:|" * len(columns),
    ]
    for row in report["search_cpu"]:
        cells = [f"{row[column]:.1f}" for column in columns]
        lines.append(f"| {row['chunks']:,} | " + " | ".join(cells) + " |")
    said = f"CPU milliseconds, measured {report['date']}, {report['machine']}:"
    return "\n\n".join([said, "\n".join(lines)])


def agent_step_table() -> str:
    """Return the CPU time of a step of an agent's loop, ours and others', from benchmarks/."""
    report = _results("agent_step")
    taken, versions = report["cpu_ms_per_step"], report["versions"]
    lines = ["| | CPU ms a step | beyond the client alone |", "|---|---:|---:|"]
    for name, each in taken.items():
        whole = name.partition(",")[0]
        # Ours always streams.
        streams = whole == "hades" or name.endswith("streamed")
        alone = taken["client alone, streamed" if streams else "client alone"]
        beyond = "" if whole == "client alone" else f"{each - alone:.1f}"
        lines.append(f"| {name.replace(whole, f'{whole} {versions[whole]}')} | {each} | {beyond} |")
    said = f"Measured {report['measured']}, Python {report['python']}; medians of three processes:"
    return "\n".join([said, "", *lines])


def recovery_table() -> str:
    """Return how many calls readers recover from replies, and run by mistake, from benchmarks/."""
    report = _results("recovery")
    parts = {"real": "real replies", "written": "written replies", "held out": "of both, held out"}
    heads = [
        f"{parts[name]}, {part['calling']} of {part['replies']} with calls"
        for name, part in report["readers"]["hades"].items()
        if name in parts
    ]
    lines = [
        "| | " + " | ".join([*heads, "CPU µs a reply"]) + " |",
        "|---|" + "---:|" * (len(heads) + 1),
    ]
    for reader, found in report["readers"].items():
        version = report["versions"].get(reader, "")
        cells = [
            f"{found[name]['recovered']}, {found[name]['false_runs']} by mistake" for name in parts
        ]
        lines.append(
            f"| {reader} {version} | " + " | ".join([*cells, f"{found['cpu_us']:.0f}"]) + " |"
        )
    said = (
        f"Measured {report['measured']}, Python {report['python']}; replies whose calls were all "
        "recovered, and replies with a call nobody made:"
    )
    return "\n\n".join([said, "\n".join(lines)])


def _results(name: str) -> Any:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def tool_table() -> str:
    """Return one row per built-in tool; the last column is what the list of tools leaves out."""
    lines = [
        "| tool | what it does | changes data | also takes |",
        "|---|---|---|---|",
    ]
    for tool in BUILT_IN:
        told: Any = tool.spec.parameters
        required = told.get("required", [])
        arguments = ", ".join(
            name if name in required else f"{name}?" for name in told["properties"]
        )
        untold = [name for name in tool.arguments.model_fields if name not in told["properties"]]
        also = ", ".join(f"`{name}`" for name in untold)
        changes = "" if tool.spec.annotations.read_only else "yes"
        lines.append(
            f"| `{tool.name}({arguments})` | {tool.spec.description} | {changes} | {also} |"
        )
    return "\n".join(lines)


def tool_costs() -> str:
    """Return what tool lists and answers cost in tokens, beside rivals, from benchmarks/."""
    report = _results("tools_tokens")
    names = list(report["lists"])
    lines = ["| Qwen tokens | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for what, key in (("tools", "tools"), ("their list, a line each", "function_form")):
        cells = [f"{report['lists'][name][key]:,}" for name in names]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    for question, answers in report["answers"].items():
        cells = [_answer_cost(answers.get(name)) for name in names]
        lines.append(f"| {question} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _answer_cost(answer: dict[str, int] | None) -> str:
    if answer is None:
        return ""
    omitted = answer.get("omitted")
    return f"{answer['text']:,}" + (f" ({omitted} rows more behind `next`)" if omitted else "")


def tool_latency() -> str:
    """Return milliseconds of each tool over stdio, and the server's memory, from benchmarks/."""
    report = _results("tools_latency")
    lines = [
        "| over stdio | p50 ms | p99 ms | times echo | least tenth, times echo | CPU ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in report["calls"].items():
        times = f"{row['p50_ms']:.1f} | {row['p99_ms']:.1f} | {row['times_echo']:.2g}"
        used = f"{row['best_times_echo']:.2g} | {row['cpu_ms']:.1f}"
        lines.append(f"| `{name}` | {times} | {used} |")
    held = ", ".join(f"{what} {size} MB" for what, size in report["resident_mb"].items())
    where = f"{report['date']}, {report['machine']}, not idle; {report['rounds']} rounds."
    return "\n".join([*lines, "", f"Measured {where} In memory: {held}."])


def settings_table() -> str:
    """Return one row per setting."""
    lines = ["| `hades.toml` | environment | default | what it sets |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "platform's data folder" if name == "home" else _shown(field.default)
        lines.append(f"| `{name}` | `{environment_name(name)}` | {default} | {field.description} |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    secret = getattr(value, "get_secret_value", None)
    shown = secret() if secret else value
    return f"`{shown}`" if str(shown) else ""


def cli_help() -> str:
    """Return the help of every command."""
    root = click.Context(hades, info_name="hades", terminal_width=80)
    pages = [("hades", hades.get_help(root))]
    for name in sorted(COMMANDS):
        command = hades.get_command(root, name)
        assert command is not None  # noqa: S101  COMMANDS names it
        context = click.Context(command, info_name=name, parent=root, terminal_width=80)
        pages.append((f"hades {name}", command.get_help(context)))
        if isinstance(command, click.Group):
            for sub_name, sub in command.commands.items():
                inner = click.Context(sub, info_name=sub_name, parent=context, terminal_width=80)
                pages.append((f"hades {name} {sub_name}", sub.get_help(inner)))
    return "\n".join(f"## `{title}`\n\n```text\n{text}\n```\n" for title, text in pages)


def demo_capture() -> str:
    """Return the telling lines of the captured demo run: what was called, asked and answered."""
    text = (ROOT / "docs" / "captures" / "demo.txt").read_text(encoding="utf-8")
    head, ask, questions = text.partition("── Ask:")
    calls = [line[3:] for line in head.splitlines() if line.startswith("   →")]
    questions = (ask + questions).partition("Every call and run is recorded")[0]
    lines = [line for line in questions.splitlines() if line and not line.startswith("   (")]
    return "\n".join(["```text", *(_cut(line) for line in [*calls, "", *lines]), "```"])


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def snippet(name: str) -> str:
    """Return a configuration snippet, as the tests run it."""
    text = (ROOT / "docs" / "snippets" / name).read_text(encoding="utf-8").rstrip()
    return f"```json\n{text}\n```"
