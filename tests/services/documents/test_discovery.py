"""Paths become files; a wrong path leads to the right one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import InvalidArgument, NotFound
from hades_mcp.services.documents.discovery import discover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.md", "a.py", "sub/c.txt", "__pycache__/x.pyc", ".git/config", "sub/.hidden"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_folders_are_walked_without_caches_and_hidden_files(tree: Path) -> None:
    found = discover([tree])
    assert [path.relative_to(tree).as_posix() for path in found.files] == [
        "a.py",
        "b.md",
        "sub/c.txt",
    ]
    assert found.folders == [tree]


def test_a_file_named_twice_is_found_once(tree: Path) -> None:
    found = discover([tree / "a.py", tree / "sub" / ".." / "a.py", tree])
    assert found.files.count(tree / "a.py") == 1


def test_a_hidden_file_or_ignored_folder_named_outright_is_read(tree: Path) -> None:
    assert discover([tree / ".git"]).files == [tree / ".git" / "config"]
    assert discover([tree / "sub" / ".hidden"]).files == [tree / "sub" / ".hidden"]


def test_a_missing_path_suggests_the_nearest_name(tree: Path) -> None:
    with pytest.raises(NotFound, match=r"Did you mean '.*/sub'\?"):
        discover([tree / "subb" / "c.txt"])
    with pytest.raises(NotFound, match="Look into"):
        discover([tree / "quite-different"])


def test_no_path_at_all_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        discover([])


def test_a_path_the_system_refuses_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="File name too long"):
        discover([tmp_path / ("x" * 5000)])


def test_a_folder_that_cannot_be_entered_is_reported(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root, who runs tests in containers, may enter all
    found = discover([tree])
    assert [path.name for path in found.files] == ["a.py", "b.md"]
    assert found.skipped == [(str(tree / "sub"), "cannot be entered: Permission denied")]
