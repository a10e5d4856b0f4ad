"""Reports as files: self-contained, inert, the same for the same call, and never half of one."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.report.built_in import CARDS, KIND, loads, report_capabilities
from batuta.capabilities.stored import cards_from_functions, read_cards
from batuta.capabilities.threads import Threads
from batuta.errors import CallFailed
from batuta.spec.call import Done, Failed
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law
from tests.capabilities.calls import call_with

ROWS = [{"topic": "refund", "n": 3, "cost": 1.5}, {"topic": "delivery | x", "n": 5, "cost": None}]
HOSTILE = "<script>alert(1)</script> ![x](https://evil.example/x.png) \"'><img src=x onerror=alert(1)> </title></style>"
REPORT: dict[str, Any] = {
    "title": "The desk",
    "subtitle": "Week 47",
    "sections": [
        {
            "heading": "In short",
            "text": "**Two** topics.",
            "facts": [
                {"label": "Tickets", "value": 1_284},
                {"label": "Open", "value": 4, "tone": "bad", "note": "of 8"},
            ],
            "chart": {"kind": "bar", "rows": ROWS, "x": "topic", "y": "n", "title": "By topic"},
            "table": {
                "rows": ROWS,
                "columns": ["topic", {"name": "cost", "title": "Cost (€)"}],
                "rows_max": 1,
            },
        },
        {
            "details": [
                {"title": "T-1", "quote": "Hi!!\n\n*where* is it", "text": "Dear Ann,", "facts": []}
            ]
        },
    ],
}


async def write(root: Path, **args: Any) -> Any:
    (one,) = report_capabilities(Folder(root), Threads())
    return await one(call_with({"path": "out/report.html", **REPORT, **args}))


async def page(root: Path, **args: Any) -> str:
    done = await write(root, **args)
    assert isinstance(done, Done), done
    return (root / done.value["path"]).read_text(encoding="utf-8")


def test_the_stored_card_is_that_of_the_function() -> None:
    assert read_cards(CARDS) == cards_from_functions(loads(Folder(Path())), KIND)


@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
async def test_it_obeys_the_laws_of_capabilities(law: Law, tmp_path: Path) -> None:
    (one,) = report_capabilities(Folder(tmp_path), Threads())
    bad = ({"path": 1}, {"path": "out/a.html", "title": "x", "sections": [{"headin": "x"}]})
    await law(CapabilityWorld(one, {"path": "out/a.html", **REPORT}, bad))


async def test_the_reference_is_that_of_the_file(tmp_path: Path) -> None:
    done = await write(tmp_path)
    content = (tmp_path / "out/report.html").read_bytes()
    assert done == Done(
        {
            "path": "out/report.html",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    )
    assert await write(tmp_path) == done


class Page(HTMLParser):
    """What a browser would load and run, and the text that it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


async def test_a_page_loads_runs_and_sends_nothing_whatever_is_in_it(tmp_path: Path) -> None:
    row = {HOSTILE: HOSTILE, "x": HOSTILE, "n": 1}
    hostile = {
        "heading": HOSTILE,
        "text": HOSTILE,
        "quote": HOSTILE,
        "facts": [{"label": HOSTILE, "value": HOSTILE, "note": HOSTILE}],
        "chart": {
            "kind": "bar", "rows": [row], "x": "x", "y": "n", "title": HOSTILE, "caption": HOSTILE, "unit": "</svg>",
        },
        "table": {"rows": [row], "caption": HOSTILE},
        "details": [{"title": HOSTILE, "text": HOSTILE, "quote": HOSTILE, "table": {"rows": [row]}}],
    }  # fmt: skip
    text = await page(tmp_path, title=HOSTILE, subtitle=HOSTILE, sections=[hostile])
    found = Page(text)
    assert not set(found.tags) & {
        "script",
        "img",
        "iframe",
        "link",
        "object",
        "embed",
        "form",
        "base",
        "image",
        "use",
    }
    assert not [
        name
        for name in found.attributes
        if name.startswith("on") or name in ("src", "style", "srcset")
    ]
    assert found.attributes.get("href", []) == []
    assert (found.tags.count("style"), found.tags.count("title")) == (
        1,
        1 + text.count("<svg ") + text.count("<g "),
    )
    assert "alert(1)" in "".join(found.words)


async def test_the_policy_of_the_page_allows_its_own_styles_and_nothing_else(
    tmp_path: Path,
) -> None:
    text = await page(tmp_path)
    policy = Page(text).attributes["content"][0]
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        policy
        == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?:", style)


async def test_a_page_has_light_and_dark_colours_words_for_its_charts_and_a_language(
    tmp_path: Path,
) -> None:
    text = await page(tmp_path, language="de")
    assert "prefers-color-scheme:dark" in text
    assert '<html lang="de">' in text
    assert "By topic: 2 bars from 0 to 5" in text
    assert "<summary>The numbers</summary>" in text
    assert "Run r1, step step" in text


async def test_tables_show_the_columns_that_were_asked_for_and_say_what_is_left_out(
    tmp_path: Path,
) -> None:
    text = await page(tmp_path)
    assert '<th scope="col">topic</th><th scope="col" class="r">Cost (€)</th>' in text
    assert '<td>refund</td><td class="r">1.5</td>' in text
    assert "and 1 more" in text


async def test_the_same_report_is_markdown_by_its_ending(tmp_path: Path) -> None:
    assert (await page(tmp_path, path="out/report.md")).splitlines() == [
        "# The desk", "", "Week 47", "", "## In short", "", "**Two** topics.", "",
        "- Tickets: **1,284**", "- Open: **4** (of 8)", "",
        "**By topic**", "",
        "| topic | n |  |", "| --- | --: | --- |",
        "| refund | 3 | ██████████████ |", "| delivery \\| x | 5 | ████████████████████████ |", "",
        "| topic | Cost (€) |", "| --- | --: |", "| refund | 1.5 |", "", "and 1 more", "",
        "### T-1", "", "> Hi\\!\\!  ", ">", "> \\*where\\* is it  ", "", "Dear Ann,", "",
        "---", "", "*Run r1, step step*",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"path": "out/report.pdf"}, "unsupported"),
        ({"path": "report.html"}, "forbidden"),
        ({"path": "out/../../report.html"}, "forbidden"),
        ({"sections": [{"text": "x" * 100_001}]}, "invalid"),
        ({"sections": [{"text": "x" * 100_000}] * 11}, "too_large"),
        ({"sections": [{"table": {"rows": [{str(n): n for n in range(100)}]}}]}, "too_large"),
        ({"sections": [{"chart": {"kind": "pie", "rows": [], "x": "a"}}]}, "invalid"),
        (
            {"sections": [{"chart": {"kind": "bar", "rows": [{"a": "x"}], "x": "a", "y": "a"}}]},
            "invalid",
        ),
        ({"language": '"><script>'}, "invalid"),
    ],
)
async def test_what_cannot_be_shown_leaves_no_file(
    tmp_path: Path, args: dict[str, Any], code: str
) -> None:
    try:
        outcome = await write(tmp_path, **args)
    except CallFailed as error:
        outcome = error
    assert isinstance(outcome, Failed | CallFailed)
    assert (outcome.code, left_in(tmp_path)) == (code, [])


def left_in(root: Path) -> list[Path]:
    return list(root.rglob("*"))


async def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    empty = [
        {"table": {"rows": []}, "chart": {"kind": "line", "rows": [], "x": "a", "title": "By day"}},
        {},
    ]
    text = await page(tmp_path, sections=empty)
    assert "There are no rows." in text
    assert "By day: there is nothing to show." in text
