"""`show --timeline`, `--step` and `--svg`: a run in time, one step of it, and its picture."""

import xml.etree.ElementTree as ET

import pytest

from batuta.doors.cli.driving.tree import header
from batuta.doors.cli.terminal.table import coloured
from batuta.doors.cli.terminal.text import cells
from batuta.doors.cli.views.timeline import path_lines, timeline_lines
from batuta.spec.critical import Leg, critical_path
from batuta.spec.plan import Retry, Step
from batuta.spec.timeline import timeline
from tests.doors.cli.command import Folder
from tests.spec.logbook import answered, failed, plan, waited
from tests.spec.test_timeline import Clocked

SECONDS = 1_000.0


def book() -> Clocked:
    """Ten items, a call that fails once, and a question that is open for two hours."""
    told = Clocked(
        plan(
            items=Step("tool", each="[1]"),
            flaky=Step("tool", retry=Retry(3), after=("items",)),
            ask=Step("tool", after=("flaky",)),
        )
    )
    told.claim()
    told.at(0).spread("items", 10)
    for index in range(10):
        told.at(0.1 * index).start(f"items.{index}")
    for index in range(10):
        told.at(1 + 0.1 * index).finish(f"items.{index}")
    told.at(2).start("flaky")
    told.at(3).add(failed("flaky", retry_at=SECONDS + 4, code="timeout", message="slow"))
    told.at(4).start("flaky", 2)
    told.at(5).finish("flaky", 2)
    told.at(5).start("ask")
    told.at(6).add(waited("ask"))
    told.at(7_206).add(answered("ask", value=1))
    told.at(7_206).start("ask", 2)
    told.at(7_207).finish("ask", 2)
    told.end()
    return told


def shown(told: Clocked, width: int) -> list[str]:
    lines = timeline(told.facts)
    now = lines.until(told.now)
    legs = critical_path(told.run, lines, now)
    said = timeline_lines(header(told.run, now), told.run, lines, legs, now, width)
    return [coloured(line, colour=False) for line in said]


def test_a_timeline_at_80_columns() -> None:
    assert shown(book(), 80) == [
        "✓ test  r1  succeeded  2 h 00 min",
        "        0                          5 s   ┊┈2 h 00 min┈┊",
        "┃ items ▂▄▅▇███▆▄▃▂                                                  ×10  1.9 s",
        "┃ flaky            █████✗·····██████                          2 attempts  3.0 s",
        "┃ ask                              ███████░░░░░░░░░░░░██████         2 h 00 min",
        "",
        "  ┃ critical path  █ call  ✗ failed  ░ a person is asked  · pause",
    ]


def test_a_call_whose_process_died_is_not_one_that_failed() -> None:
    told = Clocked(plan(flaky=Step("tool")))
    told.claim()
    told.at(0).start("flaky")
    told.at(2).lose("flaky")
    told.at(3).start("flaky", 2)
    told.at(5).finish("flaky", 2)
    told.end()
    row, *_, legend = shown(told, 80)[2:]
    assert ("!" in row, "✗" in row) == (True, False)
    assert "! no answer" in legend


@pytest.mark.parametrize("width", [40, 80, 120, 200, 1_000])
def test_rows_are_aligned_at_any_width(width: int) -> None:
    rows = shown(book(), width)[2:5]
    assert len({cells(row) for row in rows}) == 1
    assert cells(rows[0]) <= min(max(width, 40), 200)
    assert [row[:2] for row in rows] == ["┃ "] * 3


def test_nothing_is_said_of_where_the_time_of_a_short_run_went() -> None:
    short = Leg("a", 0.0, 0.4, 0.4, 0.0, 0.0, 0.0)
    assert path_lines([short, short]) == []


def test_where_the_time_went_is_said_by_share() -> None:
    legs = [
        Leg("look", 0.0, 1.0, 1.0, 0.0, 0.0, 0.0),
        Leg("pay", 1.0, 10.0, 3.0, 6.0, 0.0, 0.0),
    ]
    said = [coloured(line, colour=False).rstrip() for line in path_lines(legs)]
    assert said == [
        "",
        "where the time went  (the critical path)",
        "   90% ██████████████████   pay   calls 3.0 s, people 6.0 s",
        "   10% ██                   look  calls 1.0 s",
    ]


