"""Writes a dataset: examples split by session as JSONL, and a manifest that vouches for them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson

from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.training.examples import examples
from hades_mcp.training.recipe import DataRecipe
from hades_mcp.training.select import recorded, refusal

if TYPE_CHECKING:
    from hades_mcp.traces.records import Trace
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.training.examples import Example

FORMAT = "hades-dataset/1"
MANIFEST = "manifest.json"
HASHES = ("prompt", "template", "contract")
"""What a trace's header says it was made under."""

Split: TypeAlias = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
DEFAULTS = DataRecipe()


@dataclass(frozen=True, slots=True)
class DataFile:
    """One written file: its name, its rows, and the SHA-256 of its bytes."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dataset was made of; equal traces and an equal recipe give an equal manifest.

    Attributes:
        format: Name and version of this layout.
        recipe: The data part of the recipe.
        files: Each split's file.
        traces: Each split's trace ids: what to rebuild without when one must be forgotten.
        refused: How many traces were not taken, by reason.
        duplicates: Rows left out because an older trace taught the same.
        redacted: Rows where a secret was found that recording had let through.
        made_under: Hashes of the prompts, templates and tool contracts of the runs, by kind.
    """

    format: str
    recipe: DataRecipe
    files: dict[Split, DataFile]
    traces: dict[Split, tuple[str, ...]]
    refused: dict[str, int]
    duplicates: int
    redacted: int
    made_under: dict[str, tuple[str, ...]]


def split_of(session: str, recipe: DataRecipe = DEFAULTS) -> Split:
    """Return the split a session belongs to.

    It depends on the session's name alone: whatever is added later, an old row stays where it was,
    and the turns and retries of one conversation are never on both sides.
    """
    place = int.from_bytes(hashlib.sha256(session.encode()).digest()[:8]) / 2**64
    if place < recipe.test:
        return "test"
    return "validation" if place < recipe.test + recipe.validation else "train"


def export_dataset(store: TraceStore, folder: Path, recipe: DataRecipe = DEFAULTS) -> Manifest:
    """Write the dataset of all recorded runs worth learning from.

    The folder appears whole or not at all; an older dataset in it is replaced.

    Args:
        store: The recorded runs.
        folder: Where `train.jsonl`, `validation.jsonl`, `test.jsonl` and `manifest.json` go.
        recipe: Which runs are taken and how they are split.

    Raises:
        InvalidArgument: The folder holds something that is not a dataset.
        ConfigError: It cannot be written.
    """
    if folder.exists() and not _replaceable(folder):
        raise InvalidArgument(
            f"{folder} holds something that is not a dataset.", hint="Name an empty or new folder."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            manifest = _Draft(draft, recipe).fill(store)
            _put_in_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"The dataset {folder} cannot be written: {error}.") from error
    return manifest


class _Draft:
    """A dataset while it is being written, in a folder nobody looks at."""

    def __init__(self, folder: Path, recipe: DataRecipe) -> None:
        self.folder = folder
        self.recipe = recipe
        self.rows: dict[Split, list[bytes]] = {split: [] for split in SPLITS}
        self.traces: dict[Split, list[str]] = {split: [] for split in SPLITS}
        self.refused = Counter[str]()
        self.seen = set[str]()
        self.duplicates = 0
        self.redacted = 0
        self.made_under: dict[str, set[str]] = {kind: set() for kind in HASHES}

    def fill(self, store: TraceStore) -> Manifest:
        for trace in recorded(store):
            if why := refusal(trace, self.recipe):
                self.refused[why] += 1
            else:
                self._take(trace)
        return self._close()

    def _take(self, trace: Trace) -> None:
        split = split_of(trace.header.session or trace.id, self.recipe)
        fresh = [example for example in examples(trace) if self._is_new(example)]
        if not fresh:
            self.refused["it teaches nothing new"] += 1
            return
        self.traces[split].append(trace.id)
        self.rows[split] += [orjson.dumps(example.row) for example in fresh]
        self.redacted += sum(example.redacted for example in fresh)
        for kind, found in self.made_under.items():
            if value := trace.header.hades.get(kind):
                found.add(str(value))

    def _is_new(self, example: Example) -> bool:
        # Across splits too: a row that is trained on must not be tested on.
        if example.digest in self.seen:
            self.duplicates += 1
            return False
        self.seen.add(example.digest)
        return True

    def _close(self) -> Manifest:
        manifest = Manifest(
            format=FORMAT,
            recipe=self.recipe,
            files={split: self._write(split) for split in SPLITS},
            traces={split: tuple(ids) for split, ids in self.traces.items()},
            refused=dict(sorted(self.refused.items())),
            duplicates=self.duplicates,
            redacted=self.redacted,
            made_under={kind: tuple(sorted(found)) for kind, found in self.made_under.items()},
        )
        text = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
        (self.folder / MANIFEST).write_bytes(text + b"\n")
        return manifest

    def _write(self, split: Split) -> DataFile:
        content = b"".join(row + b"\n" for row in self.rows[split])
        path = self.folder / f"{split}.jsonl"
        path.write_bytes(content)
        return DataFile(path.name, len(self.rows[split]), hashlib.sha256(content).hexdigest())


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MANIFEST).is_file() or not any(folder.iterdir()))


def _put_in_place(draft: Path, folder: Path) -> None:
    if folder.exists():
        outgoing = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        folder.replace(outgoing)
        draft.replace(folder)
        shutil.rmtree(outgoing, ignore_errors=True)
    else:
        draft.replace(folder)
