"""The arithmetic of the benchmark of composed plans."""

import gzip
import json
from pathlib import Path

from benchmarks.planning import Answer, chain, composer, figures, nearest
from benchmarks.ultratool import Row, cards_of, f1, rows_of

ROWS = [
    Row("find a train and book a seat", ("find", "book"), frozenset({("find", "book")})),
    Row("tell me the weather", ("weather",), frozenset()),
]


def test_f1_is_of_sets_and_nothing_is_as_much_as_nothing() -> None:
    assert (f1((), ()), f1("ab", "bc"), f1("a", "")) == (1.0, 0.5, 0.0)


async def test_means_are_over_all_requests_also_those_without_a_plan() -> None:
    async def say(words: str) -> Answer:
        return chain(("find", "pay")) if "train" in words else ((), frozenset(), True)

    found = await figures(ROWS, say)
    assert (found.node_f1, found.link_f1) == (0.25, 0.5)
    assert (found.answered, found.checked) == (0.5, 1.0)


async def test_the_baseline_copies_the_plan_of_the_nearest_request() -> None:
    say = await nearest(ROWS)
    assert (await say("how is the weather?"))[0] == ("weather",)
    assert (await say("a seat in a train"))[1] == {("find", "book")}


async def test_requests_are_read_with_their_tools_and_composed(tmp_path: Path) -> None:
    rows = [
        {
            "id": str(n),
            "user_request": f"find the train {n}\n",
            "task_nodes": [{"task": "find_train"}],
            "task_links": [],
        }
        for n in range(60)
    ]
    with gzip.open(tmp_path / "ultratool_train.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    tools = {"nodes": [{"id": "find_train", "desc": "Finds trains"}]}
    (tmp_path / "ultratool_tools.json").write_text(json.dumps(tools), encoding="utf-8")
    parts = rows_of(tmp_path)
    assert sum(map(len, parts.values())) == 60
    assert all(parts.values())
    say = composer(cards_of(tmp_path), parts["train"])
    assert await say("find the train 7") == (("find_train",), frozenset(), True)
