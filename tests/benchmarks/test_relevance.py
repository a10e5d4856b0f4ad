"""The arithmetic of the benchmark of relevance, and how it reads what others wrote."""

import gzip
import json
import math
from pathlib import Path

import pytest

from benchmarks.relevance import (
    Question,
    by_file,
    figures,
    least_for,
    main,
    ndcg,
    recall,
    split_page,
)

ONE = frozenset({"a"})
TWO = frozenset({"a", "b"})


@pytest.mark.parametrize(
    ("ranking", "answers", "gain", "found"),
    [
        (["a"], ONE, 1.0, 1.0),
        (["x", "a"], ONE, 1 / math.log2(3), 1.0),
        (["a", "b"], TWO, 1.0, 1.0),
        (["b", "x", "a"], TWO, (1 + 0.5) / (1 + 1 / math.log2(3)), 1.0),
        (["a"], TWO, 1 / (1 + 1 / math.log2(3)), 0.5),
        (["x"] * 10 + ["a"], ONE, 0.0, 0.0),
        ([], ONE, 0.0, 0.0),
    ],
)
def test_gain_and_recall_look_at_the_first_ten(
    ranking: list[str], answers: frozenset[str], gain: float, found: float
) -> None:
    assert (ndcg(ranking, answers), recall(ranking, answers)) == (pytest.approx(gain), found)


def test_what_scores_too_little_was_not_given() -> None:
    questions = [Question("q", ONE), Question("r", ONE), Question("strange", frozenset())]
    rankings = [[("a", 0.9), ("b", 0.1)], [("a", 0.2)], [("b", 0.4)]]
    assert figures(questions, rankings, 0.5) == (0.5, 0.5, 0.5, 0.5, 1.0)
    assert figures(questions, rankings, 0.0) == (1.0, 1.0, 1.0, 1.0, 0.0)


def test_the_threshold_at_which_so_many_are_answered() -> None:
    rankings = [[("a", 0.9)], [("a", 0.5)], [("a", 0.3)], []]
    assert [least_for(rankings, share) for share in (0.25, 0.5, 0.75)] == [0.9, 0.5, 0.3]


def test_a_file_stands_where_its_best_piece_does() -> None:
    assert by_file([("a", 3.0), ("b", 2.0), ("a", 1.0)]) == [("a", 3.0), ("b", 2.0)]


def test_the_purpose_of_a_page_is_taken_out_of_it() -> None:
    source = '.TH X 5\n.SH NAME\nx.conf \\- settings of \\fBx\\fP\n.SH DESCRIPTION\n.PP\nIt has "keys".\n'
    purpose, page = split_page(source, "x.conf")
    assert purpose == "settings of x"
    assert ("settings of x" in page, "## Description" in page, "It has keys." in page) == (
        False, True, True
    )  # fmt: skip


def test_a_small_run_prints_every_way_and_writes_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "intents").mkdir()
    rows = {
        "train": [["what is my balance", "balance"], ["play some jazz", "music"]],
        "test": [["tell me my balance", "balance"]],
        "oos_test": [["how tall is the tower", "oos"]],
    }
    with gzip.open(tmp_path / "intents" / "clinc150.json.gz", "wt") as file:
        json.dump(rows, file)
    told = tmp_path / "told.json"
    assert main(["--data", str(tmp_path), "--only", "intents", "--json", str(told)]) == 0
    said = json.loads(told.read_text())["intents"]
    assert (said["files"], said["questions"], said["without"]) == (2, 1, 1)
    assert list(said["ways"]) == ["BM25 alone", "vectors alone", "fused blindly", "ours"]
    assert "ours" in capsys.readouterr().out
    assert main(["--data", str(tmp_path), "--only", "tools"]) == 2
