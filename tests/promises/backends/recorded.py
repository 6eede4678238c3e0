"""What a real ArangoDB was seen to take and to give, and what of HADES's requests it was not.

`arangodb-3.12.json` names, for each kind of request that HADES makes, the parameters and attributes
in the examples of ArangoDB's manual, which ArangoDB 3.12.10 itself answered. They are read out of
the data that `HADES_CONFORMANCE` points to; `python -m tests.promises.backends.recorded` does that
anew, and writes the table of docs/backends.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.conformance.rows import read
from tests.promises.backends.recording import Shape, kind_of, read_in, sent_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.promises.backends.recording import Shapes

FILE = Path(__file__).parent / "arangodb-3.12.json"
PAGE = Path(__file__).parents[3] / "docs" / "backends.md"
BEGIN, END = "<!-- requests -->", "<!-- end of requests -->"
SOURCE = (
    "Names of attributes in the HTTP examples of the ArangoDB documentation, answered by ArangoDB"
    " 3.12.10. (c) ArangoDB GmbH, Apache License 2.0."
)
_REFUSAL = {"code", "error", "errorMessage", "errorNum"}
"""How every request is refused: recorded of many kinds."""


def exchanges(where: Path, kinds: Iterable[str]) -> Shapes:
    """Return what was recorded of these kinds of requests.

    Args:
        where: The folder of the conformance data.
        kinds: As `kind_of` names them.
    """
    wanted, found = set(kinds), dict[str, Shape]()
    for row in read(where, "docs_http"):
        if row["deployment"] != "single":
            continue
        for request, response in zip(row["requests"], row["responses"], strict=False):
            kind = kind_of(request["method"], request["path"])
            if kind in wanted:
                shape = found.setdefault(kind, Shape())
                query = urlsplit(request["path"]).query
                shape.sent |= sent_in(kind, query, _json(request["body"]))
                shape.read |= read_in(kind, response["body"])
    return found


def _json(body: Any) -> Any:
    try:
        return json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return None  # an example of a request that is none


def written() -> Shapes:
    """Return what is written down of the recordings."""
    kinds = json.loads(FILE.read_text())["requests"]
    return {kind: Shape(set(one["sent"]), set(one["read"])) for kind, one in kinds.items()}


def as_text(shapes: Shapes) -> str:
    """Return recordings as they are written down."""
    requests = {
        kind: {"sent": sorted(shape.sent), "read": sorted(shape.read)}
        for kind, shape in sorted(shapes.items())
    }
    return json.dumps({"source": SOURCE, "requests": requests}, indent=1) + "\n"


def table(made: Shapes, recorded: Shapes) -> str:
    """Return, for people, what HADES asks that no recording shows.

    Args:
        made: What HADES asks, and reads.
        recorded: What a server was seen to take and to give.
    """
    lines = ["| request | asked without a recording | read without a recording |", "|---|---|---|"]
    whole = []
    for kind, shape in sorted(made.items()):
        if kind not in recorded:
            lines.append(f"| `{kind}` | the request | the answer |")
            continue
        asked = shape.sent - recorded[kind].sent
        read_only = shape.read - recorded[kind].read - _REFUSAL
        if asked or read_only:
            lines.append(f"| `{kind}` | {_listed(asked)} | {_listed(read_only)} |")
        else:
            whole.append(f"`{kind}`")
    return "\n".join([f"Recorded whole: {', '.join(whole)}.", "", *lines])


def _listed(names: set[str]) -> str:
    shown = {name for name in names if name.rpartition(".")[0] not in names}
    return ", ".join(f"`{name}`" for name in sorted(shown))


def paged(text: str) -> str:
    """Return the page with this table in it."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write both down anew; where the data is not, only the table."""
    from tests.promises.backends.asking import all_requests

    made, where = all_requests(), os.environ.get("HADES_CONFORMANCE")
    if where:
        FILE.write_text(as_text(exchanges(Path(where), made)))
    PAGE.write_text(paged(table(made, written())))


if __name__ == "__main__":
    main()
