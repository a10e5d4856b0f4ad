"""Every page, its forms, and what becomes of wrong input."""

import json
import re
from pathlib import Path

import pytest

from batuta.testing.providers import Answer, Providers
from tests.doors.console.conftest import Browser, browsing

PAGES = [
    "/",
    "/runs",
    "/inbox",
    "/plans",
    "/plans/refund",
    "/capabilities",
    "/capabilities/pay",
    "/knowledge",
    "/knowledge/handbook",
    "/monitor",
    "/settings",
]


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_whole_small_and_loads_nothing_from_elsewhere(
    browser: Browser, address: str
) -> None:
    page = await browser.get(address)
    assert page.status_code == 200
    assert len(page.content) < 60_000
    assert set(re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.text)) == set()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    # A policy without 'unsafe-inline' makes these do nothing, so there may be none.
    assert re.search(r"<style|<script>|\sstyle=|\son[a-z]+=", page.text) is None


async def test_what_pages_load_is_there_and_all_of_it_is_light(browser: Browser) -> None:
    page = await browser.get("/")
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert len(loaded) == 6
    answers = [await browser.get(one) for one in sorted(loaded)]
    assert sum(len(one.content) for one in answers) + len(page.content) < 150_000
    assert sum(int(one.headers["content-length"]) for one in answers) < 40_000
    for address, one in zip(sorted(loaded), answers, strict=True):
        # The address says what stands there: a browser keeps it, and asks for the next one by another address.
        assert "immutable" in one.headers["cache-control"]
        again = {"If-None-Match": one.headers["etag"]}
        same = await browser.client.get(address.partition("?")[0], headers=again)
        assert (same.status_code, same.headers["cache-control"]) == (304, "no-cache")
        plain = await browser.client.get(address, headers={"Accept-Encoding": "identity"})
        assert plain.content == one.content and "content-encoding" not in plain.headers


async def test_words_become_a_plan_that_is_shown_and_runs_only_when_told_to(
    browser: Browser,
) -> None:
    shown = await browser.send("/ask", words="refund order A-17 with 20 euros")
    assert shown.status_code == 200
    for words in ("refund", "A-17", 'value="20', "pay", "asks", "at worst", "longest chain"):
        assert words in shown.text
    assert await browser.app.runs() == []
    run = await browser.begun(order="A-17", amount="20", way="cash")
    page = await browser.get(f"/runs/{run}")
    assert "Refund A-17?" in page.text and "waiting" in page.text
    inbox = await browser.get("/inbox")
    assert "Refund A-17?" in inbox.text
    answered = await browser.send(f"/runs/{run}/answer", _step="approve", _value="approve")
    assert answered.status_code == 303
    assert (await browser.app.resume(run))["result"] == "paid 20.0 cash"
    page = await browser.get(f"/runs/{run}?step=pay")
    assert "paid 20.0 cash" in page.text and "succeeded" in page.text and "What it got" in page.text
    assert "Nothing waits for anybody" in (await browser.get("/inbox")).text
    facts = await browser.get(f"/runs/{run}/facts")
    assert "answered" in facts.text and "approved" in facts.text


async def test_what_does_not_fit_is_said_at_its_field_and_nothing_runs(browser: Browser) -> None:
    digest = browser.plan_digest
    missing = await browser.send(
        "/ask/run", _words="", _plan="refund", _digest=digest, order="", amount="a lot"
    )
    assert missing.status_code == 422
    assert "this is needed" in missing.text and "a number" in missing.text
    negative = await browser.send(
        "/ask/run", _words="", _plan="refund", _digest=digest, order="A", amount="-1"
    )
    assert negative.status_code == 422 and "-1" in negative.text
    assert await browser.app.runs() == []


async def test_another_plan_than_the_one_that_was_seen_does_not_run(browser: Browser) -> None:
    sent = await browser.send(
        "/ask/run", _words="", _plan="refund", _digest="0" * 64, order="A", amount="1"
    )
    assert sent.status_code == 422 and "another plan than the one you have seen" in sent.text
    assert await browser.app.runs() == []


