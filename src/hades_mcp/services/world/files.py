"""Files in a world: the parts and edges a text was read as, so that it need not be read again.

Beside `id`, `title` and `text`, which anybody may write, an exported text has `hades`. Of a text
that came by `hades import` it is only the `evidence` for and against its parts, and the `checks`
that verify them; of everything else also what the reader of that file made of it: each part with
the place of its words in `text`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from hades_mcp.services.documents.chunking import OVERLAP, chunks
from hades_mcp.services.documents.ledger import Entry, StoredPart, key_of
from hades_mcp.services.documents.planning import Plan, hash_of
from hades_mcp.services.documents.readers.note import SCHEME, note_path, read_note
from hades_mcp.services.layout import DOCUMENTS, INGESTED_EDGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.services.documents.readers.parsed import Kind

OURS = "hades"
"""The attribute of a text that only HADES reads."""

_KEYS: dict[str, type] = {
    "evidence": dict,
    "checks": dict,
    "path": str,
    "hash": str,
    "package": str,
    "fingerprint": str,
    "ingested_at": str,
    "aliases": dict,
    "bases": dict,
    "parts": list,
    "edges": dict,
}
_PART: dict[str, type] = {"at": list, "kind": str, "title": str, "qualified_name": str}
_ELSEWHERE = ("_key", "text", "content_hash", "source")
"""Attributes of a part that are not written among its others."""

_LEDGER = ("package", "fingerprint", "ingested_at", "aliases", "bases")


def exported(row: dict[str, Any]) -> dict[str, Any]:
    """Return a text as a world's file has it.

    Args:
        row: `entry`, its ledger's; `kept`, the imported text it still is, or null; `parts`, its
            documents as stored, that of the file first; `edges`, each [kind, from, to].
    """
    entry, kept, parts = row["entry"], row["kept"], row["parts"]
    about = {"evidence": _about(parts, "evidence"), "checks": _about(parts, "check")}
    if kept:
        said = {"id": kept["id"], "title": kept["title"], "text": kept["text"]}
        return {**said, OURS: about}
    text, places = _joined(parts)
    edges: dict[str, list[list[str]]] = {}
    for kind, origin, target in row["edges"]:
        edges.setdefault(kind, []).append([_key(origin), _key(target)])
    ours = {
        "path": entry["path"],
        "hash": _hash(text),
        **{name: entry[name] for name in _LEDGER},
        "parts": [
            {"at": place, **_others(part)} for part, place in zip(parts, places, strict=True)
        ],
        "edges": edges,
        **about,
    }
    identifier = entry["path"].removeprefix(SCHEME)
    return {"id": identifier, "title": parts[0]["title"], "text": text, OURS: ours}


def fault_in(text: dict[str, Any]) -> str:
    """Return what is wrong with a text's `hades`, in words; "" if nothing is."""
    ours = text[OURS]
    if not isinstance(ours, dict) or not all(
        isinstance(value, _KEYS.get(name, ())) for name, value in ours.items()
    ):
        return f"has a {OURS!r} that is none"
    for name in ("evidence", "checks"):
        if not all(isinstance(said, dict) for said in ours.get(name, {}).values()):
            return f"has {name} that are no objects"
    if "parts" not in ours:
        return ""
    if ours.keys() != _KEYS.keys() or not ours["path"].strip():
        return f"has a {OURS!r} with parts, but without {', '.join(_KEYS.keys() - ours.keys())}"
    if ours["hash"] != _hash(text["text"]):
        return f"was edited: leave out its {OURS!r}, so that the text is read anew"
    return _fault_in_parts(ours["parts"], len(text["text"])) or _fault_in_edges(ours["edges"])


def path_of(text: dict[str, Any]) -> str:
    """Return what a text is known by in the store."""
    path = text.get(OURS, {}).get("path")
    return path if path is not None else note_path(text["text"], name=text["id"])


def keys_of(text: dict[str, Any]) -> list[str]:
    """Return the keys of the documents a text will be."""
    path = path_of(text)
    parts = text.get(OURS, {}).get("parts")
    if parts is not None:
        return [key_of(path, part["qualified_name"]) for part in parts]
    read = read_note(path, text["text"], text.get("title", "").strip())
    return [key_of(path, part.name) for part in read.parts]


