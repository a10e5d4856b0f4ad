"""Words of strangers outside of runs: why all was stopped, names of keys and files, cards, what a run was told."""

from pathlib import Path
from typing import Any

import pytest

from batuta.doors.console.live_run import _said
from batuta.doors.console.look import rendered
from batuta.doors.console.news import Spoken
from batuta.plans.build import plan_from_yaml
from tests.doors.console.conftest import TOOLS, Browser
from tests.doors.console.payloads import PAYLOADS
from tests.doors.console.test_inert import Shape

CITED = """
name: cited
inputs: {words: string}
steps: {said: {use: value, with: {value: "${inputs.words}"}}}
result:
  answer: ${steps.said}
  citations: [{source: "${inputs.words}", page: "${inputs.words}", text: "${inputs.words}"}, "${inputs.words}"]
"""
_HARMLESS = "some <words>"


def same(harmless: str, text: str, what: str) -> None:
    """`text` has no tag that `harmless` lacks, and leads nowhere else."""
    shape = Shape(text)
    assert shape.tags - Shape(harmless).tags == set(), what
    assert [one for one in shape.addresses if not one.startswith(("/", "#", "?"))] == [], what


async def test_why_everything_was_stopped_and_by_whom(browser: Browser) -> None:
    async def pages(words: str) -> str:
        browser.app.switch.throw(words, words, 0.0)
        texts = [(await browser.get(one)).text for one in ("/settings", "/inbox")]
        refused = await browser.send("/capabilities/pay", amount="3")
        assert refused.status_code == 422
        return "".join([*texts, refused.text])

    harmless = await pages(_HARMLESS)
    for payload in PAYLOADS:
        same(harmless, await pages(payload), payload)


async def test_the_names_of_keys(browser: Browser) -> None:
    await browser.client.post("/settings/keys", data={"name": "me", "scopes": "admin", "days": "1"})
    harmless = (await browser.get("/settings")).text
    keys, now = browser.server.state.access.keys, browser.app.engine.clock.now()
    for payload in PAYLOADS:
        if payload.isprintable() and len(payload) <= 100:  # else it is no name at all
            keys.add(payload, ("read",), now)
    page = (await browser.get("/settings")).text
    assert len(keys.all()) > 40 and page.count("<tr>") > 40
    same(harmless, page, "names of keys")


async def test_the_names_and_the_words_of_documents(browser: Browser) -> None:
    async def upload(name: str, text: str) -> str:
        files = {"document": (f"{name}.md", text.encode())}
        sent = await browser.client.post(
            "/knowledge/handbook", data={"folder": "handbook"}, files=files
        )
        return sent.text

    await upload("some", f"# some\n\nparcel {_HARMLESS}\n")
    where = "/knowledge/handbook?q=parcel"
    harmless = (await browser.get(where)).text + await upload("..", "no name")
    for some in range(0, len(PAYLOADS), 4):
        words = " ".join(PAYLOADS[some : some + 4])
        name = "".join(char for char in words if char.isprintable() and char not in "/\\:")[:150]
        answered = await upload(name, f"# {words}\n\nparcel {words}\n")
        same(harmless, answered + (await browser.get(where)).text, words)
    assert len(list((browser.folder / "handbook").iterdir())) > 10


async def test_what_an_answer_rests_upon(browser: Browser) -> None:
    plan = plan_from_yaml(CITED).plan

    async def page(words: str) -> str:
        run = await browser.app.run(plan, {"words": words})
        return (await browser.get(f"/runs/{run['run']}")).text

    harmless = await page(_HARMLESS)
    assert "What it rests upon" in harmless
    for some in range(0, len(PAYLOADS), 10):
        words = " ".join(PAYLOADS[some : some + 10])
        same(harmless, await page(words), words)


async def test_what_a_run_was_told_and_what_a_model_says_meanwhile(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    document = await browser.app.show(run)

    def head(words: str) -> str:
        told: dict[str, Any] = {"who": words, "words": words, "inputs": {words: words}}
        doc = document | {
            "told": told,
            "replanned": {"by": None, "why": words},
            "words": words,
            "routed": {},
        }
        parts = rendered("run_head.html", doc=doc, took="1 s", planned_words=words, oob=True)
        spoken = [Spoken(words, words, begins) for begins in (True, False)]
        return parts + "".join(map(_said, spoken))

    for payload in PAYLOADS:
        same(head(_HARMLESS), head(payload), payload)


@pytest.fixture
def folder(folder: Path) -> Path:
    """A workspace whose own words, those of its modules and of its plans are payloads."""
    words = " ".join(PAYLOADS).replace("\x00", "").replace("${", "$")
    (folder / "tools.py").write_text(
        TOOLS
        + f"\n@capability(effect='pure', reach='local')\ndef odd(text: str = {words!r}) -> str:\n"
        + f"    {words[:900]!r}\n    return text\n",
        encoding="utf-8",
    )
    (folder / "plans" / "<img src=x onerror=alert(1)>.yaml").write_text(
        f"name: x\nsteps: {{a: {{use: {PAYLOADS[0]!r}}}}}\n", encoding="utf-8"
    )
    return folder


async def test_cards_and_plans_with_flaws(browser: Browser) -> None:
    for address in ("/capabilities", "/capabilities/odd", "/plans"):
        page = await browser.get(address)
        assert page.status_code == 200 and "onerror=alert" in page.text, address
        shape = Shape(page.text)
        strange = [one for one in shape.addresses if not one.startswith(("/", "#", "?"))]
        assert strange == [], address
        inside = [
            (tag, names) for tag, names in shape.tags if any(n.startswith("on") for n in names)
        ]
        assert inside == [], address
        assert page.text.count("<script") == 3 and "<img" not in page.text, address
