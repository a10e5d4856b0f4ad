"""Office files as documents: written by programs that are widely used, and by people who mean harm.

The files in `files/` were written by python-docx, openpyxl, python-pptx and odfpy.
"""

import io
import random
import zipfile
from pathlib import Path

import pytest

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.reading import read_document

FILES = Path(__file__).parent / "files"

Part = tuple[str, int, int, str]


def read(name: str) -> Document:
    return read_document(name, (FILES / name).read_bytes())


def parts(document: Document) -> list[Part]:
    return [
        (it.kind, it.level, it.page, document.text[it.start : it.end]) for it in document.blocks
    ]


def archive(**files: str) -> bytes:
    """A ZIP with these files; `word__document` is `word/document.xml`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/") + ".xml", content)
    return made.getvalue()


def docx(body: str) -> Document:
    return read_document("a.docx", archive(word__document=f"<document>{body}</document>"))


def refusal(name: str, content: bytes) -> Unusable:
    with pytest.raises(Unusable) as caught:
        read_document(name, content)
    return caught.value


def outcome(name: str, content: bytes) -> str:
    """Why it cannot be read; "" if it can."""
    try:
        document = read_document(name, content)
    except Unusable as error:
        return error.code
    assert all(0 <= it.start < it.end <= len(document.text) for it in document.blocks)
    return ""


def test_a_letter_has_headings_paragraphs_and_rows() -> None:
    document = read("handbook.docx")
    assert parts(document) == [
        ("heading", 1, 0, "Working hours"),
        ("text", 0, 0, "Night shifts are paid one and a half times."),
        ("heading", 2, 0, "Breaks"),
        ("text", 0, 0, "A break of thirty minutes is due after six hours. Really."),
        ("row", 0, 0, "Code | Meaning"),
        ("row", 0, 0, "E-4711 | pump blocked"),
        ("row", 0, 0, "E-4712 | door open"),
        ("text", 0, 0, "First item"),
        ("text", 0, 0, "After the break."),
    ]
    assert (document.title, document.metadata["author"]) == ("Staff handbook", "Ana")


def test_rows_of_a_workbook_carry_the_names_of_their_columns() -> None:
    document = read("prices.xlsx")
    assert parts(document) == [
        ("heading", 1, 0, "Prices"),
        ("row", 0, 0, "Article | Price | Since | Sold"),
        ("row", 0, 0, "Article: Lamp | Price: 19.9 | Since: 2026-03-01 | Sold: true"),
        ("row", 0, 0, "Article: Pump | Price: 120 | Since: 2026-04-02 13:30:00 | Sold: false"),
        ("heading", 1, 0, "Notes"),
        ("row", 0, 0, "Only one cell"),
    ]
    assert (document.title, document.note) == ("Price list", "1 hidden sheets are left out")


def test_slides_are_pages_with_what_the_speaker_noted() -> None:
    assert parts(read("safety.pptx")) == [
        ("heading", 1, 1, "Safety first"),
        ("text", 0, 1, "Wear a helmet."),
        ("text", 0, 1, "Never run."),
        ("text", 0, 1, "Say this slowly."),
        ("heading", 1, 2, "Numbers"),
        ("row", 0, 2, "Year | Accidents"),
        ("row", 0, 2, "2026 | 3"),
    ]


def test_open_documents_are_read_as_well() -> None:
    assert parts(read("returns.odt")) == [
        ("heading", 1, 0, "Returns"),
        ("text", 0, 0, "Goods may be returned within 30 days."),
        ("heading", 2, 0, "Broken"),
        ("text", 0, 0, "Send us a photograph."),
    ]
    assert parts(read("stock.ods")) == [
        ("heading", 1, 0, "Stock"),
        ("row", 0, 0, "Part | Count"),
        ("row", 0, 0, "Bolt | 12"),
    ]
    assert parts(read("talk.odp")) == [("text", 0, 1, "Welcome"), ("text", 0, 2, "Goodbye")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Word keeps what was deleted, and tells a box twice for programs that do not know boxes.
        ("<p><del><r><delText>old</delText></r></del><r><t>new</t></r></p>", [("text", 0, 0, "new")]),
        ("<p><moveFrom><r><t>gone</t></r></moveFrom><r><t>here</t></r></p>", [("text", 0, 0, "here")]),
        (
            "<p><r><t>out</t></r><Choice><p><r><t>in</t></r></p></Choice>"
            "<Fallback><p><r><t>in</t></r></p></Fallback></p>",
            [("text", 0, 0, "in"), ("text", 0, 0, "out")],
        ),
        (
            "<tbl><tr><tc><p><r><t>a</t></r></p></tc><tc><tbl><tr><tc><p><r><t>b</t></r></p></tc></tr></tbl></tc>"
            "</tr></tbl>",
            [("row", 0, 0, "a | b")],
        ),
        (
            "<p><r><t>one</t></r></p><p><r><lastRenderedPageBreak/><t>two</t></r></p>",
            [("text", 0, 1, "one"), ("text", 0, 2, "two")],
        ),
        ("<p><pPr><outlineLvl val='1'/></pPr><r><t>H</t></r></p>", [("heading", 2, 0, "H")]),
        ("<p><r><t>a</t><br/><t>b</t><tab/><t>c</t></r></p>", [("text", 0, 0, "a\nb c")]),
    ],
)  # fmt: skip
def test_oddities_of_letters(body: str, expected: list[Part]) -> None:
    assert parts(docx(body)) == expected


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 cut off", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted"),
        (archive(other="<a/>"), "damaged"),
        (archive(word__document="<document>"), "damaged"),
        (archive(word__document="<document/>"), "empty"),
        (archive(word__document="<p>" * 2_000), "damaged"),
        (archive(word__document='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "damaged"),
        (archive(word__document=f"<t>{'x' * 40_000_000}</t>"), "too_large"),
    ],
    ids=["nothing", "cut off", "encrypted", "other", "no end", "empty", "deep", "entities", "bomb"],
)
def test_what_cannot_be_read_is_told_with_the_reason(content: bytes, code: str) -> None:
    assert refusal("a.docx", content).code == code


def test_a_password_is_named_as_the_trouble() -> None:
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    content = archive(**{"META-INF__manifest": manifest, "content": "noise"})
    assert refusal("a.odt", content).code == "encrypted"


def test_a_form_of_before_2007_is_told_of_with_what_to_do() -> None:
    assert "save it as .docx" in refusal("a.doc", b"\xd0\xcf\x11\xe0").remedy


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
def test_a_damaged_file_is_a_document_or_is_told_of(name: str) -> None:
    content = (FILES / name).read_bytes()
    dice = random.Random(name)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(dice.randint(1, 20)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        if dice.random() < 0.3:
            del damaged[dice.randrange(len(damaged)) :]
        assert outcome(name, bytes(damaged)) in ("damaged", "empty", "encrypted", "too_large", "")
