"""On a terminal: a tree that redraws itself, aligned at any width, and calm."""

import json
import signal
import sys

import pytest

from tests.doors.cli.command import Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")

TOUR = """
name: tour
steps:
  greet_everybody_in_the_whole_wide_world: {use: greet, each: "${['a', 'b', 'c']}", with: {name: "${item}"}}
  nap: {use: nap, with: {seconds: 0.7}}
  approve: {use: approve, with: {question: "Go on, although this question is far too long for a narrow terminal?"}}
result: ${steps.nap}
"""


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_tree_is_redrawn_and_fits_the_terminal(folder: Folder, columns: int) -> None:
    (folder.path / "tour.yaml").write_text(TOUR, encoding="utf-8")
    terminal = Terminal(folder, "run", "--plan", "tour.yaml", columns=columns)
    assert terminal.end() == 3
    lines = plain(terminal.seen)
    tree = [line for line in lines if line.startswith(("  ●", "  ✓", "  ?", "  ·", "● ", "? tour"))]
    assert max(len(line) for line in tree) < columns
    assert "\x1b[1A" in terminal.seen  # the cursor went up, so this was drawn more than once
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.index("\x1b[?25l")
    run = folder.runs()[0]["run"]
    assert f"    batuta answer {run} approve --approve" in lines


def test_what_a_running_call_reports_stands_beside_it(folder: Folder) -> None:
    terminal = Terminal(folder, "run", "--plan", "nap.yaml", "--input", "seconds=0.5")
    assert terminal.end() == 0
    assert any("sleeping for 0.5" in line and "nap" in line for line in plain(terminal.seen))


def test_a_tree_that_does_not_fit_keeps_what_matters(folder: Folder) -> None:
    steps = "".join(f"  s{i}: {{use: greet, with: {{name: x}}}}\n" for i in range(60))
    (folder.path / "tall.yaml").write_text(
        f'name: tall\nsteps:\n{steps}  ask: {{use: approve, with: {{question: "Well?"}}}}\n'
        "  nap: {use: nap, with: {seconds: 0.6}}\n",
        encoding="utf-8",
    )
    terminal = Terminal(folder, "run", "--plan", "tall.yaml", rows=12)
    assert terminal.end() == 3
    frame = plain(terminal.seen.split("\x1b[?25h")[0])
    assert any(line.startswith("  ? ask") for line in frame)
    assert any("not shown" in line for line in frame)


def test_no_color_draws_the_tree_without_any_colour(folder: Folder) -> None:
    terminal = Terminal(folder, "run", "--plan", "ask.yaml", "--input", "amount=5", NO_COLOR="1")
    assert terminal.end() == 3
    assert "m" not in {code[-1] for code in terminal.seen.split("\x1b[")[1:] if code[:1].isdigit()}
    assert "\x1b[0m" not in terminal.seen
    assert "\x1b[3" not in terminal.seen


def test_a_terminal_that_cannot_redraw_gets_lines(folder: Folder) -> None:
    terminal = Terminal(folder, "run", "--plan", "hello.yaml", "--input", "name=A", TERM="dumb")
    assert terminal.end() == 0
    assert "\x1b" not in terminal.seen
    assert "  ✓ greet" in terminal.seen


def test_with_json_a_terminal_gets_the_document_and_nothing_else(folder: Folder) -> None:
    terminal = Terminal(folder, "run", "--plan", "hello.yaml", "--input", "name=A", "--json")
    assert terminal.end() == 0
    assert "\x1b" not in terminal.seen
    assert json.loads(terminal.seen)["result"] == "Hello A"


def test_what_strangers_write_cannot_steer_the_terminal(folder: Folder) -> None:
    evil = "x\x1b[2J\x1b]0;owned\x07\u202e\x9b31m"
    terminal = Terminal(folder, "run", "--plan", "hello.yaml", "--input", f"name={evil}")
    assert terminal.end() == 0
    assert "Hello x\\x1b[2J\\x1b]0;owned\\x07\\u202e\\x9b31m" in terminal.seen
    assert not {"\x07", "\u202e", "\x9b"} & set(terminal.seen)
    assert "\x1b[2J" not in terminal.seen


def test_ctrl_c_gives_the_terminal_back(folder: Folder) -> None:
    terminal = Terminal(folder, "run", "--plan", "nap.yaml", "--input", "seconds=60")
    terminal.until(lambda seen: "sleeping" in seen)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 5
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")
    assert "cancelled: interrupted" in terminal.seen


def test_leaving_at_once_gives_the_terminal_back_too(folder: Folder) -> None:
    (folder.path / "stubborn.yaml").write_text(
        "name: stubborn\nsteps:\n  stubborn: {use: stubborn}\n", encoding="utf-8"
    )
    terminal = Terminal(folder, "run", "--plan", "stubborn.yaml")
    terminal.until(lambda _: (folder.path / "reached").exists())
    terminal.process.send_signal(signal.SIGINT)
    terminal.until(lambda seen: "Ctrl-C again" in seen)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")


def test_a_restore_asks_and_takes_no_for_an_answer(folder: Folder) -> None:
    folder.waiting()
    folder.batuta("backup", "copy.sqlite")
    terminal = Terminal(folder, "restore", "copy.sqlite")
    terminal.until(lambda seen: "[y/N]" in seen)
    terminal.type("n\n")
    assert terminal.end() == 2
    assert folder.batuta("restore", "copy.sqlite", "--yes").code == 0
