"""How well texts are labelled without a model: CLINC150 beside plain baselines. See benchmarks/README.md."""

import argparse
import asyncio
import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from math import log, sqrt
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from batuta.app import embedder_of_this_machine
from batuta.capabilities.local.classify import classifying
from batuta.language.words import stems

DATA = "intents/clinc150.json.gz"
ORIGIN = "https://github.com/clinc/oos-eval (data/data_full.json, CC BY 3.0)"
FEW = 10  # examples per intent in the few-shot setting
SEED = 1
BINS = 10  # of the expected calibration error

Row = tuple[str, str]


class Said(NamedTuple):
    """What was said of one text: a label if there is one, how sure, and in how many milliseconds."""

    label: str | None
    best: str | None
    sure: float
    ms: float


class Figures(NamedTuple):
    """One line of the table; shares of texts, milliseconds."""

    accuracy: float  # in scope, if it had to give a label
    kept: float  # in scope, right and not "none of these"
    strangers: float  # out of scope, and said to be none
    ece: float  # of the confidence, over in-scope and out-of-scope texts
    ms: float
    ms_95: float


def figures(inside: list[Row], said: list[Said], outside: list[Said]) -> Figures:
    """The figures of what was said of in-scope texts and of out-of-scope ones."""
    right = [one.best == label for (_, label), one in zip(inside, said, strict=True)]
    kept = [one.label == label for (_, label), one in zip(inside, said, strict=True)]
    times = sorted(one.ms for one in (*said, *outside))
    judged = [(one.sure, hit) for one, hit in zip(said, right, strict=True)]
    judged += [(one.sure, False) for one in outside if one.best is not None]
    return Figures(
        sum(right) / len(right),
        sum(kept) / len(kept),
        sum(one.label is None for one in outside) / len(outside),
        calibration_error(judged),
        median(times),
        times[int(0.95 * (len(times) - 1))],
    )


def calibration_error(judged: list[tuple[float, bool]]) -> float:
    """The mean distance between how sure answers were and how often they were right, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for sure, right in judged:
        bins[min(int(sure * BINS), BINS - 1)].append((sure, right))
    return sum(
        abs(sum(sure for sure, _ in one) - sum(right for _, right in one)) for one in bins.values()
    ) / len(judged)


async def ours(
    rows: list[Row], inside: list[Row], outside: list[Row], *, meaning: bool, none: Any
) -> tuple[list[Said], list[Said], float]:
    """What `local.classify` says, and the seconds of its first call."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for text, label in rows:
        by_label[label].append(text)
    labels: list[Any] = [{"label": name, "examples": texts} for name, texts in by_label.items()]
    classify = classifying(embedder_of_this_machine if meaning else lambda: None)
    began = perf_counter()
    await classify(text="warm up", labels=labels, none=none)
    learned_s = perf_counter() - began

    async def say(text: str) -> Said:
        began = perf_counter()
        found = await classify(text=text, labels=labels, none=none)
        ms = 1e3 * (perf_counter() - began)
        best = next(iter(found["scores"]), None)
        return Said(found["label"], best, found["confidence"], ms)

    return (
        [await say(text) for text, _ in inside],
        [await say(text) for text, _ in outside],
        learned_s,
    )


def centroid(rows: list[Row]) -> Callable[[str], tuple[str, float]]:
    """The plain baseline: the nearest average of TF-IDF vectors, by cosine."""
    counted = [(Counter(stems(text)), label) for text, label in rows]
    seen = Counter(word for words, _ in counted for word in words)
    weights = {word: log(len(rows) / count) + 1 for word, count in seen.items()}
    middles: dict[str, Counter[str]] = defaultdict(Counter)
    for words, label in counted:
        for word, count in words.items():
            middles[label][word] += count * weights[word]  # type: ignore[assignment]
    lengths = {name: sqrt(sum(v * v for v in one.values())) for name, one in middles.items()}
    postings: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for name, one in middles.items():
        for word, value in one.items():
            postings[word].append((name, value / lengths[name]))

    def best(text: str) -> tuple[str, float]:
        words = Counter(stems(text))
        own = {word: count * weights[word] for word, count in words.items() if word in weights}
        length = sqrt(sum(value * value for value in own.values())) or 1.0
        scores: Counter[str] = Counter()
        for word, value in own.items():
            for name, there in postings[word]:
                scores[name] += value * there / length  # type: ignore[assignment]
        return max(scores.items(), key=lambda item: item[1], default=(rows[0][1], 0.0))

    return best


def baseline(data: dict[str, list[Row]], rows: list[Row]) -> Figures:
    """Nearest centroid; its threshold is the best on the validation part, which ours never sees."""
    best = centroid(rows)
    judged = [(score, name == label) for text, label in data["val"] for name, score in [best(text)]]
    strange = [best(text)[1] for text, _ in data["oos_val"]]
    levels = [at / 100 for at in range(100)]
    level = max(
        levels,
        key=lambda at: (
            sum(s >= at and hit for s, hit in judged) / len(judged)
            + sum(s < at for s in strange) / len(strange)
        ),
    )

    def say(text: str) -> Said:
        began = perf_counter()
        name, score = best(text)
        ms = 1e3 * (perf_counter() - began)
        return Said(name if score >= level else None, name, min(score, 1.0), ms)

    said = [say(text) for text, _ in data["test"]]
    return figures(data["test"], said, [say(text) for text, _ in data["oos_test"]])


def few(rows: list[Row]) -> list[Row]:
    chance = random.Random(SEED)
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_label[row[1]].append(row)
    return [row for of in by_label.values() for row in chance.sample(of, min(FEW, len(of)))]


async def measured(data: dict[str, list[Row]], quick: bool) -> dict[str, Figures]:
    lines: dict[str, Figures] = {}
    settings = {f"{FEW} per intent": few(data["train"])}
    if not quick:
        settings["full data"] = data["train"]
    against = [text for text, _ in data["oos_train"]]
    for name, rows in settings.items():
        for system, meaning, none in (
            ("local.classify", True, True),
            ("local.classify, none: 100 texts", True, against),
            ("local.classify, spelling alone", False, True),
        ):
            said, strange, learned_s = await ours(
                rows, data["test"], data["oos_test"], meaning=meaning, none=none
            )
            lines[f"{name}: {system}"] = figures(data["test"], said, strange)
            print(f"  {name}: {system} learned in {learned_s:.1f} s", file=sys.stderr, flush=True)
        lines[f"{name}: nearest TF-IDF centroid"] = baseline(data, rows)
    top = Counter(label for _, label in data["test"]).most_common(1)[0][1] / len(data["test"])
    lines["majority"] = Figures(top, top, 0.0, 0.0, 0.0, 0.0)
    return lines


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
    lines = asyncio.run(measured(data, given.quick))
    print(f"{'':52}{'acc':>7}{'kept':>7}{'none':>7}{'ECE':>7}{'ms':>7}{'ms 95%':>8}")
    for name, one in lines.items():
        print(
            f"{name:52}{one.accuracy:7.1%}{one.kept:7.1%}{one.strangers:7.1%}{one.ece:7.3f}"
            f"{one.ms:7.2f}{one.ms_95:8.2f}"
        )
    if given.json:
        given.json.write_text(json.dumps({name: one._asdict() for name, one in lines.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
