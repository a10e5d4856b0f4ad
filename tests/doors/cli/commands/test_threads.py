"""`batuta threads`: conversations are listed, shown, forgotten."""

from pathlib import Path

import pytest

from tests.doors.cli.command import Folder

PLAN = """
name: talk
inputs: {customer: string, said: string}
steps:
  add: {use: thread.add, with: {thread: "${inputs.customer}", messages: [{role: user, text: "${inputs.said}"}]}}
result: "${steps.add.head}"
"""


@pytest.fixture
def desk(folder: Folder) -> Folder:
    (Path(folder.path) / "talk.yaml").write_text(PLAN)
    return folder


def say(desk: Folder, customer: str, said: str) -> None:
    words = [
        "run",
        "--plan",
        "talk.yaml",
        "--input",
        f"customer={customer}",
        "--input",
        f"said={said}",
    ]
    assert desk.batuta(*words).code == 0


def test_conversations_are_listed_those_that_changed_last_first(desk: Folder) -> None:
    assert "there are no threads yet" in desk.batuta("threads", "list").err
    for customer, said in (("c-1", "one"), ("d-2", "two"), ("c-1", "three")):
        say(desk, customer, said)
    found = desk.batuta("threads", "list", "--json").document["threads"]
    assert [(one["thread"], one["messages"]) for one in found] == [("c-1", 2), ("d-2", 1)]
    assert "c-1  2 messages" in desk.batuta("threads", "list", "c").out
    assert "d-2" not in desk.batuta("threads", "list", "c").out


def test_one_is_shown_with_the_runs_that_added_to_it(desk: Folder) -> None:
    say(desk, "c-1", "first\nline two\x1b[2J")
    run = desk.runs()[0]["run"]
    shown = desk.batuta("threads", "show", "c-1").out
    assert f"user  {run} add\n  first\n  line two\\x1b[2J\n" in shown
    say(desk, "c-1", "second")
    found = desk.batuta("threads", "show", "c-1", "--limit", "1", "--json").document
    assert ([one["text"] for one in found["messages"]], found["more"]) == (["second"], True)


def test_one_is_forgotten_after_a_yes(desk: Folder) -> None:
    say(desk, "c-1", "secret words")
    assert desk.batuta("threads", "forget", "c-1").code == 2
    said = desk.batuta("threads", "forget", "c-1", "--yes")
    assert (said.code, said.out) == (0, "erased 1 message\n")
    assert "the log of 1 run still has it" in said.err
    for words in (["show", "c-1"], ["forget", "c-1", "--yes"]):
        told = desk.batuta("threads", *words)
        assert (told.code, "there is no thread 'c-1'" in told.err) == (2, True)


def test_a_name_is_needed(desk: Folder) -> None:
    told = desk.batuta("threads", "show")
    assert (told.code, "needs the name of a thread" in told.err) == (2, True)
