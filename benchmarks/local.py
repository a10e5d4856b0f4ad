"""How well local intelligence does without a model, beside plain baselines. See benchmarks/README.md.

python benchmarks/local.py --data DIR
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from batuta.capabilities.local.classify import classifying  # noqa: E402
from batuta.language.words import words  # noqa: E402
from batuta.opening import embedder_of_this_machine  # noqa: E402
from local_baselines import Best, centroid, naive_bayes, neighbour  # noqa: E402 — NumPy reads those when it is loaded
from local_figures import Figures, Row, Said, figures, level_of  # noqa: E402
from local_others import others  # noqa: E402

DATA = "intents/clinc150.json.gz"
ORIGIN = "https://github.com/clinc/oos-eval (data/data_full.json, CC BY 3.0)"
FEW = 10  # examples per intent in the few-shot setting
SEEDS = (1, 2, 3)
BASELINES: dict[str, Callable[[Sequence[Row]], Best]] = {
    "nearest TF-IDF centroid": centroid,
    "nearest TF-IDF neighbour": neighbour,
    "naive Bayes": naive_bayes,
}

Data = dict[str, list[Row]]
Judge = tuple[list[Said], list[Said], list[Said], float]


async def ours(data: Data, labels: Any, none: Any, *, meaning: bool = True) -> Figures:
    """The figures of `local.classify`."""
    classify = classifying(embedder_of_this_machine if meaning else lambda: None)
    began = process_time()
    await classify(text="warm up", labels=labels, none=none)
    learned_s = process_time() - began
    # What words mean is looked up once for each, whoever says it first: that belongs to no request.
    await classify(text="the words of nobody", labels=["a", "b"])

    async def say(text: str) -> Said:
        began = process_time()
        found = await classify(text=text, labels=labels, none=none, threshold=0)
        ms = 1e3 * (process_time() - began)
        best = next(iter(found["scores"]), None)
        return Said(best, found["label"] is None, found["confidence"], ms)

    strangers = [await say(text) for text, _ in data["oos_val"]]
    inside = [await say(text) for text, _ in data["test"]]
    outside = [await say(text) for text, _ in data["oos_test"]]
    return figures(data["test"], inside, outside, level_of(strangers), learned_s)


def baseline(data: Data, rows: Sequence[Row], make: Callable[[Sequence[Row]], Best]) -> Figures:
    """The figures of a plain baseline."""
    began = process_time()
    best = make(rows)
    learned_s = process_time() - began

    def say(text: str) -> Said:
        began = process_time()
        name, sure = best(text)
        return Said(name, False, sure, 1e3 * (process_time() - began))

    strangers, inside, outside = (
        [say(text) for text, _ in data[part]] for part in ("oos_val", "test", "oos_test")
    )
    return figures(data["test"], inside, outside, level_of(strangers), learned_s)


def few(rows: Sequence[Row], seed: int) -> list[Row]:
    chance = random.Random(seed)
    return [
        (text, label)
        for label, texts in by_label(rows).items()
        for text in chance.sample(texts, FEW)
    ]


def by_label(rows: Sequence[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for text, label in rows:
        found[label].append(text)
    return found


def with_examples(rows: Sequence[Row]) -> list[Any]:
    return [{"label": name, "examples": texts} for name, texts in by_label(rows).items()]


async def measured(data: Data, quick: bool) -> dict[str, Figures]:
    lines: dict[str, Figures] = {}

    def line(name: str, one: Figures) -> None:
        lines[name] = one
        print(f"{name:56}{row_of(one)}", flush=True)

    against = [text for text, _ in data["oos_train"]]
    names = list(by_label(data["train"]))
    spoken = {
        name: f"the user asks about {' '.join(word.text for word in words(name))}" for name in names
    }
    line("names alone: local.classify", await ours(data, names, True))
    line("names and descriptions: local.classify", await ours(data, spoken, True))
    plain_names = [(name.replace("_", " "), name) for name in names]
    line("names alone: nearest TF-IDF centroid", baseline(data, plain_names, centroid))
    for seed in SEEDS[:1] if quick else SEEDS:
        rows = few(data["train"], seed)
        line(
            f"{FEW} per intent, draw {seed}: local.classify",
            await ours(data, with_examples(rows), True),
        )
        said = await ours(data, with_examples(rows), against)
        line(f"{FEW} per intent, draw {seed}: the same, none: 100 texts", said)
    rows = few(data["train"], SEEDS[0])
    line(
        f"{FEW} per intent: spelling alone",
        await ours(data, with_examples(rows), True, meaning=False),
    )
    for name, make in BASELINES.items():
        line(f"{FEW} per intent: {name}", baseline(data, rows, make))
    if not quick:
        rows = data["train"]
        line("full data: local.classify", await ours(data, with_examples(rows), True))
        line("full data: the same, none: 100 texts", await ours(data, with_examples(rows), against))
        line(
            "full data: spelling alone", await ours(data, with_examples(rows), True, meaning=False)
        )
        for name, make in BASELINES.items():
            line(f"full data: {name}", baseline(data, rows, make))
    return lines


HEAD = f"{'':56}{'acc':>7}{'kept':>7}{'none':>7}{'kept.5':>8}{'none.5':>8}{'ECE':>7}{'+none':>7}{'ms':>6}{'learn s':>9}"


def row_of(one: Figures) -> str:
    return (
        f"{one.accuracy:7.1%}{one.kept:7.1%}{one.strangers:7.1%}{one.kept_half:8.1%}{one.strangers_half:8.1%}"
        f"{one.ece:7.3f}{one.ece_of_none:7.3f}{one.ms:6.2f}{one.learned_s:9.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"a folder with {DATA}: {ORIGIN}")
    parser.add_argument(
        "--quick", action="store_true", help="without the full data, one draw of examples"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    path = given.data / DATA
    if not path.is_file():
        print(f"{path} is not there; the public original is {ORIGIN}", file=sys.stderr)
        return 2
    data: Data = {
        part: [(text, label) for text, label in rows]
        for part, rows in json.loads(gzip.decompress(path.read_bytes())).items()
    }
    print(HEAD)
    lines = asyncio.run(measured(data, given.quick))
    rest = others()
    for name, found in rest.items():
        print(f"local.{name}: " + ", ".join(f"{what} {value:.3f}" for what, value in found.items()))
    if given.json:
        labels = {name: one._asdict() for name, one in lines.items()}
        given.json.write_text(json.dumps({"classify": labels, **rest}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
