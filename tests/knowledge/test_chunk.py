"""Documents cut along their structure."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from batuta.knowledge.chunk import CHUNK_CHARS, CHUNK_CHARS_MAX, chunks_of
from batuta.knowledge.document import Document
from batuta.knowledge.formats.reading import read_document
from tests.knowledge.pages import pdf


def cut(name: str, text: str) -> list[tuple[str, str]]:
    document = read_document(name, text.encode())
    return [(one.heading, document.text[one.start : one.end]) for one in chunks_of(document)]


def test_a_section_is_a_chunk_with_the_headings_above_it() -> None:
    assert cut("a.md", "# Shop\n\n## Fees\n\nNine.\n\nTen.\n\n## Returns\n\n30 days.\n") == [
        ("Shop > Fees", "# Shop\n\n## Fees\n\nNine.\n\nTen."),
        ("Shop > Returns", "## Returns\n\n30 days."),
    ]


def test_a_long_section_is_cut_between_paragraphs() -> None:
    one, two, three = ("a " * 199 + "b", "c " * 199 + "d", "e " * 199 + "f")
    found = [text for _, text in cut("a.txt", f"{one}\n\n{two}\n\n{three}")]
    assert (found, len(found[0]) <= CHUNK_CHARS) == ([f"{one}\n\n{two}", three], True)


def test_a_chunk_stays_on_its_page() -> None:
    document = read_document("a.pdf", pdf("One.", "Two."))
    assert [(one.page, document.text[one.start : one.end]) for one in chunks_of(document)] == [
        (1, "One."),
        (2, "Two."),
    ]


def test_rows_stand_under_the_names_of_their_columns() -> None:
    rows = "".join(f"A-{at},{'lamp ' * 20}\n" for at in range(10))
    found = cut("a.csv", "sku,name\n" + rows)
    assert ({heading for heading, _ in found}, len(found)) == ({"sku, name"}, 5)


def marked_up(pieces: list[str]) -> Document:
    return read_document("a.md", ("Start.\n\n" + "\n\n".join(pieces)).encode())


@given(
    st.lists(
        st.one_of(
            st.text(alphabet="aé. \n", max_size=3_000),
            st.sampled_from(["# One", "## Two", "### Three", "```\ncode\n```", "x" * 5_000]),
        ),
        max_size=12,
    ).map(marked_up)
)
def test_chunks_are_in_order_bounded_and_leave_nothing_out(document: Document) -> None:
    found = list(chunks_of(document))
    spans = [(one.start, one.end) for one in found]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(0 < end - start <= CHUNK_CHARS_MAX for start, end in spans)
    kept = "".join("".join(document.text[start:end].split()) for start, end in spans)
    assert kept == "".join(
        "".join(document.text[it.start : it.end].split()) for it in document.blocks
    )


def test_a_text_without_any_gap_is_cut_all_the_same() -> None:
    text = "x" * 1_000_000
    pieces = [text for _, text in cut("a.txt", text)]
    assert ("".join(pieces) == text, max(map(len, pieces)) <= CHUNK_CHARS_MAX) == (True, True)
