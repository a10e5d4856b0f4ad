"""What the facts of a run become, wherever the reading of them began."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from batuta.app import App
from batuta.observe.otlp.peers import peers_of
from batuta.observe.otlp.spans import Span, Tracer
from batuta.plans.build import plan_from_yaml
from batuta.ports import Row

TOOLS = '''
from batuta.capabilities.function import capability
from batuta.spec.call import Expand
from batuta.plans.build import plan_from_yaml

TRIED = []


@capability(effect="read", reach="local")
def shaky(item: int) -> int:
    """Works the second time."""
    TRIED.append(item)
    if len(TRIED) == 1:
        raise OSError("away")
    return item


@capability(effect="read", reach="local", expands=True)
def think() -> Expand:
    """Answers with a plan."""
    text = "name: inner\\nsteps: {search: {use: value, each: '${[1, 2]}', with: {value: '${item}'}}}\\n"
    return Expand(plan_from_yaml(text).plan)


@capability(effect="idempotent", reach="local")
def book(what: str) -> str:
    """Book it."""
    return what


@capability(effect="read", reach="local")
def fail() -> None:
    """Fails for good."""
    raise ValueError("no")
'''
PLAN = """
name: rich
steps:
  each_one: {use: shaky, each: "${[1, 2]}", with: {item: "${item}"}, retry: {at_most: 1, backoff: 0}}
  rounds: {use: value, repeat: {until: "steps.rounds >= 2", at_most: 5}, with: {value: "${index}"}}
  inner: {use: think}
  booked: {use: book, with: {what: room}, undo: {use: book, with: {what: no room}}}
  skipped: {use: value, when: "false", with: {value: 1}}
  last: {use: fail, after: [each_one, rounds, inner, booked]}
"""


@pytest.fixture
async def app(tmp_path: Path):
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "batuta.yaml").write_text("python: [tools.py]\n")
    async with await App.open(tmp_path) as opened:
        yield opened


async def rows_of(app: App) -> list[Row]:
    """The log of a run of everything that there is."""
    shown = await app.run(plan_from_yaml(PLAN).plan, {})
    assert shown["status"] == "failed"
    return await app.engine.journal.read(shown["run"])


async def told(app: App, rows: Sequence[Row], after: int) -> list[Span]:
    """The spans that the facts behind `after` end, for who has to read those before, too."""
    run = await app.engine.fold(rows[:1])
    tracer, spans = Tracer(run, peers_of(app.workspace)), list[Span]()
    for row in rows[1:]:
        counted = await app.engine.go_on(run, (row,), row.fact)
        found = tracer.told(row.fact) if counted else []
        spans += found if row.seq > after else []
    return spans


async def test_every_span_is_inside_of_one_that_is_told_too(app: App) -> None:
    spans = await told(app, await rows_of(app), 0)
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans)
    (run,) = [span for span in spans if not span.parent]
    assert run.name == "invoke_workflow rich"
    assert [span.name for span in spans if span.parent and span.parent not in by_id] == []
    for span in spans:
        assert span.begin <= span.end
        assert run.begin <= span.begin
        assert span.end <= run.end


async def test_steps_of_every_kind_are_told(app: App) -> None:
    spans = await told(app, await rows_of(app), 0)
    steps = {
        str(span.attributes["batuta.step"]): span.attributes["batuta.step.state"]
        for span in spans
        if "batuta.step.state" in span.attributes
    }
    assert steps == {
        "booked": "done",
        "booked/undo": "done",
        "each_one": "done",
        "each_one.0": "done",
        "each_one.1": "done",
        "inner": "done",
        "inner/1/search": "done",
        "inner/1/search.0": "done",
        "inner/1/search.1": "done",
        "last": "failed",
        "rounds": "done",
        "rounds~0": "done",
        "rounds~1": "done",
        "rounds~2": "done",
        "skipped": "skipped",
    }
    shaky = [one for one in spans if one.name == "execute_tool shaky"]
    assert sorted(str(one.attributes["batuta.outcome"]) for one in shaky) == [
        "done",
        "done",
        "failed",
    ]


async def test_wherever_the_telling_stopped_what_follows_is_the_rest(app: App) -> None:
    rows = await rows_of(app)
    whole = await told(app, rows, 0)
    for cut in range(1, len(rows) + 1):
        before = await told(app, rows[:cut], 0)
        assert before + await told(app, rows, cut) == whole