async def test_a_plan_is_edited_in_place_checked_and_kept(browser: Browser) -> None:
    wrong = await browser.send(
        "/ask/edit", _words="", _plan="refund", _text="name: refund\nsteps: {a: {use: nothing}}\n"
    )
    assert wrong.status_code == 422 and "nothing" in wrong.text and "flaw" in wrong.text
    text = "name: mine\nsteps: {a: {use: value, with: {value: 1}}}\nresult: ${steps.a}\n"
    right = await browser.send("/ask/edit", _words="", _plan="refund", _text=text)
    assert right.status_code == 200 and "edited by hand" in right.text
    whole = await browser.send(
        "/ask/edit", _words="", _plan="refund", _use="whole", _whole=text, order="A-17"
    )
    assert "edited by hand" in whole.text
    kept = await browser.send("/ask/save", _words="", _plan="refund", _text=text, _name="mine")
    assert (kept.status_code, kept.headers["location"]) == (303, "/plans/mine")
    assert (await browser.get("/plans/mine")).status_code == 200
    again = await browser.send("/ask/save", _words="", _plan="refund", _text=text, _name="mine")
    assert again.status_code == 422 and "mine" in again.text


async def test_a_look_an_edit_and_a_yes_ask_the_model_that_drafts_once(folder: Path) -> None:
    nothing = Answer(json.dumps({"name": "nothing", "steps": []}))
    with Providers([nothing]) as providers:
        model = f"provider: openai-compatible, url: '{providers.url()}', model: m, prices: free"
        path = folder / "batuta.yaml"
        more = f"models: {{strong: {{{model}}}}}\nplanning: {{model: strong}}\n"
        path.write_text(path.read_text("utf-8") + more, "utf-8")
        async with browsing(folder) as browser:
            words = "pay an amount of 20 dollars"
            shown = await browser.send("/ask", words=words)
            text = "name: pay-it\ninputs: {amount: number}\nsteps:\n"
            text += "  pay: {use: pay, with: {amount: '${inputs.amount}'}}\nresult: ${steps.pay}\n"
            for _ in range(2):
                shown = await browser.send("/ask/edit", _words=words, _use="", _whole=text)
                assert shown.status_code == 200 and "pay-it" in shown.text
            digest = re.findall('name="~digest" value="([^"]+)"', shown.text)[0]
            form = {"_words": words, "_digest": digest, "_text": text, "amount": "20"}
            assert (await browser.send("/ask/run", **form)).status_code == 303
        assert len(providers.requests) == 1


async def test_a_capability_is_tried_as_a_run_like_any_other(browser: Browser) -> None:
    wrong = await browser.send("/capabilities/pay", amount="much")
    assert wrong.status_code == 422 and "a number" in wrong.text
    sent = await browser.send("/capabilities/pay", amount="3", note="")
    run = sent.headers["location"].rpartition("/")[2]
    assert (await browser.app.resume(run))["result"] == "paid 3.0 "
    assert "1</b><span>calls" in (await browser.get("/capabilities/pay")).text


