"""`batuta memory`: what is remembered is listed, shown, searched, corrected, forgotten."""

from pathlib import Path

import pytest

from tests.doors.cli.command import Folder

WORKSPACE = "memory:\n  customers: {keep: 365d}\n  topics: {}\n"
PLAN = """
name: note
inputs: {text: string, about: string}
steps: {it: {use: customers.remember, with: {text: "${inputs.text}", about: "${inputs.about}", source: ticket 7}}}
result: "${steps.it.id}"
"""


@pytest.fixture
def shop(folder: Folder) -> Folder:
    path = Path(folder.path)
    (path / "batuta.yaml").write_text(WORKSPACE)
    (path / "note.yaml").write_text(PLAN)
    return folder


def remembered(shop: Folder, text: str, about: str = "c-17") -> str:
    said = shop.batuta(
        "run", "--plan", "note.yaml", "--input", f"text={text}", "--input", f"about={about}", "--json"
    )  # fmt: skip
    assert said.code == 0, said.err
    return said.document["result"]


def test_what_a_run_remembers_is_listed_with_where_it_comes_from(shop: Folder) -> None:
    assert "nothing is remembered yet" in shop.batuta("memory", "list").err
    id_ = remembered(shop, "wants invoices by e-mail")
    remembered(shop, "has a dog", "c-18")
    run = shop.runs()[-1]["run"]
    found = shop.batuta("memory", "list", "customers", "--about", "c-17", "--json").document
    (one,) = found["memories"]
    assert one.pop("at") > 0
    assert one == {
        "collection": "customers", "id": id_, "text": "wants invoices by e-mail", "about": "c-17",
        "source": "ticket 7", "run": run, "step": "it", "author": "",
    }  # fmt: skip
    listed = shop.batuta("memory", "list").out.splitlines()
    assert (listed[1], listed[3]) == ("  has a dog", "  wants invoices by e-mail")


def test_a_search_recalls_as_a_plan_does(shop: Folder) -> None:
    id_ = remembered(shop, "wants invoices by e-mail")
    said = shop.batuta("memory", "search", "customers", "how does she want invoices", "--json")
    assert [one["id"] for one in said.document["memories"]] == [id_]
    remembered(shop, "wants tea", "Jos\u00e9")
    about = shop.batuta("memory", "search", "customers", "tea", "--about", "Jose\u0301", "--json")
    assert [one["text"] for one in about.document["memories"]] == ["wants tea"]
    said = shop.batuta("memory", "search", "customers", "who won the world cup?")
    assert (said.code, said.out) == (0, "nothing relevant\n")


def test_a_correction_says_who_and_keeps_what_was_said(shop: Folder) -> None:
    id_ = remembered(shop, "wants invoices by e-mail")
    run = shop.runs()[0]["run"]
    said = shop.batuta("memory", "correct", id_, "wants invoices on paper", "--json").document
    assert (said["text"], [one["what"] for one in said["history"]]) == (
        "wants invoices on paper", ["remembered", "corrected"]
    )  # fmt: skip
    first, second = shop.batuta("memory", "show", id_, "--json").document["history"]
    assert (first["text"], first["run"], second["run"]) == ("wants invoices by e-mail", run, "")
    assert first["author"] == second["author"] != ""
    shown = shop.batuta("memory", "show", id_).out
    assert "about c-17" in shown and f"{run} it  from ticket 7" in shown


def test_to_forget_needs_a_yes(shop: Folder) -> None:
    id_ = remembered(shop, "wants invoices by e-mail")
    said = shop.batuta("memory", "forget", id_)
    assert (said.code, "say --yes" in said.err) == (2, True)
    assert shop.batuta("memory", "show", id_, "--json").document["text"] is not None


def test_all_about_somebody_is_forgotten_and_where_it_still_stands_is_told(shop: Folder) -> None:
    ids = [remembered(shop, "wants invoices by e-mail"), remembered(shop, "has a dog")]
    remembered(shop, "has a cat", "c-18")
    said = shop.batuta("memory", "forget", "--about", "c-17", "--yes")
    assert (said.code, said.out) == (0, "erased 2 memories\n")
    assert "the log of 2 runs still has it" in said.err
    document = shop.batuta("memory", "show", ids[0], "--json").document
    assert (document["text"], document["about"], [one["text"] for one in document["history"]]) == (
        None, None, [None, None]
    )  # fmt: skip
    assert len(shop.batuta("memory", "list", "--json").document["memories"]) == 1
    again = shop.batuta("memory", "correct", ids[0], "x")
    assert (again.code, "is forgotten" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show"], "show needs the id of a memory"),
        (["search", "customers"], "search needs a collection and what to look for"),
        (["correct", "m-1"], "correct needs the id"),
        (["forget"], "forget needs the id of a memory, or --about"),
        (["list", "customers", "x"], "'x' is one word too many"),
        (["list", "custmers"], "no collection 'custmers'"),
        (["search", "custmers", "x"], "no collection 'custmers'"),
        (["show", "m-1"], "no memory 'm-1'"),
        (["list", "--limit", "0"], "is not a number"),
        (["search", "customers", "x", "--limit", "101"], "100 at most"),
    ],
)
def test_what_is_wrong_is_said(shop: Folder, words: list[str], said: str) -> None:
    told = shop.batuta("memory", *words)
    assert (told.code, said in told.err) == (2, True), told.err


def test_what_strangers_said_cannot_move_a_terminal(shop: Folder) -> None:
    id_ = remembered(shop, "hello \x1b[2J\u202e")
    for words in (["list"], ["show", id_], ["search", "customers", "hello"]):
        assert "\x1b" not in shop.batuta("memory", *words).out
