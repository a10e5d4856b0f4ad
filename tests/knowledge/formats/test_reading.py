"""Every format as a document; and what cannot be read, with the reason."""

import pytest

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.reading import format_of, read_document
from tests.knowledge.pages import pdf


def parts(document: Document) -> list[tuple[str, str]]:
    return [(one.kind, document.text[one.start : one.end]) for one in document.blocks]


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Unusable) as caught:
        read_document(name, content)
    return caught.value.code


def test_the_format_is_told_by_the_suffix_in_any_case() -> None:
    names = ("a.MD", "b/c.htm", "d.csv", "e.PDF", "f.docx", "g.exe", "h")
    assert [format_of(name) for name in names] == [
        "markdown", "html", "csv", "pdf", "office", "", ""
    ]  # fmt: skip


def test_markdown_keeps_its_own_offsets_behind_front_matter() -> None:
    text = "---\ntitle: Returns\ntags: [a, b]\nyear: 2024\n---\n# Returns é\n\nWithin 30 days.\nUnused.\n"
    document = read_document("a.md", text.encode())
    assert document.text == text
    assert parts(document) == [("heading", "# Returns é"), ("text", "Within 30 days.\nUnused.")]
    assert document.metadata == {"title": "Returns", "tags": ["a", "b"], "year": 2024}


def test_markdown_knows_underlined_headings_and_does_not_read_code_as_headings() -> None:
    text = "Fees\n====\nSee:\n\n```sh\n# no heading\n\nrun\n```\n\n- one\n- two\n"
    assert parts(read_document("a.md", text.encode())) == [
        ("heading", "Fees\n===="),
        ("text", "See:"),
        ("code", "```sh\n# no heading\n\nrun\n```"),
        ("text", "- one\n- two"),
    ]


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    text = "---\nnot: [a map\n---\nWords.\n"
    document = read_document("a.md", text.encode())
    assert (document.metadata, document.text) == ({}, text)


def test_front_matter_that_explodes_or_cannot_be_stored_is_tamed() -> None:
    lines = ["a0: &a0 [x, x]"] + [
        f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 30)
    ]
    text = (
        "---\n"
        + "\n".join(lines)
        + '\ntitle: "\\ud800 x"\nday: 2024-05-01\nmap: {a: 1}\n---\nWords.\n'
    )
    metadata = read_document("a.md", text.encode()).metadata
    assert (metadata["a0"], metadata["a29"], metadata["title"], metadata["day"]) == (
        ["x", "x"], [], "? x", "2024-05-01"
    )  # fmt: skip
    assert "map" not in metadata


def test_sections_of_old_browsers_and_office_programs_are_not_read() -> None:
    page = b"<p>One <![if !vml]>two<![endif]> <![odd[ x ]]>three<p><![CDATA[four]]>"
    assert read_document("a.html", page).text.startswith("One two")


def test_html_gives_what_a_reader_sees() -> None:
    page = (
        "<html lang=en><title>Shop</title><style>p {}</style><script>'<p>no</p>'</script>"
        "<nav>Menu</nav><h2>Fees &amp; taxes</h2><p>Nine <b>euros</b>,\n flat.<p>Two<!-- no --> more"
        "<table><tr><th>Size<th>Price<tr><td>S<td>4</table>"
    )
    document = read_document("a.html", page.encode())
    assert parts(document) == [
        ("heading", "Fees & taxes"),
        ("text", "Nine euros, flat."),
        ("text", "Two more"),
        ("text", "Size | Price"),
        ("text", "S | 4"),
    ]
    assert (document.title, document.metadata["lang"]) == ("Shop", "en")


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ('Fees<a class="headerlink" href="#fees" title="Link to this heading">¶</a>', "Fees"),
        ('Fees <a class="anchor" href="#fees" aria-hidden="true">#</a>', "Fees"),
        ('<a href="fees.html#fees" class="permalink">§&nbsp;</a>Fees', "Fees"),
        ('<a id="fees" href="#fees"><svg><path d="M1 1"/></svg></a>Fees', "Fees"),
        ('<a class="header" href="#fees">Fees</a>', "Fees"),
        ('Fees<sup><a href="#note">[1]</a></sup>', "Fees[1]"),
        ('Fees in <a href="https://sharp.org">#</a>', "Fees in #"),
        ('Fees <a href="#fees"># ', "Fees #"),
    ],
)
def test_a_mark_that_links_to_its_own_place_is_no_word_of_a_heading(
    heading: str, words: str
) -> None:
    document = read_document("a.html", f"<h2>{heading}</h2><p>Nine euros.".encode())
    assert parts(document) == [("heading", words), ("text", "Nine euros.")]


@pytest.mark.parametrize(
    "bomb",
    [b"<!--" * 200_000, b"<a " * 300_000, b"<p " + b"a " * 300_000, b"<![CDATA[" * 100_000,
     b"</" * 200_000, b"<script>" * 100_000, b"<a b='" * 100_000, b"&" * 400_000],
    ids=lambda bomb: bomb[:9].decode(),
)  # fmt: skip
def test_a_page_that_never_ends_is_refused_in_bounded_time(bomb: bytes) -> None:
    assert refusal("a.html", bomb) in ("damaged", "empty", "too_large")


def test_deep_nesting_costs_its_length() -> None:
    document = read_document("a.html", b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000)
    assert parts(document) == [("text", "deep")]


def test_rows_of_a_table_keep_their_offsets_though_a_field_has_lines() -> None:
    text = 'sku;name\nA-1;"Desk\nlamp"\n\nB-2;Chair\n'
    document = read_document("a.csv", text.encode())
    assert (document.text, document.caption) == (text, "sku, name")
    assert parts(document) == [("row", 'A-1;"Desk\nlamp"'), ("row", "B-2;Chair")]


def test_a_field_without_an_end_is_a_damaged_table() -> None:
    assert refusal("a.csv", b'a,b\n1,"' + b"x" * 200_000) == "damaged"


def test_a_pdf_has_pages() -> None:
    document = read_document("a.pdf", pdf("Fees are nine euros.", "Returns within 30 days."))
    assert [(document.text[it.start : it.end], it.page) for it in document.blocks] == [
        ("Fees are nine euros.", 1),
        ("Returns within 30 days.", 2),
    ]


def test_what_is_no_pdf_or_half_of_one_is_damaged() -> None:
    whole = pdf("Fees " * 50)
    assert refusal("a.pdf", b"hello") == "damaged"
    assert refusal("a.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40) == "damaged"
    assert refusal("a.pdf", whole[:300]) in ("damaged", "empty")


def test_a_pdf_without_text_says_that_it_must_be_recognised() -> None:
    with pytest.raises(Unusable, match="OCR"):
        read_document("a.pdf", pdf(""))


def test_encodings_are_told_by_their_marks_and_guessed_with_a_note() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        document = read_document("a.txt", "Größe\r\nzwei".encode(encoding))
        assert (document.text, document.note) == ("Größe\nzwei", "")
    document = read_document("a.txt", "Größe".encode("cp1252"))
    assert (document.text, bool(document.note)) == ("Größe", True)


def test_what_is_no_text_or_not_what_it_claims_is_refused() -> None:
    assert refusal("a.txt", bytes(range(256)) * 10) == "binary"
    assert refusal("a.txt", b"\xff\xfe\x00\xd8\x00") == "encoding"
    assert refusal("a.md", b" \n \n") == "empty"
    assert refusal("a.docx", b"PK") == "damaged"
    assert refusal("a.doc", b"PK") == "unsupported"
