"""`try`: one capability, called once, under the rules that hold for every run."""

import json

import pytest

from batuta.doors.cli.commands.try_call import arguments_of, plan_of
from batuta.errors import InputError
from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.spec.card import Card
from tests.doors.cli.command import Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain

CARD = Card(
    "shop.ship-it",
    input={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "count": {"type": "integer", "minimum": 1},
            "to": {"$ref": "#/$defs/Who"},
            "in": {"type": "string"},
            "odd name": {},
        },
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {"Who": {"type": "object", "properties": {"id": {"type": "integer"}}}},
    },
)


def test_arguments_are_read_by_the_schema_of_the_card() -> None:
    given = arguments_of(CARD, ["city=007", 'to={"id": 7}'], '{"count": 2, "odd name": null}')
    assert given == {"count": 2, "odd name": None, "city": "007", "to": {"id": 7}}


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        ([], None, "the argument 'city' is missing"),
        (["city=x", "count=0"], None, "the argument 'count' is integer 1..: at count: 0 is less than"),
        (["city=x", "coutn=1"], None, "shop.ship-it has no argument 'coutn'"),
        (["city=x", 'to={"id": "7"}'], None, "the argument 'to' is {id?: integer}: at to.id: "),
        (["city=x"], '{"city": "y"}', "the argument 'city' is given twice"),
        (["city=x"], "[1]", "--with-json takes a JSON map"),
        (["city=x"], "{", "the option '--with-json' is a JSON map, and '{' is not"),
        (["city=x"], '{"count": 1, "count": 2}', "has the key 'count' twice"),
        (["city"], None, "the argument 'city' is no assignment"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_before_anything_runs(
    words: list[str], text: str | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        arguments_of(CARD, words, text)
    assert said in caught.value.message
    assert caught.value.remedy


def test_the_plan_of_a_call_has_no_flaws_whatever_the_arguments_are_called_and_hold() -> None:
    given = {"city": "${steps.x}", "in": "$${", "odd name": {"${a}": 1}}
    plan, inputs = plan_of(CARD, given)
    assert check(plan_from_data(plan).plan, {CARD.name: CARD}, inputs=inputs) == []
    assert plan.name == "try_shop_ship_it"
    assert list(inputs.values()) == list(given.values())


def test_the_value_is_printed_with_time_and_cost_beside_it(folder: Folder) -> None:
    said = folder.batuta("try", "greet", "--with", "name=${x}")
    assert (said.code, said.out) == (0, "Hello ${x}\n")
    run = folder.runs()[0]
    assert (run["plan"], run["status"]) == ("try_greet", "succeeded")
    assert said.err.splitlines()[-1].endswith(f", $0.0000; `batuta show {run['run']}` has it all")


def test_a_write_is_refused_where_nobody_can_be_asked(folder: Folder) -> None:
    for words in ([], ["--json"]):
        said = folder.batuta("try", "pay", "--with", "amount=5", *words)
        assert said.code == 2
        text = said.out or said.err
        assert "not called: pay is write (changes the world; sent at most once)" in text
        assert "and local (stays on this machine)" in text
        assert "say --yes" in text
    assert folder.book() == []
    assert folder.runs() == []
    document = folder.batuta("try", "pay", "--with", "amount=5", "--yes", "--json").document
    assert (document["status"], document["result"]) == ("succeeded", "paid 5.0")
    assert folder.book() == ["5.0"]


@pytest.mark.parametrize(("answer", "code", "paid"), [("y", 0, ["5.0"]), ("", 2, []), ("n", 2, [])])
def test_a_write_is_asked_about_on_a_terminal(
    folder: Folder, answer: str, code: int, paid: list[str]
) -> None:
    terminal = Terminal(folder, "try", "pay", "--with", "amount=5")
    terminal.until(lambda seen: "[y/N]" in seen)
    assert folder.book() == []
    terminal.type(f"{answer}\n")
    assert terminal.end() == code, plain(terminal.seen)
    assert folder.book() == paid


def test_policy_holds_and_an_approval_goes_on_as_in_any_run(folder: Folder) -> None:
    denied = folder.batuta("try", "pay", "--with", "amount=5000", "--yes", "--json")
    assert (denied.code, denied.document["error"]["code"]) == (4, "denied")
    assert denied.document["error"]["remedy"]
    asked = folder.batuta("try", "pay", "--with", "amount=500", "--yes", "--json")
    assert (asked.code, folder.book()) == (3, [])
    answered = folder.batuta("answer", asked.document["run"], "call", "--approve", "--json")
    assert (answered.document["status"], folder.book()) == ("succeeded", ["500.0"])


def test_a_failure_is_that_of_the_run(folder: Folder) -> None:
    said = folder.batuta("try", "boom")
    assert (said.code, said.out) == (1, "")
    assert "failed at call: failed: ValueError: kaputt" in said.err
    unknown = folder.batuta("try", "gret", "--json")
    assert (unknown.code, unknown.document["error"]["remedy"]) == (2, "did you mean 'greet'?")
    assert len(folder.runs()) == 1


def test_the_workspace_is_named_in_what_can_be_copied(folder: Folder) -> None:
    said = folder.batuta("try", "greet", "--with", "name=A", "-w", str(folder.path))
    assert f"-w {folder.path}` has it all" in said.err


def test_arguments_may_stand_in_a_file(folder: Folder) -> None:
    (folder.path / "a.json").write_text(json.dumps({"name": "Ada"}), encoding="utf-8")
    assert folder.batuta("try", "greet", "--with-json", "@a.json").out == "Hello Ada\n"
