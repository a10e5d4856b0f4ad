"""Fits what counts in a chain: `WEIGHTS` of batuta.planning.compose.chains, on UltraTool without its test part.

Each fifth of the requests is planned with what the others teach, 100, 500 and all of them. The weights are those that
make the expected F1 of tools, and half that of links, of a choice by softmax as large as possible. Six minutes.
"""

import argparse
import asyncio
import os
import sys
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy

from batuta.opening import embedder_of_this_machine
from batuta.planning.clauses import wishes
from batuta.planning.compose.chains import WEIGHTS, candidates, figures
from batuta.planning.compose.history import Past
from batuta.planning.compose.learned import Learned
from batuta.planning.compose.offers import offer_of
from batuta.planning.compose.scoring import Scorer
from benchmarks.ultratool import DATA, ORIGIN, Row, cards_of, f1, rows_of

np: Any = numpy  # whose annotations are not strict

FOLDS, SEED = 5, 1
HISTORIES = (100, 500, 10_000)
LINKS = 0.5  # what the F1 of links counts beside that of tools
ROUNDS, RATE, DECAY = 400, 0.1, 1e-3


class Asked(NamedTuple):
    """A request: the figures of each candidate, and what each would be worth."""

    figures: Any  # (candidates, figures)
    tools: Any
    links: Any


async def asked_of(rows: list[Row], scorer: Scorer, names: list[str], size: int) -> list[Asked]:
    """Every row, planned with `size` rows of the other folds as history."""
    embedder = embedder_of_this_machine()
    assert embedder is not None, "meaning needs NumPy and the embedder"
    order = list(range(len(rows)))
    Random(SEED).shuffle(order)
    made: list[Asked] = []
    for fold in range(FOLDS):
        history = [rows[at] for place, at in enumerate(order) if place % FOLDS != fold][:size]
        known = await embedder.embed([row.words for row in history])
        learned = Learned([Past(row.words, row.tools) for row in history], known)
        for at in order[fold::FOLDS]:
            row = rows[at]
            parts = [part.text for part in wishes(row.words)]
            texts = [row.words, *parts]
            scores = await scorer.scores(parts or [row.words])
            near = dict(zip(names, np.max(scores, axis=0).tolist(), strict=True))
            evidence, _ = learned.evidence(texts, await embedder.embed(texts), near)
            chains = candidates(evidence)
            made.append(
                Asked(
                    np.array([list(figures(chain, evidence).values()) for chain in chains]),
                    np.array([f1(chain, row.tools) for chain in chains]),
                    np.array([f1(frozenset(pairwise(chain)), row.links) for chain in chains]),
                )
            )
    return made


def fitted(asked: list[Asked]) -> Any:
    """The weights: Adam on the expected worth of a choice."""
    rows = np.concatenate([one.figures for one in asked])
    scale = rows.std(axis=0) + 1e-6
    rows = rows / scale
    counts = [len(one.tools) for one in asked]
    owner = np.repeat(np.arange(len(asked)), counts)
    begins = np.cumsum(counts) - counts
    worth = np.concatenate([one.tools + LINKS * one.links for one in asked])
    weights = np.zeros(rows.shape[1])
    first = second = np.zeros(rows.shape[1])
    for number in range(1, ROUNDS + 1):
        said = rows @ weights
        shares = np.exp(said - np.maximum.reduceat(said, begins)[owner])
        shares /= np.add.reduceat(shares, begins)[owner]
        mean = np.add.reduceat(shares * worth, begins)[owner]
        slope = rows.T @ (shares * (worth - mean)) / len(asked) - DECAY * weights
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weights = weights + RATE * (first / (1 - 0.9**number)) / (
            np.sqrt(second / (1 - 0.99**number)) + 1e-8
        )
    return weights / scale


def chosen(asked: list[Asked], weights: Any) -> tuple[float, float]:
    """The F1 of tools and of links where these weights choose."""
    best = [int((one.figures @ weights).argmax()) for one in asked]
    return (
        float(np.mean([one.tools[at] for one, at in zip(asked, best, strict=True)])),
        float(np.mean([one.links[at] for one, at in zip(asked, best, strict=True)])),
    )


async def main_of(folder: Path) -> None:
    parts, cards = rows_of(folder), cards_of(folder)
    rows = parts["train"] + parts["validation"]
    offers = [offer_of(card) for card in cards.values()]
    scorer = Scorer(offers, embedder_of_this_machine())
    await scorer.prepare()
    names = [offer.name for offer in offers]
    sets = {size: await asked_of(rows, scorer, names, size) for size in HISTORIES}
    # A long history counts twice: it is where chains are chosen by what was done before.
    weights = fitted([one for made in (*sets.values(), sets[HISTORIES[-1]]) for one in made])
    ours = np.array(list(WEIGHTS.values()))
    for size, made in sets.items():
        before, now = chosen(made, ours), chosen(made, weights)
        print(f"history {size:>6,}: as it is {before[0]:.3f} {before[1]:.3f}", end="")
        print(f", fitted {now[0]:.3f} {now[1]:.3f}")
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {weight:.1f},')


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"a folder with {DATA}: {ORIGIN}")
    given = parser.parse_args()
    if not (given.data / DATA / "ultratool_train.jsonl.gz").is_file():
        sys.exit(f"{given.data / DATA} has no UltraTool; the public original is {ORIGIN}")
    asyncio.run(main_of(given.data / DATA))
