"""PDF files are read page by page; encrypted and damaged ones are refused with the reason."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from hades_mcp.services.documents.readers.parsed import Unreadable
from hades_mcp.services.documents.readers.pdf import read_pdf

PATH = Path("/papers/tea.pdf")


def pdf(*pages: str, password: str = "") -> bytes:
    """A real PDF with a line of text per line."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(width=400, height=400)
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 360 Td {lines}ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "On tea", "/Author": "Ada", "/CreationDate": "D:20240102"})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_each_page_is_a_document_after_the_one_before() -> None:
    parsed = read_pdf(PATH, pdf("Leaves in hot wa-\nter.", "See doi:10.1000/cup.2 too."))
    assert [(part.kind, part.name, part.title) for part in parsed.parts] == [
        ("file", "/papers/tea.pdf", "On tea"),
        ("page", "/papers/tea.pdf#page=1", "On tea > page 1"),
        ("page", "/papers/tea.pdf#page=2", "On tea > page 2"),
    ]
    assert parsed.parts[1].text == "Leaves in hot water."
    assert parsed.parts[0].text.endswith("Its pages: On tea > page 1 … On tea > page 2")
    (only, _) = read_pdf(PATH, pdf("Leaves in hot water.")).parts
    assert "page" not in only.text
    assert parsed.parts[1].metadata["author"] == "Ada"
    assert parsed.parts[1].metadata["created"].startswith("2024-01-02")
    found = {(r.kind, r.targets) for r in parsed.references}
    assert ("next", ("/papers/tea.pdf#page=2",)) in found
    assert ("cites", ("doi:10.1000/cup.2",)) in found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 and then nothing", "damaged PDF"),
        (pdf("x")[:300], "damaged PDF"),
        (pdf("x", password="secret"), "encrypted"),
        (pdf(""), "no text in it"),
    ],
    ids=["no-pdf", "cut", "encrypted", "scanned"],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_pdf(PATH, data)
