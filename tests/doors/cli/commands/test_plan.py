"""`plan`: what a plan will do, ask, take and cost, before it runs."""

import os
from pathlib import Path

import pytest

from batuta.doors.cli.terminal.text import cells
from tests.doors.cli.command import Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain

TICKET = """
name: ticket
description: |
  Look, ask, and pay.
  More words.
inputs: {name: string, rows: {type: list, items: {type: object}, maxItems: 12}}
steps:
  hello: {use: greet, with: {name: "${inputs.name}"}}
  rest: {use: nap, with: {seconds: 0.01}, retry: 2}
  review: {use: approve, with: {question: "Pay ${inputs.name}?", show: "${steps.hello}"}}
  settle:
    use: pay
    when: steps.review.approved
    each: ${inputs.rows}
    with: {amount: "${item.amount}"}
    after: [rest]
result: ${steps.settle}
"""
ROWS = 'rows=[{"amount": 5.0}, {"amount": 500.0}]'


@pytest.fixture
def ticket(folder: Folder) -> Folder:
    (folder.path / "ticket.yaml").write_text(TICKET, encoding="utf-8")
    return folder


def lines(folder: Folder, *words: str) -> list[str]:
    said = folder.batuta("plan", "ticket.yaml", *words)
    assert (said.code, said.err) == (0, "")
    return said.out.splitlines()


def test_the_table_says_what_is_known_of_every_step(ticket: Folder) -> None:
    found = lines(ticket)
    assert found[0].startswith("ticket  ")
    assert found[0].endswith("  4 steps in 3 waves, written by hand")
    assert found[1:9] == [
        "Look, ask, and pay.",
        "",
        "  step    uses        effect  reach  calls  cost  p50 / p95 (calls)  asks",
        "● hello   greet       pure    local      1     –                  ?",
        "· rest    nap         read    local    1–3     –                  ?",
        "● review  approve     read    local      1     –                  ?  asks",
        "● settle  pay × ≤ 12  write   local   ≤ 12     –                  ?  may ask ≤ 12×",
        "  ● longest chain",
    ]


def test_below_it_stands_what_all_of_it_comes_to(ticket: Folder) -> None:
    found = "\n".join(lines(ticket))
    assert "expected  ? calls, free of charge, ? s, people not counted (nothing measured" in found
    assert "at worst  17 calls, free of charge, " in found
    assert "longest   hello → review → settle (by steps: times are not known)" in found
    assert "together  hello, rest" in found
    assert "asks      review: “Pay ${inputs.name}?”" in found
    assert "settle: maybe an approval by policy[1]: depends on args.amount" in found
    assert "denied    settle: may be refused by policy[0]: too much" in found


def test_what_is_given_is_worked_out(ticket: Folder) -> None:
    found = "\n".join(lines(ticket, "--input", "name=Ada", "--input", ROWS))
    assert "settle  pay × 2 " in found
    assert "settle: an approval by policy[1]: " in found
    assert "may be refused" not in found


def test_figures_come_from_the_log_and_nothing_is_written_to_it(ticket: Folder) -> None:
    ticket.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada")
    before = ticket.runs()
    found = lines(ticket)
    assert any(line.startswith("● hello   greet") and "ms (1)" in line for line in found)
    assert any("(measured in 1 run)" in line for line in found)
    assert ticket.runs() == before


def test_without_a_journal_none_is_made(ticket: Folder) -> None:
    lines(ticket)
    assert not (ticket.path / ".batuta").exists()


def test_the_tree_shows_what_starts_together(ticket: Folder) -> None:
    found = lines(ticket, "--tree")
    assert found[3:9] == [
        "├─ at first, 2 together",
        "│  ├─ ● hello   greet       pure",
        "│  └─ · rest    nap         read · 1–3 calls",
        "├───── ● review  approve     asks · read · after hello",
        "└───── ● settle  pay × ≤ 12  may ask ≤ 12× · write · ≤ 12 calls · after review, rest",
        "  ● longest chain",
    ]


def test_the_document_has_everything(ticket: Folder) -> None:
    document = ticket.batuta("plan", "ticket.yaml", "--json").document
    steps = {step["name"]: step for step in document["steps"]}
    assert document["plan"] == "ticket"
    assert document["totals"]["waves"] == [["hello", "rest"], ["review"], ["settle"]]
    assert document["totals"]["calls"] == {"expected": None, "worst": 17}
    assert steps["rest"]["time_s"]["expected"] is None
    assert steps["rest"]["measured"] is None
    assert steps["settle"]["cost_usd"] == {"expected": 0, "worst": 0.0}
    assert [(one["step"], one["certain"]) for one in document["questions"]] == [
        ("review", True),
        ("settle", False),
    ]


def test_a_plan_with_flaws_is_refused_with_places_and_remedies(folder: Folder) -> None:
    (folder.path / "bad.yaml").write_text(
        "name: bad\nsteps:\n  a: {use: gret, with: {name: x}}\n", encoding="utf-8"
    )
    said = folder.batuta("plan", "bad.yaml")
    assert (said.code, said.out) == (2, "")
    assert "bad.yaml:3:" in said.err
    assert "B101" in said.err
    document = folder.batuta("plan", "bad.yaml", "--json").document
    assert document["error"]["findings"][0]["code"] == "B101"


