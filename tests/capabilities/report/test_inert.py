"""Markdown of anybody does nothing, as HTML and as Markdown, and takes no minute."""

from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.capabilities.report.inert import html_of
from batuta.capabilities.report.inert_markdown import escaped, markdown_of

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x) [y](file:///etc/passwd) [z](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example"onclick=alert(1))',
    "![i](https://evil.example/x.png)",
    "![i][r]\n\n[r]: https://evil.example/y.png",
    "[![i](https://evil.example/x.png)](https://evil.example)",
    "![i](data:image/svg+xml;base64,PHN2Zz4=)",
    '```"><script>alert(1)</script>\nx\n```',
    "| a |\n|--:|\n| <b onclick=x>1</b> |",
    "<!-- x --> <style>*{display:none}</style> <link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example><input name=a></form> <base href=//evil.example> <meta http-equiv=refresh>",
]
TAGS = {
    "p", "a", "span", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6", "hr",
    "br", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"href", "rel", "class", "start"}


class Seen(HTMLParser):
    """Tags, attributes and addresses of a page, as a browser would take them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def check_inert(html: str) -> None:
    seen = Seen(html)
    assert seen.tags <= TAGS
    assert seen.attributes <= ATTRIBUTES
    assert [
        link for link in seen.links if not link.startswith(("http://", "https://", "mailto:"))
    ] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_runs_loads_or_leads_elsewhere_unseen(text: str) -> None:
    check_inert(html_of(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_anew_is_as_inert_for_a_reader_that_allows_everything(text: str) -> None:
    from markdown_it import MarkdownIt

    careless = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    careless.validateLink = lambda url: True
    seen = Seen(careless.render(markdown_of(text)))
    assert seen.tags <= TAGS | {"h1", "h2"}
    assert [
        link for link in seen.links if not link.startswith(("http://", "https://", "mailto:"))
    ] == []


@given(
    st.text(alphabet=st.sampled_from(list("<>[]()!`*_~#|\\\"'&;:/-+=. \n1ajhtps")), max_size=200)
)
def test_no_text_makes_a_tag(text: str) -> None:
    check_inert(html_of(text))
    markdown_of(text)


@given(st.text(max_size=100))
def test_letters_that_are_written_down_are_read_as_they_were(text: str) -> None:
    from markdown_it import MarkdownIt

    line = " ".join(text.split())
    tokens = MarkdownIt("commonmark").parse(escaped(line, start=True))
    shown = "".join(one.content for token in tokens for one in token.children or [])
    assert shown == line.replace("\x00", "\ufffd")


def test_a_link_says_where_it_leads_unless_its_words_do() -> None:
    assert html_of("[the policy](https://example.org/a)") == (
        '<p><a href="https://example.org/a" rel="noopener noreferrer nofollow">the policy</a> '
        '<span class="where">(example.org)</span></p>\n'
    )
    assert "where" not in html_of("<https://example.org/a>")
    assert "(evil.example)" in html_of("[https://good.example](https://evil.example)")
    assert markdown_of("[https://good.example](https://evil.example)") == (
        "[https://good.example](<https://evil.example>) (evil.example)"
    )


def test_a_picture_is_its_words() -> None:
    assert (
        html_of("![a cat](https://evil.example/x.png)")
        == '<p><span class="img">[a cat]</span></p>\n'
    )
    assert markdown_of("![a cat](https://evil.example/x.png)") == "\\[a cat\\]"


def test_what_turns_writing_around_is_taken_out() -> None:
    assert html_of("abc\u202edef\u2066x") == "<p>abcdefx</p>\n"


def test_blocks_are_written_anew_as_they_were() -> None:
    text = "\n".join(
        [
            "# One", "", "a **b** *c* `d|e` ~~f~~", "", "- x", "  - y", "", "  z", "", "3. p", "4. q", "", "> r", "> s",
            "", "```python", "code <b>", "```", "", "| a | b |", "| --- | --: |", "| 1 | 2 |", "", "---",
        ]
    )  # fmt: skip
    assert markdown_of(text).splitlines() == [
        "### One", "", "a **b** *c* `d\\|e` ~~f~~", "", "- x", "", "  - y", "", "  z", "", "3. p", "4. q", "",
        "> r", "> s", "", "```", "code <b>", "```", "", "| a | b |", "| --- | --: |", "| 1 | 2 |", "", "---",
    ]  # fmt: skip


def test_what_is_nested_too_deep_is_shown_letter_by_letter() -> None:
    deep = "> " * 300 + "the end"
    assert "the end" in html_of(deep)
    assert "the end" in markdown_of(deep)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 25_000, "[a](" * 6_000, "*a_ " * 6_000, "![" * 12_000, "> " * 12_000, "- " * 12_000, "~~a " * 6_000,
        "[a]: x\n" * 3_500, "\\" * 25_000, "<a " * 8_000, "".join("`" * n + " " for n in range(220)),
    ],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_no_text_takes_a_minute(text: str) -> None:
    began = process_time()
    html_of(text)
    markdown_of(text)
    # A quarter of what one text may have.
    assert process_time() - began < 4.0