def test_the_timeline_of_a_run_as_a_document(folder: Folder) -> None:
    run = folder.waiting()
    folder.batuta("answer", run, "approve", "--approve")
    document = folder.batuta("show", run, "--timeline", "--json").document
    assert list(document) == ["run", "status", "begin", "end", "critical_path", "steps"]
    assert [leg["step"] for leg in document["critical_path"]] == ["approve", "pay"]
    kinds = {step["path"]: [one["kind"] for one in step["stretches"]] for step in document["steps"]}
    assert kinds == {"approve": ["call", "question", "call"], "pay": ["call"]}
    assert document["critical_path"][-1]["end"] <= document["end"]


def test_the_timeline_of_a_run_for_people(folder: Folder) -> None:
    run = folder.waiting()
    lines = folder.batuta("show", run, "--timeline").out.splitlines()
    assert lines[0].startswith(f"? ask  {run}  waiting")
    assert [line.split()[:2] for line in lines[2:3]] == [["┃", "approve"]]
    assert "░ a person is asked" in lines[4]


def test_a_step_shows_what_it_got_and_gave_its_attempts_and_its_log(folder: Folder) -> None:
    run = folder.waiting()
    folder.batuta("answer", run, "approve", "--approve")
    said = folder.batuta("show", run, "--step", "pay")
    assert said.code == 0
    lines = [line.strip() for line in said.out.splitlines()]
    assert lines[0].startswith(f"✓ pay  pay  {run}  done")
    assert {"inputs", "output", "attempts", "log", '{"amount":50}', "paid 50.0"} <= set(lines)
    document = folder.batuta("show", run, "--step", "pay", "--json").document
    assert list(document) == ["run", "status", "step", "attempts", "facts"]
    assert (document["step"]["path"], document["step"]["output"]) == ("pay", "paid 50.0")
    assert [one["outcome"] for one in document["attempts"]] == ["done"]
    assert [one["is"] for one in document["facts"]] == ["started", "finished"]


def test_a_step_that_is_not_there_is_an_error_with_the_nearest_name(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("show", run, "--step", "aprove", "--json")
    assert said.code == 2
    error = said.document["error"]
    assert ("'aprove'" in error["message"], error["remedy"]) == (True, "did you mean 'approve'?")


def test_a_run_is_drawn_into_a_file(folder: Folder) -> None:
    run = folder.waiting()
    picture = folder.path / "run.svg"
    said = folder.batuta("show", run, "--svg", str(picture))
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("written: ")
    root = ET.fromstring(picture.read_text(encoding="utf-8"))
    words = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"approve", "pay", "Timeline", "waiting", "asks a person"} & words >= {
        "approve",
        "pay",
        "Timeline",
        "waiting",
    }
    again = folder.batuta("show", run, "--svg", str(picture), "--json")
    assert again.document == {"run": run, "status": "waiting", "svg": str(picture)}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--svg", "no/such/folder/run.svg"], "cannot be written"),
        (["--svg", "."], "is a folder"),
        (["--svg", "run.svg", "--facts"], "--svg and --facts do not go together"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_an_error(
    folder: Folder, words: list[str], message: str
) -> None:
    said = folder.batuta("show", folder.waiting(), *words)
    assert (said.code, message in said.err) == (2, True)


def test_hostile_names_and_texts_reach_neither_terminal_nor_markup(folder: Folder) -> None:
    folder.batuta("run", "--plan", "boom.yaml", "--input", "text=\x1b[31m<script>\u202e")
    run = folder.runs()[0]["run"]
    picture = folder.path / "run.svg"
    for words in (["--timeline"], ["--step", "boom"], ["--svg", str(picture)]):
        said = folder.batuta("show", run, *words)
        assert said.code == 0
        assert not {"\x1b", "\u202e"} & set(said.out + said.err)
    text = picture.read_text(encoding="utf-8")
    assert "<script>" not in text and not {"\x1b", "\u202e"} & set(text)
