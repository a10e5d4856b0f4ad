"""Figures beside their goals."""

import json
from pathlib import Path

from benchmarks.goals import Goal, spread, table, write
from benchmarks.routing import Figures


def test_a_goal_is_met_by_the_figure_as_it_is_shown() -> None:
    met = [
        Goal("F1", 0.8796, least=0.88).met,
        Goal("F1", 0.8794, least=0.88).met,
        Goal("time", 2.004, "ms", most=2).met,
        Goal("time", 2.01, "ms", most=2).met,
        Goal("failures", 1).met,
    ]
    assert met == [True, False, True, False, None]


def test_each_figure_is_told_with_its_goal_whether_it_is_met_and_what_others_have() -> None:
    goals = [
        Goal("in scope", 93.2, "%", least=94, reference="BERT 96.9"),
        Goal("time", 1.5, "ms", most=2),
        Goal("failures", 1),
    ]
    rows = [" ".join(row.split()) for row in table(goals).splitlines()[1:]]
    assert rows == ["in scope 93.2 % ≥ 94 MISSED BERT 96.9", "time 1.5 ms ≤ 2 met", "failures 1"]


def test_of_a_hundred_times_ninety_five_are_not_above_the_second_figure() -> None:
    assert spread([float(n) for n in range(100, 0, -1)]) == (50.5, 95.0)


def test_lines_and_goals_are_written_as_json(tmp_path: Path) -> None:
    line = Figures(0.9, 0.7, 0.6, 0.1, 0.5, 1.0)
    write(tmp_path / "it.json", {"the router": line}, [Goal("time", 0.5, "ms", most=2)])
    document = json.loads((tmp_path / "it.json").read_text(encoding="utf-8"))
    assert document["lines"] == {"the router": line._asdict()}
    assert document["goals"][0]["met"] is True
    write(None, {}, [])
