"""Traces in a collector that is really there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta.app import App
from batuta.plans.build import plan_from_yaml
from batuta.testing.collector import Collector, Reply, Taken, spans_in

SECRET = "sk-planted-7f3a9c"
PLAN = """
name: order
inputs: {items: list, note: string}
steps:
  price: {use: price, each: "${inputs.items}", with: {item: "${item}"}}
  ask: {use: human, with: {question: "Buy for ${inputs.note}?"}}
  pay: {use: pay, when: steps.ask.approved, with: {note: "${inputs.note}"}, retry: {at_most: 2, backoff: 0.001}}
result: "${steps.pay}"
"""
TOOLS = '''
from batuta.capabilities.function import capability
from batuta.errors import NotDone

CALLS = []


@capability(effect="read", reach="local")
def price(item: str) -> str:
    """What it costs."""
    return f"{item} costs sk-planted-7f3a9c"


@capability(effect="write", reach="local")
def pay(note: str) -> str:
    """Pay."""
    CALLS.append(note)
    if len(CALLS) == 1:
        raise NotDone("the bank said sk-planted-7f3a9c")
    return f"paid sk-planted-7f3a9c for {note}"
'''


def workspace(folder: Path, url: str, more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tools.py").write_text(TOOLS)
    (folder / "batuta.yaml").write_text(
        f"python: [tools.py]\nobserve: {{otlp: {{url: '{url}'{more}}}}}\n"
    )
    return folder


async def bought(folder: Path) -> str:
    """A run that asked, was answered, and failed once in between; its id."""
    plan = plan_from_yaml(PLAN).plan
    async with await App.open(folder) as app:
        shown = await app.run(plan, {"items": ["pen", "ink"], "note": SECRET})
        assert shown["status"] == "waiting"
        await app.answer(shown["run"], "ask", {"approved": True, "note": SECRET}, who="Ada")
        shown = await app.resume(shown["run"])
        assert shown["status"] == "succeeded", shown["error"]
    return shown["run"]


def tree(spans: list[Taken]) -> list[str]:
    """Names, indented by what they are inside of, in the order of the alphabet."""
    inside: dict[str, list[Taken]] = {}
    known = {span.id for span in spans}
    for span in spans:
        inside.setdefault(span.parent if span.parent in known else "", []).append(span)

    def lines(parent: str, depth: int) -> Iterator[str]:
        for span in sorted(inside.get(parent, ()), key=lambda one: one.name):
            yield "  " * depth + span.name
            yield from lines(span.id, depth + 1)

    return list(lines("", 0))


async def test_a_run_is_a_trace_of_steps_and_attempts_and_waits(
    tmp_path: Path, collector: Collector
) -> None:
    run = await bought(workspace(tmp_path, collector.url))

    spans = collector.spans
    assert tree(spans) == [
        "invoke_workflow order",
        "  step ask",
        "    execute_tool human",
        "    execute_tool human",
        "    wait for answer",
        "  step pay",
        "    execute_tool pay",
        "    execute_tool pay",
        "  step price",
        "    step price",
        "      execute_tool price",
        "    step price",
        "      execute_tool price",
    ]
    assert {span.trace for span in spans} == {spans[0].trace}
    assert {span.attributes["batuta.run"] for span in spans} == {run}
    assert {span.service for span in spans} == {"batuta"}
    failed = [span for span in spans if span.status == 2]
    assert [(one.name, one.attributes["error.type"]) for one in failed] == [
        ("execute_tool pay", "failed")
    ]


async def test_nothing_of_what_was_said_is_in_a_trace(tmp_path: Path, collector: Collector) -> None:
    await bought(workspace(tmp_path, collector.url))

    sent = b"".join(collector.bodies)
    assert b"invoke_workflow order" in sent
    assert SECRET.encode() not in sent
    assert b"Ada" not in sent


async def test_content_is_told_where_the_operator_wants_it(
    tmp_path: Path, collector: Collector
) -> None:
    await bought(workspace(tmp_path, collector.url, ", content: true"))

    by_name = {span.name: span for span in collector.spans}
    assert by_name["execute_tool pay"].attributes["gen_ai.tool.call.result"].startswith('"paid')
    assert SECRET in by_name["invoke_workflow order"].attributes["batuta.inputs"]
    messages = [span.message for span in collector.spans if span.status == 2]
    assert messages == [f"the bank said {SECRET}"]


# ── collectors that are away, slow, or refuse ─────────────────────────────────────────────────────────────────


async def test_what_was_not_taken_is_told_by_the_next_process_under_the_same_ids(
    tmp_path: Path, collector: Collector
) -> None:
    collector.say(Reply(503, b"", {"Retry-After": "3600"}))
    folder = workspace(tmp_path, collector.url)
    await bought(folder)
    refused = {one.id for one in _in(collector.bodies)}
    assert collector.spans == []
    assert refused

    collector.say(Reply())
    await another_run(folder)
    runs = {span.attributes["batuta.run"] for span in collector.spans}
    assert len(runs) == 2
    assert refused < {span.id for span in collector.spans}


async def test_nobody_waits_for_a_collector_that_is_down(tmp_path: Path) -> None:
    with Collector() as gone:
        pass
    folder = workspace(tmp_path, gone.url)
    async with await App.open(folder) as app:
        await simple(app)
        traces = app.traces
    assert traces is not None
    assert (traces.sent, traces.trouble != "") == (0, True)

    with Collector(port=gone.port) as back:
        await another_run(folder)
        assert len([one for one in back.spans if one.name == "invoke_workflow one"]) == 2


async def test_a_slow_collector_is_left_alone_at_the_end(
    tmp_path: Path, collector: Collector
) -> None:
    collector.say(Reply(pause_s=30.0))
    app = await App.open(workspace(tmp_path, collector.url))
    await simple(app)
    assert app.traces is not None
    loop = asyncio.get_running_loop()
    began = loop.time()
    await app.traces.close(0.2)
    assert loop.time() - began < 10.0
    assert app.traces.trouble == "it took too long"
    await app.close()


async def test_what_a_collector_refuses_for_what_it_is_stands_in_nobodys_way(
    tmp_path: Path, collector: Collector
) -> None:
    # The first half of all spans, then the first half of that, …: one is left, and is left out.
    collector.say(Reply(413), Reply(400), Reply(400), Reply(400), Reply())
    folder = workspace(tmp_path, collector.url)
    async with await App.open(folder) as app:
        run = await simple(app)
        await app.resume(run)
        traces = app.traces
    assert traces is not None
    assert traces.sent == len(collector.spans)
    assert 0 < traces.dropped < 4


async def test_spans_that_a_collector_says_it_did_not_take_are_counted(
    tmp_path: Path, collector: Collector
) -> None:
    body = b'{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "too old"}}'
    collector.say(Reply(200, body))
    async with await App.open(workspace(tmp_path, collector.url)) as app:
        await simple(app)
        traces = app.traces
    assert traces is not None
    assert (traces.dropped >= 1, traces.trouble) == (True, "too old")


@pytest.mark.parametrize("header", ["env:NO_SUCH_VARIABLE_HERE", "Bearer x"])
async def test_headers_are_sent_and_a_key_that_is_missing_is_told(
    tmp_path: Path, collector: Collector, header: str
) -> None:
    folder = workspace(tmp_path, collector.url, f", headers: {{Authorization: '{header}'}}")
    async with await App.open(folder) as app:
        await simple(app)
        traces = app.traces
    assert traces is not None
    if header.startswith("env:"):
        assert (collector.bodies, "NO_SUCH_VARIABLE_HERE" in traces.trouble) == ([], True)
    else:
        assert collector.headers[0]["authorization"] == header


# ── what happened before, and elsewhere ───────────────────────────────────────────────────────────────────────


async def test_what_was_long_ago_is_not_told_but_a_run_that_goes_on_is_told_whole(
    tmp_path: Path, collector: Collector
) -> None:
    plan = plan_from_yaml(PLAN).plan
    folder = workspace(tmp_path, collector.url)
    (folder / "batuta.yaml").write_text("python: [tools.py]\n")
    async with await App.open(folder) as app:
        await simple(app)
        run = (await app.run(plan, {"items": [], "note": "x"}))["run"]
    workspace(tmp_path, collector.url)
    async with await App.open(folder) as app:
        await app.answer(run, "ask", {"approved": True})
        await app.resume(run)

    assert {span.attributes["batuta.run"] for span in collector.spans} == {run}
    assert tree(collector.spans)[:2] == ["invoke_workflow order", "  step ask"]


async def test_a_crash_in_the_middle_of_telling_tells_the_same_again(
    tmp_path: Path, collector: Collector
) -> None:
    folder = workspace(tmp_path, collector.url)
    note = folder / ".batuta" / "traces.json"
    async with await App.open(folder) as app:
        before = note.read_bytes()
        await simple(app)
    told = collector.spans
    note.write_bytes(before)  # as if the process had died before it was written
    await another_run(folder)

    again = [span for span in collector.spans[len(told) :] if span.id in {one.id for one in told}]
    assert sorted(again) == sorted(told)


async def test_one_process_tells_at_a_time(tmp_path: Path, collector: Collector) -> None:
    folder = workspace(tmp_path, collector.url)
    async with await App.open(folder) as first, await App.open(folder) as second:
        assert first.traces is not None
        await simple(first)
        await asyncio.to_thread(collector.wait, _ended)
        await simple(second)
        await asyncio.to_thread(collector.wait, lambda spans: len(spans) == 6)
        assert second.traces is not None
        assert (second.traces.telling, second.traces.sent) == (False, 0)
    ids = [span.id for span in collector.spans]
    assert len(ids) == len(set(ids))


def _ended(spans: list[Taken]) -> bool:
    return any(span.name.startswith("invoke_workflow") for span in spans)


async def simple(app: App) -> str:
    """A run of one step; its id."""
    plan = plan_from_yaml(ONE).plan
    return (await app.run(plan, {}))["run"]


async def another_run(folder: Path) -> str:
    async with await App.open(folder) as app:
        return await simple(app)


def _in(bodies: list[bytes]) -> list[Taken]:
    return [span for body in bodies for span in spans_in(body)]


ONE = "name: one\nsteps: {a: {use: value, with: {value: 1}}}\nresult: '${steps.a}'\n"
