"""`check` and `capabilities`: what there is, and what is wrong with it, before anything runs."""

import json
import os

from tests.doors.cli.command import WAIT_S, Folder

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


def test_without_a_plan_all_registered_ones_are_checked(folder: Folder) -> None:
    (folder.path / "plans").mkdir()
    for name, use in {"good": "greet", "bad": "gret"}.items():
        (folder.path / f"plans/{name}.yaml").write_text(
            f"name: {name}\nsteps:\n  a: {{use: {use}, with: {{name: x}}}}\nresult: ${{steps.a}}\n",
            encoding="utf-8",
        )
    document = folder.batuta("check", "--json").document
    assert document["plans"] == [
        {"plan": "bad", "file": os.path.join("plans", "bad.yaml"), "steps": 1},
        {"plan": "good", "file": os.path.join("plans", "good.yaml"), "steps": 1},
    ]
    assert [one["code"] for one in document["findings"]] == ["B101"]
    said = folder.batuta("check")
    assert said.code == 2
    assert f"{os.path.join('plans', 'bad.yaml')}:3:12: B101 " in said.out
    assert said.out.endswith("capabilities, 2 plans with 2 steps, 1 flaw\n")
    assert folder.batuta("check", "good").code == 0
    assert folder.batuta("check", "good", "bad").code == 2


def test_plans_of_one_name_and_patterns_without_files_are_told(folder: Folder) -> None:
    with (folder.path / "batuta.yaml").open("a", encoding="utf-8") as file:
        file.write("plans: [hello.yaml, again.yaml, none/*.yaml]\n")
    text = (folder.path / "hello.yaml").read_text(encoding="utf-8")
    (folder.path / "again.yaml").write_text(text, encoding="utf-8")
    found = folder.batuta("check", "--json").document["findings"]
    assert [(one["code"], one["place"]["file"]) for one in found] == [
        ("B206", "batuta.yaml"),
        ("B205", "hello.yaml"),
    ]
    said = folder.batuta("check", "hello")
    assert (said.code, "2 registered plans are called 'hello'" in said.out) == (2, True)


def test_a_rule_that_fits_nothing_and_what_a_plan_does_are_warnings(folder: Folder) -> None:
    path = folder.path / "batuta.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("policy:\n", "policy:\n  - {capability: payy, verdict: deny}\n")
    path.write_text(text, encoding="utf-8")
    (folder.path / "idle.yaml").write_text(
        "name: idle\ninputs: {a: string}\nresult: 1\n", encoding="utf-8"
    )
    said = folder.batuta("check", "idle.yaml")
    assert said.code == 0
    assert "batuta.yaml:6:5: B611 warning: policy[0] fits no capability" in said.out
    assert "idle.yaml:2:10: B134 warning: nobody uses the input 'a'" in said.out
    assert said.out.endswith("plan idle with 0 steps, no flaws, 2 warnings\n")


def test_files_are_named_from_the_current_folder(folder: Folder) -> None:
    (folder.path / "bad.yaml").write_text("name: bad\nsteps: 3\n", encoding="utf-8")
    (folder.path / "below").mkdir()
    with folder.start("-w", str(folder.path), "check", "bad.yaml", "--json") as process:
        out, _ = process.communicate(timeout=WAIT_S)
    assert json.loads(out)["findings"][0]["place"]["file"] == "bad.yaml"


def test_the_file_of_the_workspace_is_no_plan(folder: Folder) -> None:
    said = folder.batuta("check", "batuta.yaml", "hello.yaml")
    assert (said.code, said.out.endswith("plan hello with 1 step, no flaws\n")) == (0, True)


def test_the_budget_of_the_workspace_counts(folder: Folder) -> None:
    with (folder.path / "batuta.yaml").open("a", encoding="utf-8") as file:
        file.write("budget: {calls: 0}\n")
    found = folder.batuta("check", "hello.yaml", "--json").document["findings"]
    assert [one["code"] for one in found] == ["B126"]


def test_a_report_for_code_hosts_has_rules_places_and_levels(folder: Folder) -> None:
    (folder.path / "b ä.yaml").write_text(
        "name: bad\ninputs: {a: string}\nsteps:\n  a: {use: gret, with: {name: x}}\n",
        encoding="utf-8",
    )
    (folder.path / "idle.yaml").write_text(
        "name: idle\ninputs: {a: string}\nresult: 1\n", encoding="utf-8"
    )
    said = folder.batuta("check", "b ä.yaml", "idle.yaml", "--sarif")
    assert (said.code, said.err) == (2, "")
    report = json.loads(said.out)
    (run,) = report["runs"]
    assert (report["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "batuta")
    results = run["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("B101", "error"),
        ("B134", "warning"),
    ]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in results] == ["B101", "B134"]
    assert results[0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "b%20%C3%A4.yaml"},
                "region": {"startLine": 4, "startColumn": 12},
            }
        }
    ]
    written = folder.batuta("check", "b ä.yaml", "idle.yaml", "--sarif", "out.sarif")
    assert (written.code, "B101" in written.out) == (2, True)
    assert json.loads((folder.path / "out.sarif").read_text(encoding="utf-8")) == report


def test_a_report_never_takes_the_place_of_a_plan(folder: Folder) -> None:
    before = (folder.path / "hello.yaml").read_bytes()
    said = folder.batuta("check", "--sarif", "hello.yaml")
    assert (said.code, "does not end in .sarif" in said.err) == (2, True)
    assert (folder.path / "hello.yaml").read_bytes() == before
    assert folder.batuta("check", "--sarif", "--json").code == 2


def test_capabilities_are_listed_with_what_they_do_to_the_world(folder: Folder) -> None:
    said = folder.batuta("capabilities", "--json")
    cards = {card["name"]: card for card in said.document["capabilities"]}
    assert cards.keys() >= {"approve", "greet", "human", "merge", "pay", "vote"}
    assert (cards["pay"]["effect"], cards["greet"]["effect"]) == ("write", "pure")
    assert cards["greet"]["input"]["required"] == ["name"]
    line = next(line for line in folder.batuta("capabilities").out.splitlines() if "greet" in line)
    assert line.split() == ["greet", "function", "pure", "local", "Say", "hello."]
