"""`capabilities`: the list, a part of it, and one card."""

import shlex

from tests.doors.cli.command import Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain


def test_a_pattern_narrows_the_list(folder: Folder) -> None:
    listed = folder.batuta("capabilities", "pay*", "--json").document["capabilities"]
    assert [one["name"] for one in listed] == ["pay", "pay_slowly"]
    rows = folder.batuta("capabilities", "*a?").out.splitlines()
    assert [row.split()[0] for row in rows] == [
        "name", "file.read", "human", "nap", "pay", "thread.read"
    ]  # fmt: skip
    none = folder.batuta("capabilities", "zz*")
    assert (none.code, none.out) == (2, "")
    assert "no capability is called like 'zz*'" in none.err


def test_an_unknown_name_is_answered_with_the_nearest(folder: Folder) -> None:
    said = folder.batuta("capabilities", "greeet")
    assert (said.code, said.out) == (2, "")
    assert said.err == "error: there is no capability 'greeet'\n  → did you mean 'greet'?\n"


def test_a_card_says_what_a_call_does_takes_and_gives(folder: Folder) -> None:
    said = folder.batuta("capabilities", "pay")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:2] == ["pay  function", "  Pay, once, into a book of its own."]
    assert "  effect    write: changes the world; sent at most once" in lines
    assert "  reach     local: stays on this machine" in lines
    assert "  in doubt  ask: a person is asked what became of it" in lines
    assert lines[lines.index("arguments") + 1] == "  amount  number  required"
    assert lines[lines.index("value") + 1] == "  string"
    assert lines[-1] == "  batuta try pay --with amount=0"


def test_without_a_call_nothing_is_invented(folder: Folder) -> None:
    said = folder.batuta("capabilities", "greet")
    assert "lately  (nothing was run yet)\n  no call of it has ended: ?\n" in said.out
    assert folder.batuta("capabilities", "greet", "--json").document["statistics"] is None
    assert not (folder.path / ".batuta").exists()


def test_recent_calls_are_counted_and_timed(folder: Folder) -> None:
    items = "items=" + str(list("abc")).replace("'", '"')
    folder.batuta("run", "--plan", "wide.yaml", "--input", items)
    folder.batuta("run", "--plan", "boom.yaml")
    measured = folder.batuta("capabilities", "greet", "--json").document["statistics"]
    assert (measured["runs"], measured["calls"], measured["failed"]) == (2, 4, 0)
    assert 0 <= measured["p50_s"] <= measured["p95_s"] < 20
    assert measured["cost_usd"] is None
    said = folder.batuta("capabilities", "boom").out
    assert "lately  (the newest 2 runs)\n  calls  1, 1 failed\n  time   ?\n" in said
    assert "(n = 4)" in folder.batuta("capabilities", "greet").out


def test_a_broken_journal_does_not_hide_the_card(folder: Folder) -> None:
    (folder.path / ".batuta").mkdir()
    (folder.path / ".batuta" / "journal.sqlite").write_text("nonsense " * 100, encoding="utf-8")
    said = folder.batuta("capabilities", "greet")
    assert said.code == 0
    assert said.out.startswith("greet  function\n")
    assert "nothing is known of recent calls: " in said.err


def test_the_example_of_every_card_is_understood_by_the_shell(folder: Folder) -> None:
    listed = folder.batuta("capabilities", "--json").document["capabilities"]
    for card in listed:
        document = folder.batuta("capabilities", card["name"], "--json").document
        words = shlex.split(document["example"])
        assert words[:3] == ["batuta", "try", card["name"]]
        assert words[3::2] == ["--with"] * len(card["input"].get("required", []))


def test_nothing_of_a_card_is_cut_on_a_narrow_terminal(folder: Folder) -> None:
    terminal = Terminal(folder, "capabilities", "vote", columns=60)
    assert terminal.end() == 0
    lines = plain(terminal.seen)
    assert [line for line in lines if len(line) > 60 or "…" in line] == []
    at = lines.index('  method     majority | plurality  = "majority"')
    said = " ".join(line.strip() for line in lines[at + 1 : at + 3])
    assert said == "majority: more than half of the votes; plurality: the most votes"


def test_list_and_card_fit_narrow_and_wide_terminals(folder: Folder) -> None:
    for width in (80, 200):
        for words in (["capabilities"], ["capabilities", "vote"], ["capabilities", "human"]):
            terminal = Terminal(folder, *words, columns=width)
            assert terminal.end() == 0
            assert [line for line in plain(terminal.seen) if len(line) > width] == []


def test_what_strangers_wrote_is_printed_and_not_obeyed(folder: Folder) -> None:
    (folder.path / "batuta.yaml").write_text(
        "capabilities:\n"
        "  x:\n"
        "    kind: http\n"
        "    url: https://x.example/\n"
        '    description: "a\\e[31mb\\u202ec"\n'
        "    input:\n"
        "      type: object\n"
        '      properties: {"a\\e[2J": {type: string, description: "d\\e[2J", default: "\\e[2J"}}\n'
        '      required: ["a\\e[2J"]\n',
        encoding="utf-8",
    )
    for words in (["capabilities"], ["capabilities", "x"]):
        said = folder.batuta(*words)
        assert (said.code, said.err) == (0, "")
        assert "\x1b" not in said.out + said.err
        assert "\u202e" not in said.out


def test_what_a_plan_does_is_done_by_its_steps(folder: Folder) -> None:
    (folder.path / "plans").mkdir(exist_ok=True)
    text = "name: settle\nsteps: {pay: {use: pay, with: {amount: 1}}}\n"
    (folder.path / "plans" / "settle.yaml").write_text(text, encoding="utf-8")
    (row,) = folder.batuta("capabilities", "plan.s*").out.splitlines()[1:]
    assert row.split()[:4] == ["plan.settle", "plan", "by", "steps"]
