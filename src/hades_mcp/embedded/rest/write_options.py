"""How a document is to be written: the query parameters that all document writes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from hades_mcp.embedded.aql.executor.versions import newer_stored
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.rest.message import Request
    from hades_mcp.embedded.storage import Collection, Written

OverwriteMode: TypeAlias = Literal["conflict", "ignore", "replace", "update"]

_BAD_PARAMETER = 400
_MODES = frozenset({"conflict", "ignore", "replace", "update"})


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The parameters of one write.

    Attributes:
        return_new: Answer with the document after the write.
        return_old: Answer with the document before the write.
        silent: Answer with errors only.
        overwrite: What an insert does when the key is taken.
        keep_null: Whether a patch stores null or removes the attribute.
        merge_objects: Whether a patch merges sub-objects.
        ignore_revs: Whether `_rev` in the body is ignored.
        wait: Whether the client asked to wait for the disk.
        version: The attribute by which older writes are told from newer ones.
    """

    return_new: bool
    return_old: bool
    silent: bool
    overwrite: OverwriteMode
    keep_null: bool
    merge_objects: bool
    ignore_revs: bool
    wait: bool
    version: str | None

    @classmethod
    def of(cls, request: Request) -> WriteOptions:
        """Read the parameters of a request.

        Raises:
            ArangoError: 400 for an unknown overwriteMode.
        """
        params = request.params
        mode = params.get("overwriteMode")
        if mode is None:
            mode = "replace" if request.flag("overwrite") else "conflict"
        if mode not in _MODES:
            raise ArangoError(_BAD_PARAMETER, f"invalid value '{mode}' for overwriteMode")
        return cls(
            return_new=request.flag("returnNew"),
            return_old=request.flag("returnOld"),
            silent=request.flag("silent"),
            overwrite=cast("OverwriteMode", mode),
            keep_null=request.flag("keepNull", default=True),
            merge_objects=request.flag("mergeObjects", default=True),
            ignore_revs=request.flag("ignoreRevs", default=True),
            wait=request.flag("waitForSync"),
            version=params.get("versionAttribute") or None,
        )

    def expected(self, document: dict[str, Any]) -> str | None:
        """Return the revision a body insists on, if it does."""
        revision = None if self.ignore_revs else document.get("_rev")
        return revision if isinstance(revision, str) else None

    def unless_newer(
        self,
        collection: Collection,
        key: str | None,
        document: dict[str, Any],
        write: Callable[[], Written],
    ) -> Written:
        """Write, unless what is stored under the key has at least the document's version."""
        return newer_stored(collection, key, document, self.version) or write()

    def describe(self, written: Written) -> dict[str, Any]:
        """Return what an answer tells of one write: ids, revisions and what was asked for."""
        old, new = written.old, written.new
        shown = new or old or {}
        body = {"_id": shown["_id"], "_key": shown["_key"], "_rev": shown["_rev"]}
        if written.operation in {"update", "replace"} and old is not None:
            body["_oldRev"] = old["_rev"]
        if self.return_old and old is not None and written.operation != "ignore":
            body["old"] = old
        if self.return_new and new is not None and written.operation != "ignore":
            body["new"] = new
        return body