async def test_a_run_is_cancelled_from_its_page(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    assert (await browser.send(f"/runs/{run}/cancel")).status_code == 303
    assert (await browser.app.resume(run))["status"] == "cancelled"
    assert "Cancelled" in (await browser.get(f"/runs/{run}")).text


async def test_lists_are_narrowed_by_state_and_plan(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    assert run in (await browser.get("/runs?status=waiting&plan=refund")).text
    assert run not in (await browser.get("/runs?status=failed")).text
    assert run not in (await browser.get("/runs/list?plan=other")).text


@pytest.mark.parametrize(
    "address",
    [
        "/runs/nothing",
        "/plans/nothing",
        "/capabilities/nothing",
        "/runs/nothing/steps?path=a",
        "/runs/nothing/facts",
    ],
)
async def test_what_is_not_there_is_a_page_that_says_so(browser: Browser, address: str) -> None:
    page = await browser.get(address)
    assert page.status_code == 404
    assert "Not found" in page.text and "nothing" in page.text and "Traceback" not in page.text


@pytest.mark.parametrize(
    ("method", "address", "status", "words"),
    [
        ("GET", "/nowhere", 404, "nothing at this address"),
        ("POST", "/runs", 405, "no such method"),
        ("GET", "/plans/refund?every=what", 400, "query.every"),
        ("GET", "/runs/x/steps", 400, "query.path"),
    ],
)
async def test_what_no_page_answers_is_a_page_too_for_a_browser(
    browser: Browser, method: str, address: str, status: int, words: str
) -> None:
    page = await browser.client.request(method, address)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in page.text and "Back to the beginning" in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]
    for accept, path in (("application/json", address), ("text/html", f"/api/v1/none{address}")):
        other = await browser.client.request(method, path, headers={"Accept": accept})
        assert other.headers["content-type"] == "application/problem+json"


async def test_what_is_too_large_is_a_page_for_a_browser_before_it_is_read(
    browser: Browser,
) -> None:
    page = await browser.client.post("/ask", content=b"words=" + b"x" * 2_000_000)
    assert (page.status_code, page.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "That is too large" in page.text and "send less" in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]
    kept = {"x-content-type-options": "nosniff", "connection": "close", "cache-control": "no-store"}
    assert kept.items() <= dict(page.headers).items()
    assert page.headers.get_list("content-length") == [str(len(page.content))]


async def test_the_page_of_another_site_can_send_nothing(browser: Browser) -> None:
    sent = await browser.client.post(
        "/ask", data={"words": "refund"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert sent.status_code == 403


async def test_an_answer_that_does_not_fit_leaves_the_question_open(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    sent = await browser.send(f"/runs/{run}/answer", _step="approve", _value="")
    assert sent.status_code == 422 and "say yes or no" in sent.text
    assert (await browser.app.show(run))["status"] == "waiting"
    gone = await browser.send(f"/runs/{run}/answer", _step="pay", _value="approve")
    assert gone.status_code == 422 and "asks nothing" in gone.text


async def test_a_document_is_taken_in_found_and_taken_out(browser: Browser) -> None:
    text = b"# Returns\n\nA parcel can be sent back within thirty days. <script>alert(1)</script>\n"
    sent = await browser.client.post(
        "/knowledge/handbook", data={"folder": "handbook"}, files={"document": ("returns.md", text)}
    )
    assert sent.status_code == 303
    found = await browser.get("/knowledge/handbook?q=How long can I send a parcel back?")
    assert "thirty days" in found.text and "returns.md" in found.text
    assert "<script>alert" not in found.text
    wrong = await browser.client.post(
        "/knowledge/handbook", data={"folder": "../.."}, files={"document": ("returns.md", text)}
    )
    assert wrong.status_code == 422 and "no name for a document" in wrong.text
    await browser.send("/knowledge/handbook", delete="handbook/returns.md")
    assert not (browser.folder / "handbook" / "returns.md").exists()
    assert "Nothing in it" in (await browser.get("/knowledge/handbook?q=parcel")).text


async def test_a_run_is_done_again_from_a_step_on(browser: Browser) -> None:
    run = await browser.begun(order="A", amount="1")
    await browser.send(f"/runs/{run}/answer", _step="approve", _value="approve")
    await browser.app.resume(run)
    assert "Run again from here" in (await browser.get(f"/runs/{run}/steps?path=pay")).text
    again = await browser.send(f"/runs/{run}/fork", _at="pay")
    other = again.headers["location"].rpartition("/")[2]
    await browser.app.resume(other)
    page = await browser.get(f"/runs/{other}")
    # The money was paid once already.
    assert "forked from" in page.text and "waiting" in page.text
    nowhere = await browser.send(f"/runs/{run}/fork", _at="nothing")
    assert nowhere.status_code == 404 and "nothing" in nowhere.text