def plan_of(text: dict[str, Any]) -> Plan | None:
    """Return how a file is to be stored again; None if its text has to be read first."""
    ours = text.get(OURS, {})
    if "parts" not in ours:
        return None
    path = ours["path"]
    documents = [_document(path, part, text["text"]) for part in ours["parts"]]
    passages = {
        document["_key"]: chunks(document["text"], overlap=OVERLAP) or [""]
        for document in documents
    }
    edges = {
        kind: [_edge(path, kind, *ends) for ends in drawn] for kind, drawn in ours["edges"].items()
    }
    entry = Entry(
        path=path,
        # not that of the file yet: what is stored under it may be another version
        fingerprint=hash_of(repr(documents), repr(sorted(edges.items()))),
        package=ours["package"],
        ingested_at=ours["ingested_at"],
        root=documents[0]["_key"],
        parts={
            document["_key"]: StoredPart(
                name=document["qualified_name"],
                kind=cast("Kind", document["kind"]),
                text_hash=document["content_hash"],
                chunks=len(passages[document["_key"]]),
            )
            for document in documents
        },
        edges={kind: [edge["_key"] for edge in drawn] for kind, drawn in edges.items()},
        aliases=ours["aliases"],
        bases=ours["bases"],
    )
    return Plan(entry, documents, passages, edges)


def evidence_in(text: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is known for and against a text's documents, as updates of them."""
    path, ours = path_of(text), text.get(OURS, {})
    return [
        {"_key": key_of(path, name), attribute: said}
        for attribute, known in (("evidence", "evidence"), ("check", "checks"))
        for name, said in ours.get(known, {}).items()
    ]


def _joined(parts: Iterable[dict[str, Any]]) -> tuple[str, list[list[int]]]:
    """Return the parts as one text, sections under their headings, and the place of each in it."""
    joined, places = "", []
    for position, part in enumerate(parts):
        if position:
            heading = part["title"].rpartition(" > ")[2]
            joined += ("\n\n" if joined else "") + f"## {heading}\n\n"
        places.append([len(joined), len(joined) + len(part["text"])])
        joined += part["text"]
    return joined, places


def _others(part: dict[str, Any]) -> dict[str, Any]:
    # a file's own front matter may have a `check` that is none of ours
    told = (name for name in ("evidence", "check") if isinstance(part.get(name), dict))
    return _without(part, *_ELSEWHERE, *told)


def _about(parts: Iterable[dict[str, Any]], attribute: str) -> dict[str, dict[str, Any]]:
    known = ((part["qualified_name"], part.get(attribute)) for part in parts)
    return {name: said for name, said in known if isinstance(said, dict)}


def _document(path: str, part: dict[str, Any], text: str) -> dict[str, Any]:
    start, end = part["at"]
    words = text[start:end]
    return {
        **_without(part, "at"),
        "_key": key_of(path, part["qualified_name"]),
        "source": path,
        "text": words,
        "content_hash": hash_of(part["title"], words),
    }


def _edge(path: str, kind: str, origin: str, target: str) -> dict[str, Any]:
    ends = (f"{DOCUMENTS}/{origin}", f"{DOCUMENTS}/{target}")
    key = key_of(kind, *ends)
    return {"_key": key, "_from": ends[0], "_to": ends[1], "source": key_of(path)}


def _fault_in_parts(parts: list[Any], length: int) -> str:
    names = set()
    for position, part in enumerate(parts):
        if not isinstance(part, dict) or not all(
            isinstance(part.get(name), kind) for name, kind in _PART.items()
        ):
            return f"has a part {position} that is no object of {', '.join(_PART)}"
        match part["at"]:
            case [int(start), int(end)] if 0 <= start <= end <= length:
                names.add(part["qualified_name"])
            case _:
                return f"has a part {position} that is not in its text"
    if not parts or len(names) < len(parts):
        return "has no parts, or two of one name"
    return ""


def _fault_in_edges(edges: dict[str, Any]) -> str:
    for kind, drawn in edges.items():
        if kind not in INGESTED_EDGES:
            return f"has edges {kind!r}; known are {', '.join(INGESTED_EDGES)}"
        for ends in drawn if isinstance(drawn, list) else [None]:
            match ends:
                case [str(), str()] if all(end.isalnum() for end in ends):
                    continue
                case _:
                    return f"has {kind!r} that are no pairs of keys"
    return ""


def _without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


def _key(identifier: str) -> str:
    return identifier.partition("/")[2]


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
