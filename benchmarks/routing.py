"""How well plain words find their workflow and its inputs, without a model: CLINC150, and a small set of ours.

See benchmarks/README.md.
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from math import log, sqrt
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # figures are of one core

from batuta.capabilities.local.classify import foreseeing
from batuta.language.words import stems
from batuta.opening import embedder_of_this_machine
from batuta.planning.candidate import Candidate
from batuta.planning.route import Router
from batuta.planning.slots import read_inputs
from goals import Goal, spread, table, write

DATA = "intents/clinc150.json.gz"
ORIGIN = "https://github.com/clinc/oos-eval (data/data_full.json, CC BY 3.0)"
SLOTS = Path(__file__).with_name("routing_slots.json")
FEW = 10  # examples per workflow in the few-shot setting
SEED = 1
ROUTER, FEW_LINE, ALL_LINE = "the router", f"{FEW} examples each", "all examples (100 each)"
ROUTE_MS = 2.0

Row = tuple[str, str]
# Which workflow is meant, "" for none; and whether that is sure enough to run.
Answer = tuple[str, bool]
Say = Callable[[str], Awaitable[Answer]]


class Figures(NamedTuple):
    """One line of the table: shares, and milliseconds of processor time per request."""

    inside: float  # in scope, and the right workflow
    outside: float  # out of scope, and refused: at once with `inside`, at one threshold
    sure: float  # in scope, right, and run without a question
    wrong: float  # of all requests: run without a question, and not what was meant
    ms: float
    ms_95: float


class Slots(NamedTuple):
    """What was read of the inputs that the words say, and of those they do not."""

    precision: float
    recall: float
    whole: float  # requests whose inputs are all as expected
    invented: int  # values of inputs that the words do not say
    ms: float


async def figures(inside: list[Row], outside: list[str], say: Say) -> Figures:
    """The figures of what is said of in-scope requests and of out-of-scope ones."""
    times: list[float] = []

    async def timed(text: str) -> Answer:
        began = process_time()
        answer = await say(text)
        times.append(1e3 * (process_time() - began))
        return answer

    said = [(await timed(text), meant) for text, meant in inside]
    strange = [await timed(text) for text in outside]
    wrong = sum(sure and plan != meant for (plan, sure), meant in said)
    wrong += sum(sure for _, sure in strange)
    return Figures(
        sum(plan == meant for (plan, _), meant in said) / len(said),
        sum(not plan for plan, _ in strange) / len(strange),
        sum(sure and plan == meant for (plan, sure), meant in said) / len(said),
        wrong / (len(said) + len(strange)),
        *spread(times),
    )


def router(rows: list[Row], strangers: list[str]) -> Say:
    """The router itself, over a workflow per intent with its examples."""
    by_plan: dict[str, list[str]] = defaultdict(list)
    for text, plan in rows:
        by_plan[plan].append(text)
    candidates = [
        Candidate(plan, plan.replace("_", " "), examples=tuple(texts))
        for plan, texts in by_plan.items()
    ]
    asked = Router(*foreseeing(embedder_of_this_machine))

    async def say(text: str) -> Answer:
        found = await asked.route(text, candidates, strangers)
        return found.plan, found.sure

    return say


def nearest(data: dict[str, list[Row]], rows: list[Row]) -> Say:
    """The plain baseline: the nearest example by TF-IDF; its threshold is the best on the validation part."""
    counted = [(Counter(stems(text)), plan) for text, plan in rows]
    seen = Counter(word for words, _ in counted for word in words)
    weights = {word: log(len(rows) / count) + 1 for word, count in seen.items()}
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, (words, _) in enumerate(counted):
        values = {word: count * weights[word] for word, count in words.items()}
        length = sqrt(sum(value * value for value in values.values())) or 1.0
        for word, value in values.items():
            postings[word].append((at, value / length))

    def best(text: str) -> tuple[str, float]:
        own = {
            word: n * weights[word] for word, n in Counter(stems(text)).items() if word in weights
        }
        length = sqrt(sum(value * value for value in own.values())) or 1.0
        scores: dict[int, float] = defaultdict(float)
        for word, value in own.items():
            for at, there in postings[word]:
                scores[at] += value * there / length
        at, score = max(scores.items(), key=lambda item: item[1], default=(0, 0.0))
        return rows[at][1], score

    judged = [(score, plan == meant) for text, meant in data["val"] for plan, score in [best(text)]]
    strange = [best(text)[1] for text, _ in data["oos_val"]]
    level = max(
        (at / 100 for at in range(100)),
        key=lambda at: (
            sum(s >= at and hit for s, hit in judged) / len(judged)
            + sum(s < at for s in strange) / len(strange)
        ),
    )

    async def say(text: str) -> Answer:
        plan, score = best(text)
        return (plan, True) if score >= level else ("", False)

    return say


def majority(rows: list[Row]) -> Say:
    """The commonest workflow, whatever is asked."""
    top = Counter(plan for _, plan in rows).most_common(1)[0][0]

    async def say(_: str) -> Answer:
        return top, True

    return say


def few(rows: list[Row]) -> list[Row]:
    """So many examples of each, drawn with a fixed seed."""
    chance = random.Random(SEED)
    by_plan: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_plan[row[1]].append(row)
    return [row for of in by_plan.values() for row in chance.sample(of, min(FEW, len(of)))]


async def routed(data: dict[str, list[Row]], quick: bool) -> dict[str, Figures]:
    """Every line of the first table."""
    settings = {FEW_LINE: few(data["train"])}
    if not quick:
        settings[ALL_LINE] = data["train"]
    outside = [text for text, _ in data["oos_test"]]
    strangers = [text for text, _ in data["oos_train"]]
    lines: dict[str, Figures] = {}
    for name, rows in settings.items():
        for system, say in (
            (ROUTER, router(rows, [])),
            (f"{ROUTER}, told 100 requests for none", router(rows, strangers)),
            ("nearest example by TF-IDF", nearest(data, rows)),
        ):
            began = perf_counter()
            await say("warm up")
            print(f"  {name}: {system} learned in {perf_counter() - began:.1f} s", file=sys.stderr)
            lines[f"{name}: {system}"] = await figures(data["test"], outside, say)
    lines["majority"] = await figures(data["test"], outside, majority(data["train"]))
    return lines


def slots_read() -> Slots:
    """How the inputs of our own small set are read."""
    ours: dict[str, Any] = json.loads(SLOTS.read_text(encoding="utf-8"))
    right = given = expected_count = whole = invented = 0
    times: list[float] = []
    for plan, text, expected in ours["requests"]:
        workflow = ours["workflows"][plan]
        began = process_time()
        read = read_inputs(
            text,
            workflow["inputs"],
            today=date.fromisoformat(ours["today"]),
            examples=workflow.get("examples", ()),
        ).values
        times.append(1e3 * (process_time() - began))
        right += sum(name in expected and expected[name] == value for name, value in read.items())
        invented += sum(name not in expected for name in read)
        given += len(read)
        expected_count += len(expected)
        whole += read == expected
    count = len(ours["requests"])
    return Slots(right / given, right / expected_count, whole / count, invented, median(times))


def goals_of(lines: dict[str, Figures]) -> list[Goal]:
    """What is to be reached: in scope and out of scope at once, and in time."""
    goals: list[Goal] = []
    if few_told := lines.get(f"{FEW_LINE}: {ROUTER}"):
        goals.append(
            Goal(f"{FEW_LINE}, in scope", 100 * few_told.inside, "%", least=88, reference="best encoders 93.3–94.8")
        )  # fmt: skip
    if told := lines.get(f"{ALL_LINE}: {ROUTER}"):
        goals += [
            Goal(f"{ALL_LINE}, in scope", 100 * told.inside, "%", least=94, reference="BERT 96.9"),
            Goal("  out of scope, at once", 100 * told.outside, "%", least=65, reference="BERT 40.3"),
        ]  # fmt: skip
    for name, one in lines.items():
        if ROUTER in name:
            goals.append(Goal(f"{name}: median", one.ms, "ms", most=ROUTE_MS))
            goals.append(Goal(f"{name}: 95 %", one.ms_95, "ms", most=ROUTE_MS))
    return goals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"a folder with {DATA}: {ORIGIN}")
    parser.add_argument("--quick", action="store_true", help="the few-shot setting only")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    path = given.data / DATA
    if not path.is_file():
        print(f"{path} is not there; the public original is {ORIGIN}", file=sys.stderr)
        return 2
    data: dict[str, list[Row]] = {
        part: [(text, label) for text, label in rows]
        for part, rows in json.loads(gzip.decompress(path.read_bytes())).items()
    }
    read = slots_read()
    lines = asyncio.run(routed(data, given.quick))
    print(
        f"{'150 workflows of CLINC150':66}{'in':>7}{'out':>7}{'sure':>7}{'wrong':>7}{'ms':>7}{'95%':>7}"
    )
    for name, one in lines.items():
        print(
            f"{name:66}{one.inside:7.1%}{one.outside:7.1%}{one.sure:7.1%}{one.wrong:7.1%}"
            f"{one.ms:7.2f}{one.ms_95:7.2f}"
        )
    print(
        f"\n{'inputs, on a small set of ours':66}{'prec':>7}{'recall':>7}{'whole':>7}{'made up':>9}{'ms':>7}"
    )
    print(
        f"{'read by schema':66}{read.precision:7.1%}{read.recall:7.1%}{read.whole:7.1%}"
        f"{read.invented:9}{read.ms:7.2f}"
    )
    goals = goals_of(lines)
    print(f"\n{table(goals)}")
    write(given.json, {**lines, "inputs, read by schema": read}, goals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
