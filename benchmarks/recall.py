"""How fast, and how well, a plan that worked is recalled for a request like the one it was made for.

Two sets of requests, each kept as plans that ran and worked, in a journal on the disk; then others are asked. What no
kept plan serves is a stranger. See benchmarks/README.md.
"""

import argparse
import asyncio
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import mean
from time import process_time
from typing import Any, NamedTuple, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # figures are of one core

from batuta import App, capability
from batuta.desk import Desk
from batuta.errors import CallFailed
from batuta.planning.candidate import Route
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_from_data
from goals import Goal, load, spread, table, write
from ultratool import DATA as TOOLS
from ultratool import TODAY, cards_of, f1, is_there, rows_of

CLINC = "intents/clinc150.json.gz"
SIZES = (100, 1_000, 3_000)
ASKED, STRANGERS, SEED = 400, 200, 1
MS = 5.0  # a request
# Of what is recalled rightly, so many plans are broken; what has failed so often is offered for ever.
BROKEN, FAILURES_MAX = 20, 10

Chain = tuple[str, ...]
T = TypeVar("T")
Rows = Sequence[tuple[str, Chain]]


class Set(NamedTuple):
    """Requests and the capabilities that serve each, to keep and to ask; `cards`: what each capability is for."""

    cards: Mapping[str, str]
    kept: Rows
    asked: Rows


class Figures(NamedTuple):
    """One line of the table.

    Of what a kept plan serves: `right`, the plan of just those capabilities is recalled; `wrong`, another one. Of what
    none serves: `strange`, one is recalled all the same. Of all: `alone`, a plan that is not the right one may run
    without a question. `f1`: of the capabilities of what was recalled. Milliseconds of processor time of one request;
    `new_ms`: of the first one behind a plan that is new.
    """

    plans: int
    right: float
    wrong: float
    strange: float
    alone: float
    f1: float
    ms: float
    ms_95: float
    new_ms: float


def intents(folder: Path) -> Set:
    data: dict[str, list[tuple[str, str]]] = json.loads(
        gzip.decompress((folder / CLINC).read_bytes())
    )
    kept = shuffled([(text, (intent,)) for text, intent in data["train"]])
    asked = shuffled([(text, (intent,)) for text, intent in data["test"]])
    strangers: Rows = [(text, ()) for text, _ in shuffled(data["oos_test"])]
    cards = {intent: intent.replace("_", " ") for (intent,) in {uses for _, uses in kept}}
    return Set(cards, kept, [*asked[:ASKED], *strangers[:STRANGERS]])


def tools(folder: Path) -> Set:
    parts = rows_of(folder / TOOLS)
    rows = {name: [(row.words, row.tools) for row in part] for name, part in parts.items()}
    cards = {name: card.description for name, card in cards_of(folder / TOOLS).items()}
    kept = [*rows["train"], *rows["validation"]]
    return Set(cards, kept, shuffled(rows["test"])[:ASKED])


def shuffled(rows: Iterable[T]) -> list[T]:
    made = list(rows)
    Random(SEED).shuffle(made)
    return made


def functions(cards: Mapping[str, str], broken: Collection[str]) -> list[Callable[..., Any]]:
    """A capability for each card, which does nothing; it fails while it is among `broken`."""

    def made(name: str, told: str) -> Callable[..., Any]:
        def nothing() -> str:
            if name in broken:
                raise CallFailed("it is broken", code="invalid")
            return "done"

        nothing.__doc__ = told
        return capability(name, effect="read", reach="local")(nothing)

    return [made(name, told) for name, told in cards.items()]


def plan_of(uses: Chain) -> Sourced:
    steps = {
        f"s{at}": {"use": use, **({"after": [f"s{at - 1}"]} if at else {})}
        for at, use in enumerate(uses)
    }
    return plan_from_data({"name": "-".join(uses)[:60].replace("_", "-"), "steps": steps})


async def keep(app: App, desk: Desk, words: str, uses: Chain) -> None:
    """What `batuta run "words"` leaves in the log where this plan was made, somebody said yes, and it worked."""
    sourced = plan_of(uses)
    inputs = inputs_in(Wish(words, TODAY), sourced.plan)
    route = Route(sourced.plan.name, 0.7, "by type")
    await accepted(app, desk, Understood(words, Proposal("compose", route, sourced, inputs)))


async def accepted(app: App, desk: Desk, understood: Understood) -> None:
    """Somebody says yes, and it runs to its end."""
    yes = await desk.approval(understood, {})
    await app.resume(await desk.accept(understood, {}, who="ada", approved=yes))


async def said(desk: Desk, words: str) -> tuple[Chain, bool, float]:
    """The capabilities of the plan that is recalled, whether it is sure, and the milliseconds it took."""
    before = asyncio.all_tasks()
    began = process_time()
    understood = await desk.understand(words, planner="recall")
    ms = 1e3 * (process_time() - began)
    # What is learned meanwhile, nobody waits for; here its time is not to be counted for the next request.
    await asyncio.gather(*(asyncio.all_tasks() - before))
    return uses_of(understood), understood.route.sure, ms


