"""Markdown becomes sections joined as its headings and links say."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.readers.markdown import read_markdown

if TYPE_CHECKING:
    from hades_mcp.services.documents.readers.parsed import Parsed

HERE = Path("/docs/guide/start.md")


def read(text: str) -> Parsed:
    return read_markdown(HERE, dedent(text).lstrip("\n"))


def test_headings_become_sections_inside_each_other() -> None:
    parsed = read(
        """
        # Getting *started*

        Welcome.

        ## Install
        Run it.

        ### On `Linux`
        ## Use
        """
    )
    root = "/docs/guide/start.md"
    assert [(part.kind, part.name, part.title) for part in parsed.parts] == [
        ("file", root, "Getting started"),
        ("section", f"{root}#install", "Getting started > Install"),
        ("section", f"{root}#on-linux", "Getting started > On Linux"),
        ("section", f"{root}#use", "Getting started > Use"),
    ]
    assert parsed.parts[0].text == "Welcome.\n\n  - Install\n    - On Linux\n  - Use"
    assert parsed.parts[1].text == "Run it."
    assert parsed.parts[1].line == 5
    assert [(r.kind, r.origin, r.targets) for r in parsed.references] == [
        ("contains", root, (f"{root}#install",)),
        ("contains", f"{root}#install", (f"{root}#on-linux",)),
        ("contains", root, (f"{root}#use",)),
        ("next", f"{root}#install", (f"{root}#on-linux",)),
        ("next", f"{root}#on-linux", (f"{root}#use",)),
    ]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_heading_that_the_title_does_not_say_is_not_lost(gap: str) -> None:
    text = f"# Tea{gap}Boil water.\n"
    [other] = read_markdown(HERE, text, "The manual").parts
    assert (other.title, other.text) == ("The manual", f"Tea{gap}Boil water.")
    for title in ("tea", ""):
        [same] = read_markdown(HERE, text, title).parts
        assert same.text == "Boil water."


def test_a_heading_inside_a_code_block_is_code() -> None:
    parsed = read("# T\n```sh\n# not a heading\n[a](b.md)\n```\n~~~\n# nor this\n~~~\n")
    assert len(parsed.parts) == 1
    assert "# not a heading" in parsed.parts[0].text
    assert parsed.references == ()


def test_underlined_headings_and_front_matter_are_known() -> None:
    parsed = read("---\ntitle: x\n---\nTitle\n=====\n\ntext\n\nSub\n---\nmore\n")
    assert [part.title for part in parsed.parts] == ["Title", "Title > Sub"]
    assert parsed.parts[1].line == 9


def test_a_rule_or_a_table_is_no_heading() -> None:
    parsed = read("# T\n\n- item\n---\n\n| a |\n---\n\ntext\nmore\n---\n")
    assert [part.title for part in parsed.parts] == ["T"]


def test_equal_headings_get_numbered_names() -> None:
    names = [part.name for part in read("# A\n## B\n## B\n## B-1\n").parts]
    assert len(set(names)) == len(names)
    assert names[1:3] == ["/docs/guide/start.md#b", "/docs/guide/start.md#b-1"]


def test_links_inside_the_project_become_edges_by_path() -> None:
    parsed = read(
        """
        # T
        See [b](../b.md#use), [same](#t), [spaced](<my%20file.md>), [ref] and
        [web](https://x.org/a.md), `[code](no.md)`, ![img](pic.png "title").

        [ref]: other/c.md
        """
    )
    links = [r.targets for r in parsed.references if r.kind == "links"]
    assert links == [
        ("/docs/b.md#use", "/docs/b.md"),
        ("/docs/guide/start.md#t", "/docs/guide/start.md"),
        ("/docs/guide/my file.md",),
        ("/docs/guide/pic.png",),
        ("/docs/guide/other/c.md",),
    ]


def test_text_without_headings_is_one_part_named_by_its_file() -> None:
    parsed = read("just words\n")
    assert [(part.title, part.text) for part in parsed.parts] == [("start.md", "just words")]


def test_a_heading_may_be_closed_by_hashes() -> None:
    titles = [part.title for part in read("# A ##\n## C#\n## B ## ##  \n## ##\n").parts]
    assert titles == ["A", "A > C#", "A > B ##", "A > "]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '[a](b "' * 50_000,
        "[a\n" * 100_000,
        f"# a{' ' * 200_000}b",
        f"# {'![' * 20_000}",
    ],
    ids=["brackets", "titles", "labels", "blanks", "pictures"],
)
def test_a_hostile_text_is_read_without_looking_at_all_of_it_again_at_each_mark(text: str) -> None:
    """With patterns that look ahead without a limit each of these takes minutes."""
    assert read(text).parts
