"""`check` and `capabilities`: what there is, and what is wrong with it, before anything runs."""

from tests.doors.cli.command import Folder

UNDECLARED = '''
from batuta.capabilities.function import capability

@capability
def mystery(name: str) -> str:
    """Nobody knows what this does."""
    return name
'''


def test_a_workspace_and_a_plan_without_flaws_are_said_to_be_fine(folder: Folder) -> None:
    said = folder.batuta("check", "ask.yaml")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("capabilities, plan ask with 2 steps, no flaws\n")


def test_a_flaw_of_the_plan_has_code_place_and_remedy(folder: Folder) -> None:
    (folder.path / "bad.yaml").write_text(
        "name: bad\nsteps:\n  a: {use: gret, with: {name: x}}\n", encoding="utf-8"
    )
    said = folder.batuta("check", "bad.yaml")
    assert said.code == 2
    assert "bad.yaml:3:" in said.out
    assert "B101" in said.out
    assert "→ did you mean" in said.out
    document = folder.batuta("check", "bad.yaml", "--json").document
    (finding,) = document["findings"]
    assert (document["ok"], finding["code"], finding["place"]["line"]) == (False, "B101", 3)


def test_flaws_of_workspace_and_plan_are_said_together(folder: Folder) -> None:
    (folder.path / "tools.py").write_text("1 / 0\n", encoding="utf-8")
    (folder.path / "bad.yaml").write_text("name: bad\nsteps: 3\n", encoding="utf-8")
    said = folder.batuta("check", "bad.yaml", "--json")
    files = {finding["place"]["file"] for finding in said.document["findings"]}
    assert (said.code, files) == (2, {"tools.py", "bad.yaml"})


def test_a_capability_that_says_nothing_of_itself_is_a_warning(folder: Folder) -> None:
    (folder.path / "tools.py").write_text(UNDECLARED, encoding="utf-8")
    said = folder.batuta("check", "--json")
    (finding,) = said.document["findings"]
    assert (said.code, finding["code"], finding["warning"]) == (0, "B190", True)
    assert "'mystery'" in finding["message"]
    assert folder.batuta("check").out.endswith(", no flaws, 1 warning\n")


def test_capabilities_are_listed_with_what_they_do_to_the_world(folder: Folder) -> None:
    said = folder.batuta("capabilities", "--json")
    cards = {card["name"]: card for card in said.document["capabilities"]}
    assert cards.keys() >= {"approve", "greet", "human", "merge", "pay", "vote"}
    assert (cards["pay"]["effect"], cards["greet"]["effect"]) == ("write", "pure")
    assert cards["greet"]["input"]["required"] == ["name"]
    line = next(line for line in folder.batuta("capabilities").out.splitlines() if "greet" in line)
    assert line.split() == ["greet", "function", "pure", "local", "Say", "hello."]