def uses_of(understood: Understood) -> Chain:
    plan = understood.sourced.plan if understood.sourced is not None else None
    return tuple(step.use for step in plan.steps.values()) if plan is not None else ()


async def failures(app: App, asked: Rows, broken: set[str]) -> int:
    """How often a plan that is recalled fails until it is not recalled any more for the same words, at worst of some.

    At most `FAILURES_MAX`. Capabilities are `broken` for it, one plan after the other.
    """
    desk, worst, seen = Desk(app), 0, set[Chain]()
    for words, meant in asked:
        understood = await desk.understand(words, planner="recall")
        if len(seen) == BROKEN or meant in seen or uses_of(understood) != meant or not meant:
            continue
        seen.add(meant)
        broken.update(meant)
        count = 0
        while count < FAILURES_MAX and uses_of(understood) == meant:
            await accepted(app, desk, understood)
            count += 1
            understood = await desk.understand(words, planner="recall")
        broken.clear()
        worst = max(worst, count)
    return worst


async def figures(app: App, kept: Rows, asked: Rows) -> Figures:
    """Of `kept`, which the log has, and `asked`."""
    desk = Desk(app)
    await said(desk, "warm up: what is new is learned")
    plans = {uses for _, uses in kept}
    own: list[tuple[Chain, Chain]] = []
    strange: list[Chain] = []
    times: list[float] = []
    alone = 0
    for words, meant in asked:
        uses, sure, ms = await said(desk, words)
        times.append(ms)
        alone += sure and bool(uses) and uses != meant
        if meant in plans:
            own.append((uses, meant))
        else:
            strange.append(uses)
    words, uses = kept[0]
    await keep(app, desk, f"{words} once more", uses)
    _, _, new_ms = await said(desk, asked[0][0])
    return Figures(
        len(plans),
        mean(uses == meant for uses, meant in own),
        mean(bool(uses) and uses != meant for uses, meant in own),
        mean(map(bool, strange)),
        alone / len(asked),
        mean(f1(uses, meant) for uses, meant in own if uses),
        *spread(times),
        new_ms,
    )


async def measured(
    sets: Mapping[str, Set], sizes: Sequence[int]
) -> tuple[dict[str, Figures], dict[str, int]]:
    """Every line of the table, and the failures of each set. A journal grows from size to size."""
    lines: dict[str, Figures] = {}
    forgotten: dict[str, int] = {}
    for name, one in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "batuta.yaml").write_text("{}", encoding="utf-8")  # noqa: ASYNC240 - nothing waits
            broken = set[str]()
            offered = functions(one.cards, broken)
            async with await App.open(Path(folder), functions=offered) as app:
                desk, done = Desk(app), 0
                for size in sizes:
                    for words, uses in one.kept[done:size]:
                        await keep(app, desk, words, uses)
                    done = size
                    lines[f"{name}, {min(size, len(one.kept)):,} requests kept"] = await figures(
                        app, one.kept[:size], one.asked
                    )
                forgotten[name] = await failures(app, one.asked, broken)
    return lines, forgotten


def goals_of(lines: Mapping[str, Figures], forgotten: Mapping[str, int]) -> list[Goal]:
    """What is to be reached: the time of a request; and how soon what does not work any more is forgotten."""
    goals: list[Goal] = []
    for name, one in lines.items():
        goals += [
            Goal(f"{name}: median", one.ms, "ms", most=MS),
            Goal(f"{name}: 95 %", one.ms_95, "ms", most=MS),
        ]
    for name, count in forgotten.items():
        goals.append(Goal(f"{name}: failures until a plan is not recalled any more", count))
    return goals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help=f"a folder with {CLINC} and {TOOLS}"
    )
    parser.add_argument("--quick", action="store_true", help="with 100 and 1,000 requests only")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    if not (given.data / CLINC).is_file() or not is_there(given.data / TOOLS):
        print(
            f"{given.data} has not both; where they come from: benchmarks/README.md",
            file=sys.stderr,
        )
        return 2
    print(load(), file=sys.stderr)
    sets = {"CLINC150": intents(given.data), "UltraTool": tools(given.data)}
    lines, forgotten = asyncio.run(measured(sets, SIZES[:2] if given.quick else SIZES))
    print(f"{'':36}{''.join(f'{name:>9}' for name in Figures._fields)}")
    for name, one in lines.items():
        shares = "".join(f"{share:9.1%}" for share in one[1:5])
        print(
            f"{name:36}{one.plans:9,}{shares}{one.f1:9.3f}{one.ms:9.2f}{one.ms_95:9.2f}{one.new_ms:9.0f}"
        )
    goals = goals_of(lines, forgotten)
    print(f"\n{table(goals)}")
    write(given.json, lines, goals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
