"""A page is read by its structure; what stands around it is left out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from hades_mcp.services.documents.readers.html import read_html
from hades_mcp.services.documents.readers.parsed import Unreadable

PAGE = Path("/site/guide/tea.html")
TEXT = dedent("""
    <!doctype html><html lang="en"><head><title>Tea | My site</title>
    <meta name="author" content="Ada"><link rel="canonical" href="https://site.example/tea/">
    <style>p {color: red}</style></head>
    <body><header>My site</header><nav><a href="other.html">Menu</a></nav>
    <main><h1>Tea</h1><p>Leaves in <b>hot</b>
      water. See <a href="../cups.html#big">cups</a>.</p>
    <h2 id="green">Green tea</h2><ul><li>Seventy degrees</li><li>Two minutes</li></ul>
    <pre>a  b
    c</pre>
    <h2>Sources</h2><p><a href="https://doi.org/10.1000/TEA.1">A paper</a></p>
    <table><tr><th>Kind</th><th>Minutes</th></tr><tr><td>Black</td><td>4</td></tr></table>
    <script>alert("no")</script></main><footer>Imprint</footer></body></html>
""")


def test_headings_become_sections_and_the_frame_around_the_page_is_dropped() -> None:
    parts = read_html(PAGE, TEXT).parts
    assert [(part.kind, part.name.rpartition("/")[2], part.title) for part in parts] == [
        ("file", "tea.html", "Tea"),
        ("section", "tea.html#green", "Tea > Green tea"),
        ("section", "tea.html#sources", "Tea > Sources"),
    ]
    assert parts[0].text.startswith("Leaves in hot water. See cups.")
    assert parts[1].text == "- Seventy degrees\n- Two minutes\n\na  b\nc"
    assert "Kind | Minutes\nBlack | 4" in parts[2].text
    everything = " ".join(part.text for part in parts)
    assert not [word for word in ("Menu", "Imprint", "alert", "color") if word in everything]


def test_links_citations_and_metadata_are_taken_from_the_markup() -> None:
    parsed = read_html(PAGE, TEXT)
    found = {(r.kind, r.origin.rpartition("/")[2], r.targets) for r in parsed.references}
    assert ("links", "tea.html", ("/site/cups.html#big", "/site/cups.html")) in found
    assert ("cites", "tea.html#sources", ("doi:10.1000/tea.1",)) in found
    assert ("next", "tea.html#green", ("/site/guide/tea.html#sources",)) in found
    assert dict(parsed.parts[1].metadata) == {
        "author": "Ada",
        "url": "https://site.example/tea/",
        "lang": "en",
    }
    assert parsed.aliases == {"url:site.example/tea": PAGE.as_posix()}


def test_a_fragment_without_headings_is_one_document() -> None:
    (part,) = read_html(PAGE, "<p>One.<br>Two.</p><p>Three.").parts
    assert (part.title, part.text) == ("tea.html", "One.\nTwo.\n\nThree.")


def test_elements_in_each_other_without_end_do_no_harm() -> None:
    (part,) = read_html(PAGE, "<p>first</p>" + "<div>" * 5000 + "deep").parts
    assert part.text.startswith("first")


def test_a_page_without_words_is_refused() -> None:
    with pytest.raises(Unreadable, match="no words"):
        read_html(PAGE, "<html><script>let a = 1</script></html>")
