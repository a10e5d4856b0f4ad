"""Words of models, tools and strangers are text on every page, whatever stands in them."""

from html import escape
from html.parser import HTMLParser
from typing import Any

from batuta.plans.build import plan_from_yaml
from tests.doors.console.conftest import Browser
from tests.doors.console.payloads import PAYLOADS

# Whatever is shown of a run: its words, inputs, question, what is looked at, options, note, result, and a failure.
PLAN = """
name: echo
description: WORDS
inputs: {words: string}
steps:
  ask:
    use: human
    with:
      question: ${inputs.words}
      show: {"WORDS": "${inputs.words}"}
      schema: {type: object, properties: {choice: {enum: [WORDS, b], description: WORDS}}, required: [choice]}
  said: {use: value, with: {value: "${steps.ask.choice}"}}
  fails: {use: check, with: {value: "${inputs.words}", schema: {type: integer}}}
result: ${steps.said}
"""


_ADDRESSES = frozenset(
    {"href", "src", "action", "hx-get", "hx-post", "sse-connect", "data", "srcdoc"}
)


# What a drawing is painted with. How many marks there are, and which, depends on the time that a run took.
_MARKS = frozenset({"rect", "path", "circle", "text"})
_OF_MARKS = frozenset(
    "x y width height rx cx cy r d transform text-anchor class".split(),
)


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and where the page leads.

    Marks of a drawing are left out as long as they have nothing but a place, a size and a class.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        if tag not in _MARKS or not _OF_MARKS.issuperset(names):
            self.tags.add((tag, names))
        self.addresses += [value or "" for name, value in attrs if name in _ADDRESSES]


async def test_markup_in_any_field_is_text(browser: Browser) -> None:
    assert len(PAYLOADS) >= 80
    usual = (await shown(browser, "some words <")).tags
    for some in range(0, len(PAYLOADS), 10):
        payloads = PAYLOADS[some : some + 10]
        shape = await shown(browser, " ".join([*payloads, "some words"]))
        assert shape.tags - usual == set(), payloads
        assert [one for one in shape.addresses if not one.startswith(("/", "#"))] == [], payloads


async def shown(browser: Browser, words: str) -> Shape:
    """Every page and patch that shows a run in which `words` stand wherever words can, as one."""
    words = words.replace("${", "$")  # which a plan would take for an expression
    plan = _filled(plan_from_yaml(PLAN).plan, words)
    run = await browser.app.start(plan, {"words": words})
    await browser.app.resume(run)
    pages = [f"/runs/{run}", "/inbox", f"/runs/{run}/steps?path=ask", f"/runs/{run}/facts"]
    texts = [(await browser.get(page)).text for page in pages]
    assert escape("some words") in texts[0]
    sent = await browser.send(f"/runs/{run}/answer", _step="ask", choice=words)
    assert sent.status_code == 303, sent.text
    await browser.app.resume(run)
    pages = [f"/runs/{run}?step=fails", f"/runs/{run}/live?after=0"]
    texts += [(await browser.get(page)).text for page in pages]
    # What is asked for comes back with the words in its field.
    texts.append((await browser.send("/ask", words=words, plan="nothing")).text)
    # A step that is edited where it stands comes back with them, and with what is wrong with them.
    plan_of_desk = {"_words": "", "_plan": "refund"}
    texts.append((await browser.send("/ask/edit", _at="pay", _part=words, **plan_of_desk)).text)
    # And so does a name for a key that is none.
    named = {"name": words * 2, "scopes": "admin", "days": words}
    texts.append((await browser.send("/settings/keys", **named)).text)
    return Shape("".join(texts))


def _filled(plan: Any, words: str) -> Any:
    import msgspec

    from batuta.spec.plan import Plan

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("WORDS", words)
        if isinstance(value, dict):
            return {put(key): put(one) for key, one in value.items()}
        return [put(one) for one in value] if isinstance(value, list) else value

    return msgspec.convert(put(msgspec.to_builtins(plan)), Plan)
