"""`batuta replay`: real runs in a real workspace, whose code, policy and plans change in between."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from tests.doors.cli.command import Folder


def change(folder: Folder, file: str, old: str, new: str) -> None:
    path = folder.path / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def ran(folder: Folder, plan: str, *inputs: str) -> str:
    words = [word for one in inputs for word in ("--input", one)]
    return folder.batuta("run", "--plan", f"{plan}.yaml", *words, "--json").document["run"]


def replayed(folder: Folder, *words: str) -> dict[str, Any]:
    said = folder.batuta("replay", *words, "--json")
    assert said.code == (0 if said.document["ok"] else 1), said
    return said.document


def differences(folder: Folder, *words: str) -> list[tuple[Any, ...]]:
    found = replayed(folder, *words)["differences"]
    return [(one["run"], one["seq"], one["path"], one["recorded"], one["now"]) for one in found]


def test_runs_of_unchanged_code_decide_the_same_and_nothing_happens_again(folder: Folder) -> None:
    ran(folder, "hello", "name=Ada")
    ran(folder, "pay", "amount=50")
    ran(folder, "boom")
    folder.waiting("ask")
    journal = (folder.path / ".batuta" / "journal.sqlite").read_bytes()

    document = replayed(folder, "--all")

    kept = {
        key: document[key] for key in ("ok", "runs", "same", "differs", "erased", "differences")
    }
    assert kept == {
        "ok": True, "runs": 4, "same": 4, "differs": 0, "erased": 0, "differences": [],
    }  # fmt: skip
    assert folder.book() == ["50.0"]
    assert (folder.path / ".batuta" / "journal.sqlite").read_bytes() == journal


def test_a_policy_that_asks_now_is_found_where_the_call_started(folder: Folder) -> None:
    ran(folder, "hello", "name=Ada")
    run = ran(folder, "pay", "amount=50")
    change(folder, "batuta.yaml", "args.amount > 100.0", "args.amount > 10.0")

    assert differences(folder, "--all") == [
        (run, 4, "pay", "pay starts (write, allow)", "asks: approval (policy[1])")
    ]


def test_a_changed_effect_is_named(folder: Folder) -> None:
    run = ran(folder, "hello", "name=Ada")
    change(
        folder,
        "tools.py",
        'effect="pure", reach="local")\ndef greet',
        'effect="read", reach="local")\ndef greet',
    )

    document = replayed(folder, run)

    (one,) = document["differences"]
    assert (one["seq"], one["recorded"], one["now"]) == (4, "effect: pure", "effect: read")
    assert one["changed"] == ["greet"]


def test_a_schema_that_the_plan_or_the_recorded_arguments_do_not_fit_is_a_difference(
    folder: Folder,
) -> None:
    typed = ran(folder, "hello", "name=Ada")
    untyped = ran(folder, "wide", 'items=["Ada", "Bob"]')
    change(folder, "tools.py", "def greet(name: str)", "def greet(name: int)")

    refused, misfit = differences(folder, typed, untyped)

    assert refused[:4] == (typed, 2, "", "plan hello")
    assert refused[4].startswith("the plan is refused: ")
    assert misfit[:4] == (untyped, 5, "greet.0", "greet starts (pure, allow)")
    assert "the arguments do not fit: at name: " in misfit[4]


def test_a_capability_that_is_gone_makes_the_plan_inadmissible(folder: Folder) -> None:
    run = ran(folder, "hello", "name=Ada")
    change(folder, "tools.py", "def greet(", "def salute(")

    (found,) = differences(folder, run)

    assert found[:3] == (run, 2, "")
    assert "greet" in found[4]


def test_a_changed_plan_is_compared_with_the_runs_of_its_name(folder: Folder) -> None:
    other = ran(folder, "hello", "name=Ada")
    run = ran(folder, "pay", "amount=50")
    change(folder, "pay.yaml", 'amount: "${inputs.amount}"', "amount: 51.0")

    document = replayed(folder, "--plan", "pay.yaml")

    assert document["runs"] == 1
    (one,) = document["differences"]
    assert (one["run"], one["seq"], one["path"]) == (run, 4, "pay")
    assert one["recorded"].startswith("arguments ")
    assert (one["place"]["file"], one["place"]["line"]) == ("pay.yaml", 5)
    assert replayed(folder, other)["ok"]


def test_a_step_that_the_plan_has_now_or_has_no_more_is_found(folder: Folder) -> None:
    run = ran(folder, "boom")
    change(folder, "boom.yaml", "steps:\n", "steps:\n  new: {use: greet, with: {name: Eve}}\n")
    assert differences(folder, "--plan", "boom.yaml") == [
        (run, 2, "new", "nothing", "a new step is due")
    ]

    change(folder, "boom.yaml", "  new: {use: greet, with: {name: Eve}}\n", "")
    change(folder, "boom.yaml", "  fine: {use: greet, with: {name: Ada}}\n", "")
    change(folder, "boom.yaml", ", after: [fine]", "")
    assert differences(folder, "--plan", "boom.yaml") == [
        (run, 4, "fine", "greet starts (pure, allow)", "the plan has no such step")
    ]


def test_what_retention_erased_is_said_and_is_no_failure(folder: Folder) -> None:
    run = ran(folder, "hello", "name=Ada")
    folder.batuta("gc", "--older-than", "0")

    said = folder.batuta("replay", run)

    assert said.code == 0
    assert f"{run}: its payloads were erased by retention" in said.out
    assert "1 run replayed" in said.out and "1 erased" in said.out


def test_what_is_damaged_is_named_and_the_others_are_replayed(folder: Folder) -> None:
    run = ran(folder, "hello", "name=Ada")
    broken = ran(folder, "hello", "name=" + "long " * 500)
    lost = ran(folder, "hello", "name=Bob")
    with closing(sqlite3.connect(folder.path / ".batuta" / "journal.sqlite")) as db, db:
        of_run = "stream = (select id from streams where name = ?)"
        used = f"select value from uses where {of_run}"
        own = f"id in ({used} except {used})"
        assert db.execute(f"update vals set body = x'00' where {own}", (broken, run)).rowcount
        db.execute(f"update facts set body = '{{}}' where {of_run} and seq = 3", (lost,))

    said = folder.batuta("replay", "--all")
    document = folder.batuta("replay", "--all", "--json")

    assert (said.code, document.code) == (2, 2)
    assert f"{broken}: it cannot be read: " in said.out and "is damaged" in said.out
    assert said.out.splitlines()[-1].startswith("✗ 3 runs replayed in ")
    assert "1 the same, 2 unreadable" in said.out
    assert not document.document["ok"]
    assert {one["run"] for one in document.document["damaged"]} == {broken, lost}
    assert folder.batuta("replay", run).code == 0


def test_it_says_in_words_where_what_and_how_many(folder: Folder) -> None:
    run = ran(folder, "pay", "amount=50")
    change(folder, "batuta.yaml", "args.amount > 100.0", "args.amount > 10.0")

    said = folder.batuta("replay", "--since", "1h")

    assert said.code == 1
    assert said.err == ""
    assert said.out.splitlines()[:3] == [
        f"{run}  pay  fact 4, pay",
        "    recorded  pay starts (write, allow)",
        "    now       asks: approval (policy[1])",
    ]
    assert said.out.splitlines()[-1].startswith("✗ 1 run replayed in ")


def test_which_runs_must_be_said_and_exist(folder: Folder) -> None:
    nobody = folder.batuta("replay", "--json")
    assert (nobody.code, nobody.document["error"]["code"]) == (2, "input")
    both = folder.batuta("replay", "r1", "--all", "--json")
    assert (both.code, both.document["error"]["code"]) == (2, "input")
    none = folder.batuta("replay", "r1", "--json")
    assert (none.code, none.document["error"]["code"]) == (2, "not_found")
    assert json.loads(folder.batuta("replay", "--all", "--json").out)["runs"] == 0


def test_what_differs_alike_in_many_runs_is_told_once(folder: Folder) -> None:
    runs = [ran(folder, "hello", f"name=N{n}") for n in range(6)]
    change(folder, "batuta.yaml", "policy:", "policy:\n  - {capability: greet, verdict: ask}")
    said = folder.batuta("replay", "--all")
    assert said.out.splitlines()[:4] == [
        f"{runs[0]}  hello  fact 4, greet",
        "    recorded  greet starts (pure, allow)",
        "    now       asks: approval (policy[0])",
        f"    alike     5 more runs: {runs[1]}, {runs[2]}, {runs[3]}, …",
    ]
    assert len(replayed(folder, "--all")["differences"]) == 6