def test_inputs_that_do_not_fit_are_refused(ticket: Folder) -> None:
    said = ticket.batuta("plan", "ticket.yaml", "--input", "nam=Ada")
    assert said.code == 2
    assert "B107" in said.err or "nam" in said.err


def test_the_picture_is_written_whole_and_replaced(ticket: Folder) -> None:
    picture = ticket.path / "ticket.svg"
    picture.write_text("old", encoding="utf-8")
    said = ticket.batuta("plan", "ticket.yaml", "--svg", "ticket.svg")
    assert (said.code, said.err.strip()) == (0, "written: ticket.svg")
    assert picture.read_text(encoding="utf-8").startswith(("<svg", "<?xml"))
    assert [path.name for path in ticket.path.iterdir() if path.name.startswith(".ticket")] == []
    document = ticket.batuta("plan", "ticket.yaml", "--svg", "ticket.svg", "--json").document
    assert document["svg"] == "ticket.svg"


@pytest.mark.parametrize("name", ["none/ticket.svg", "."])
def test_a_picture_that_cannot_be_written_is_an_error(ticket: Folder, name: str) -> None:
    said = ticket.batuta("plan", "ticket.yaml", "--svg", name)
    assert said.code == 2
    assert name in said.err


def test_a_rewritten_plan_is_explained_and_written_where_nothing_is_yet(folder: Folder) -> None:
    (folder.path / "twice.yaml").write_text(
        "name: twice\nsteps:\n  a: {use: greet, with: {name: x}}\n"
        "  b: {use: greet, with: {name: x}}\nresult: {a: '${steps.a}', b: '${steps.b}'}\n",
        encoding="utf-8",
    )
    plain = folder.batuta("plan", "twice.yaml")
    assert "rewrites  " in plain.out
    assert "2 steps in 1 wave," in plain.out
    said = folder.batuta("plan", "twice.yaml", "--rewrite", "--out", "once.yaml")
    assert (said.code, said.err.strip()) == (0, "written: once.yaml")
    assert "1 step in 1 wave," in said.out
    assert "rewritten " in said.out
    again = folder.batuta("plan", "once.yaml", "--rewrite")
    assert "there is nothing to rewrite" in again.out
    twice = folder.batuta("plan", "twice.yaml", "--rewrite", "--out", "once.yaml")
    assert (twice.code, "is there already" in twice.err) == (2, True)


def test_out_without_rewrite_is_refused(ticket: Folder) -> None:
    said = ticket.batuta("plan", "ticket.yaml", "--out", "x.yaml")
    assert (said.code, "--rewrite" in said.err) == (2, True)


def test_a_registered_plan_is_found_by_its_name(ticket: Folder) -> None:
    plans = ticket.path / "plans"
    plans.mkdir()
    os.rename(ticket.path / "ticket.yaml", plans / "ticket.yaml")
    assert ticket.batuta("plan", "ticket").code == 0


def test_texts_of_strangers_are_made_safe(folder: Folder) -> None:
    evil = "\\e[31mred\\e[0m\\u202e"
    (folder.path / "evil.yaml").write_text(
        f'name: evil\ndescription: "{evil}"\nsteps:\n'
        f"  a: {{use: approve, with: {{question: \"{evil}\"}}, when: \"'{evil}' == 'x' || true\"}}\n",
        encoding="utf-8",
    )
    said = folder.batuta("plan", "evil.yaml")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal(ticket: Folder, columns: int) -> None:
    for words in ((), ("--tree",)):
        terminal = Terminal(ticket, "plan", "ticket.yaml", *words, columns=columns)
        assert terminal.end() == 0
        assert [line for line in plain(terminal.seen) if cells(line) > columns] == []


def test_a_plan_of_a_thousand_steps_is_listed(folder: Folder) -> None:
    steps = "".join(f"  s{n}: {{use: greet, with: {{name: x}}}}\n" for n in range(1_000))
    Path(folder.path / "big.yaml").write_text(
        f"name: big\nsteps:\n{steps}result: ${{steps.s1}}\n", encoding="utf-8"
    )
    said = folder.batuta("plan", "big.yaml", "--json")
    assert (said.code, said.document["totals"]["width"]) == (0, 64)


def test_a_call_that_may_answer_with_a_plan_has_no_bound(folder: Folder) -> None:
    tools = folder.path / "tools.py"
    more = (
        "\n\n@capability(effect='read', reach='local', expands=True)\n"
        "def think() -> str:\n    return ''\n"
    )
    tools.write_text(tools.read_text(encoding="utf-8") + more, encoding="utf-8")
    (folder.path / "open.yaml").write_text(
        "name: open\nsteps: {a: {use: think}}\nresult: ${steps.a}\n", encoding="utf-8"
    )
    said = folder.batuta("plan", "open.yaml").out
    assert "think  read    local    1–∞     ?" in said
    assert "at worst  any number of calls, any amount, any time" in said
    assert "asks      a: think may answer with a plan, and nobody knows yet what that asks" in said


def test_columns_are_kept_where_there_is_no_terminal_too(folder: Folder) -> None:
    said = folder.batuta("plan", "ask.yaml", "--input", "amount=5", COLUMNS="60")
    assert max(map(len, said.out.splitlines())) <= 60
