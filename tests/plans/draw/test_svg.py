"""The documents: well-formed, self-contained, harmless, every word inside its box."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta.plans.draw import plan_svg
from batuta.plans.draw.paint.boxes import FULL, SMALL, size_of
from batuta.plans.draw.paint.text import mono_width, width_of
from batuta.plans.draw.picture import Box
from batuta.plans.draw.svg import svg_of
from batuta.spec.plan import Step, Undo
from tests.plans.draw.examples import boxes, explanation, picture, random_edges

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).with_name("small.svg")
SIZES = {
    "h1": 20,
    "h2": 14,
    "d": 13,
    "n": 13.5,
    "ns": 12,
    "u": 11,
    "us": 10,
    "t": 11.5,
    "ts": 10.5,
    "x": 10.5,
}
HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "]]><x>&amp;&#0;",
    "\x00\x1b[31mred\x07\u202eevil\u2066",
    "\ud800 lone",
    "x" * 1_000_000,
    "名前" * 200,
    "a\nb\tc\r\nd",
]  # fmt: skip


def small() -> str:
    return plan_svg(
        explanation(
            {"fetch": [], "sort": ["fetch"], "tell": ["fetch", "sort"]},
            sort=Step(
                "rank",
                {"rows": "${steps.fetch}"},
                each="inputs.rows",
                undo=Undo("forget"),
                at_most=50,
            ),
        )
    )


def groups(root: ET.Element) -> Iterator[ET.Element]:
    return (group for group in root.iter(f"{SVG}g") if group.get("role") == "group")


def extent(text: ET.Element) -> tuple[float, float]:
    """From where to where the words of an element go, at most."""
    words, x = text.text or "", float(text.get("x", "0"))
    classes = (text.get("class") or "").split()
    size = next(SIZES[name] for name in classes if name in SIZES)
    width = (
        mono_width(words, size)
        if "m" in classes
        else width_of(words, size, bold=bool({"n", "ns", "h1", "h2"} & set(classes)))
    )
    if text.get("text-anchor") == "end":
        return x - width, x
    return (x - width / 2, x + width / 2) if text.get("text-anchor") == "middle" else (x, x + width)


def outside(document: str) -> list[str]:
    """Words that leave their box."""
    found: list[str] = []
    for group in groups(ET.fromstring(document)):
        frames = [
            rect for rect in group.iter(f"{SVG}rect") if "box" in (rect.get("class") or "").split()
        ]
        if not frames:
            continue
        frame = frames[0]
        left, top = float(frame.get("x", "0")), float(frame.get("y", "0"))
        right, bottom = left + float(frame.get("width", "0")), top + float(frame.get("height", "0"))
        for text in group.iter(f"{SVG}text"):
            begin, end = extent(text)
            base = float(text.get("y", "0"))
            if begin < left - 0.2 or end > right + 0.2 or not top < base < bottom:
                found.append(text.text or "")
    return found


def test_a_small_plan_is_drawn_as_it_always_was() -> None:
    """`python -m tests.plans.draw.test_svg` draws it anew; look at it before it is committed."""
    assert small() == GOLDEN.read_text(encoding="utf-8")


def test_a_document_is_of_its_own_light_and_dark_and_says_what_it_shows() -> None:
    document = small()
    root = ET.fromstring(document)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:3] == [f"{SVG}title", f"{SVG}desc", f"{SVG}style"]
    assert "@media (prefers-color-scheme:dark)" in document
    assert (
        re.findall(r"<script|<image|<use|<foreignObject|href=|url\(|@import|on\w+=", document) == []
    )
    assert re.findall(r"https?://[^\"]*", document) == ["http://www.w3.org/2000/svg"]
    said = root.findtext(f"{SVG}desc") or ""
    assert "sort: calls rank, which reads; each ≤ 50; waits for fetch" in said
    labels = [group.get("aria-label") for group in groups(root)]
    assert len(labels) == 3
    assert all(label and label in said for label in labels)


def test_what_a_box_says_is_in_it() -> None:
    words = {text.text for text in ET.fromstring(small()).iter(f"{SVG}text")}
    assert {
        "fetch",
        "sort",
        "tell",
        "rank",
        "each ≤ 50",
        "$0.001 · 1.2 s",
        "asks a person",
        "can be undone",
    } <= words


@pytest.mark.parametrize("measures", [FULL, SMALL], ids=["full", "small"])
@pytest.mark.parametrize(
    "name", ["a", "a_name_of_a_step_that_has_sixty_four_letters_and_not_one_less_ok"]
)
def test_every_word_is_inside_its_box(name: str, measures: object) -> None:
    loud = Box(
        name=name, use="some.capability.with_a_long_name." + name, effect="irreversible", stack="each",
        times="each 1,234 of 10,000", when="inputs.kind == 'express' && steps.a.b.c.d.e.f.g > 1000000",
        time="2 min 10 s", cost="≤ $1,234.56", state="in doubt", asks=True, undo="u", critical=True, denied="no",
        may_fail=True,
    )  # fmt: skip
    count = 3 if measures is FULL else 70
    document = svg_of(picture([loud, *boxes(count)], [(0, 1), (0, 2)]))
    assert outside(document) == []


@pytest.mark.parametrize("count", [1, 3, 30, 61, 300])
def test_documents_of_any_size_are_well_formed_with_all_words_inside(count: int) -> None:
    document = svg_of(picture(boxes(count), random_edges(count, 2, 20, seed=2)))
    assert outside(document) == []
    assert len(list(groups(ET.fromstring(document)))) == count


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_names_of_strangers_are_inert_and_bounded(text: str) -> None:
    box = Box(
        name=text, use=text, times=text, when=text, time=text, cost=text, undo=text, denied=text, says=text,
        stack="each", effect="write",
    )  # fmt: skip
    document = svg_of(
        picture([box, *boxes(2)], [(0, 1)], title=text, description=text, summary=text)
    )
    root = ET.fromstring(document)
    document.encode("utf-8")
    assert len(document) < 40_000
    assert outside(document) == []
    assert {element.tag for element in root.iter()} <= {
        SVG + name for name in "svg title desc style rect path circle text g".split()
    }
    assert {name for element in root.iter() for name in element.attrib} <= set(
        "class role width height viewBox aria-labelledby aria-describedby aria-label id x y rx cx cy r d"
        " transform text-anchor".split()
    )
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", document) is None


def test_a_picture_is_painted_alike_every_time() -> None:
    drawn = [svg_of(picture(boxes(120), random_edges(120, 3, 30, seed=4))) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_a_plan_without_steps_is_a_document_too() -> None:
    assert ET.fromstring(svg_of(picture([], []))).tag == f"{SVG}svg"


def test_boxes_have_a_least_and_a_most_width() -> None:
    narrow, wide = (size_of(Box(name=name, use="u"), FULL)[0] for name in ("a", "m" * 64))
    assert (narrow, wide) == (FULL.width_min, FULL.width_max)


if __name__ == "__main__":
    GOLDEN.write_text(small(), encoding="utf-8")
