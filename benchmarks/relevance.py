"""How relevant is what a search finds, on public data, beside plain baselines. See benchmarks/README.md.

Three tasks that nobody on this project wrote. *pages*: the manual pages of this machine (sections 2 to 8), asked by the
one line that says what each is for, which is taken out of it. *tools*: the descriptions of 260 tools, asked by requests
that need some of them (UltraTool). *intents*: 150 lists of twenty requests that mean the same, asked by others
(CLINC150); of a thousand more nothing is relevant.

Baselines, over the same chunks and vectors: BM25 alone, vectors alone, both fused blindly (reciprocal ranks).

    python benchmarks/relevance.py --data DIR
"""

import argparse
import asyncio
import gzip
import json
import math
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from batuta.knowledge.index import Index
from batuta.knowledge.ingest import ingest
from batuta.knowledge.llama import LLAMA_NAME, WordLlamaEmbedder
from batuta.knowledge.retrieve import Collection
from batuta.knowledge.store import Store
from batuta.knowledge.vectors import Vectors

HERE = Path(__file__).parent
INTENTS = "intents/clinc150.json.gz"
TOOLS = "planning/ultratool_tools.json"
REQUESTS = "planning/ultratool_train.jsonl.gz"
ORIGINS = "https://github.com/clinc/oos-eval (CC BY 3.0), https://github.com/WxxShirley/GNN4TaskPlan (MIT)"
MANUAL = Path("/usr/share/man")
SECTIONS = ("man2", "man3", "man4", "man5", "man7", "man8")
PAGE_BYTES_MAX = 200_000
DEPTH = 10  # of the ranking that is judged
CHUNKS = 50  # looked at by a baseline
FUSED = 60  # the constant of reciprocal ranks, as it is used everywhere


class Question(NamedTuple):
    """What is asked, and which files answer it; none if nothing does."""

    text: str
    answers: frozenset[str]


class Task(NamedTuple):
    """Files by name, and questions about them."""

    name: str
    files: dict[str, str]
    questions: list[Question]


Ranking = list[tuple[str, float]]
"""Files, best first, each with a score."""


class Figures(NamedTuple):
    """Means over the questions that have an answer; the last two are shares of questions."""

    ndcg: float
    recall: float
    first: float  # the first file is an answer
    answered: float  # of those with an answer: something was given
    refused: float  # of those without: nothing was given


# ── measures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ndcg(ranking: Sequence[str], answers: frozenset[str]) -> float:
    """Discounted gain of the first ten, all answers worth the same, against the best order."""
    gained = sum(1 / math.log2(at + 2) for at, one in enumerate(ranking[:DEPTH]) if one in answers)
    return gained / sum(1 / math.log2(at + 2) for at in range(min(DEPTH, len(answers))))


def recall(ranking: Sequence[str], answers: frozenset[str]) -> float:
    """The share of the answers that is among the first ten."""
    return len(answers & set(ranking[:DEPTH])) / len(answers)


def figures(questions: list[Question], rankings: list[Ranking], least: float) -> Figures:
    """The figures of what was found; what scores less than `least` was not given."""
    inside: list[tuple[float, float, float, bool]] = []
    refused: list[bool] = []
    for question, ranking in zip(questions, rankings, strict=True):
        given = [name for name, score in ranking if score >= least]
        if question.answers:
            first = float(bool(given) and given[0] in question.answers)
            found = (ndcg(given, question.answers), recall(given, question.answers))
            inside.append((*found, first, bool(given)))
        else:
            refused.append(not given)
    gains, recalls, firsts, answered = zip(*inside, strict=True)
    none = mean(refused) if refused else math.nan
    return Figures(mean(gains), mean(recalls), mean(firsts), mean(answered), none)


def least_for(rankings: list[Ranking], share: float) -> float:
    """The score at which this share of `rankings` gives something."""
    tops = sorted((ranking[0][1] if ranking else -math.inf for ranking in rankings), reverse=True)
    return tops[min(len(tops) - 1, max(0, round(share * len(tops)) - 1))]


# ── ways to search ───────────────────────────────────────────────────────────────────────────────────────────────────


class Room:
    """The files of a task, ingested, and the ways to search them."""

    def __init__(self, store: Store, number: int) -> None:
        self._index: Index = store.index(number)
        self._embedder = WordLlamaEmbedder()
        self._collection = Collection(self._index, self._embedder)
        self._vectors = Vectors(self._embedder.dim)
        self._vectors.bring_up_to_date(self._index, LLAMA_NAME)

    async def ours(self, text: str) -> Ranking:
        found = await self._collection.search(text, limit=CHUNKS)
        return by_file([(one.hit.source, one.score) for one in found.hits])

    async def words(self, text: str) -> Ranking:
        return self._named(self._by_words(text))

    async def meaning(self, text: str) -> Ranking:
        return self._named(self._by_meaning(text))

    async def fused(self, text: str) -> Ranking:
        scores: dict[int, float] = {}
        for found in (self._by_words(text), self._by_meaning(text)):
            for rank, (chunk, _) in enumerate(found):
                scores[chunk] = scores.get(chunk, 0.0) + 1 / (FUSED + rank + 1)
        return self._named(sorted(scores.items(), key=lambda one: -one[1]))

    def _by_words(self, text: str) -> list[tuple[int, float]]:
        terms = dict.fromkeys(self._index.terms(text))
        expression = " OR ".join(f'"{term}"' for term in terms)
        return self._index.matching(expression, CHUNKS) if terms else []

    def _by_meaning(self, text: str) -> list[tuple[int, float]]:
        return self._vectors.nearest(self._embedder.embed_now([text])[0], CHUNKS)

    def _named(self, found: list[tuple[int, float]]) -> Ranking:
        hits = self._index.hits([chunk for chunk, _ in found]) if found else {}
        return by_file([(hits[chunk].source, score) for chunk, score in found])


def by_file(found: list[tuple[str, float]]) -> Ranking:
    """Each file once, where its best piece stands."""
    first: dict[str, float] = {}
    for source, score in found:
        first.setdefault(source, score)
    return list(first.items())


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def intents_task(data: Path, count: int, seed: int) -> Task:
    """150 lists of twenty requests each; the requests of the test part ask."""
    with gzip.open(data / INTENTS, "rt", encoding="utf-8") as file:
        rows: dict[str, list[list[str]]] = json.load(file)
    chance = random.Random(seed)
    lists: dict[str, list[str]] = {}
    for text, intent in chance.sample(rows["train"], len(rows["train"])):
        if len(lists.setdefault(intent, [])) < 20:
            lists[intent].append(text)
    files = {f"{intent}.txt": "\n".join(texts) for intent, texts in sorted(lists.items())}
    asked = [
        Question(text, frozenset({f"{it}.txt"})) for text, it in some(rows["test"], count, seed)
    ]
    strange = [Question(text, frozenset[str]()) for text, _ in some(rows["oos_test"], count, seed)]
    return Task("intents", files, asked + strange)


def tools_task(data: Path, count: int, seed: int) -> Task:
    """A file a tool: its name in words, and its description."""
    nodes = json.loads((data / TOOLS).read_text("utf-8"))["nodes"]
    files = {
        f"{node['id']}.md": f"# {node['id'].replace('_', ' ')}\n\n{node['desc']}\n"
        for node in nodes
    }
    with gzip.open(data / REQUESTS, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    asked = [
        Question(row["user_request"], frozenset(f"{node['task']}.md" for node in row["task_nodes"]))
        for row in some(rows, count, seed)
    ]
    return Task("tools", files, asked)


def pages_task(manual: Path, data: Path, count: int, seed: int) -> Task:
    """A file a manual page, without the line that says what it is for, which asks; and requests that are about life."""
    files: dict[str, str] = {}
    asked: list[Question] = []
    for path in sorted(one for section in SECTIONS for one in (manual / section).glob("*.gz")):
        if path.is_symlink() or path.stat().st_size > PAGE_BYTES_MAX:
            continue
        try:
            source = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        except OSError:
            continue
        purpose, page = split_page(source, path.name.partition(".")[0])
        if purpose and len(page) > 400:
            name = f"{path.parent.name}/{path.name.removesuffix('.gz')}.md"
            files[name] = page
            asked.append(Question(purpose, frozenset({name})))
    times: dict[str, int] = {}
    for one in asked:
        times[one.text] = times.get(one.text, 0) + 1
    clear = [one for one in asked if times[one.text] == 1 and len(one.text.split()) >= 4]
    strange: list[Question] = []
    if (data / INTENTS).exists():
        with gzip.open(data / INTENTS, "rt", encoding="utf-8") as file:
            rows = json.load(file)["test"]
        strange = [Question(text, frozenset[str]()) for text, _ in some(rows, count, seed)]
    return Task("pages", files, some(clear, count, seed) + strange)


def some(rows: list[Any], count: int, seed: int) -> list[Any]:
    """At most so many of `rows`, the same ones for the same seed."""
    return random.Random(seed).sample(rows, min(count, len(rows)))


_ESCAPE = re.compile(r"\\f(?:\[[^\]]*\]|\(..|.)|\\s[-+]?\d|\\[&|^/,%]|\\\*(?:\[[^\]]*\]|\(..|.)")
_NAMED = {r"\-": "-", r"\(em": "-", r"\(en": "-", r"\e": "\\", r"\ ": " ", r"\(aq": "'", r"\(bu": "-"}  # fmt: skip


def split_page(source: str, name: str) -> tuple[str, str]:
    """The line that says what a page is for, and the rest as Markdown; "" if it has no such line."""
    section, purpose = "", ""
    kept: list[str] = [f"# {name}", ""]
    for line in source.splitlines():
        if line.startswith(('.\\"', "'\\\"", "..")):
            continue
        macro, _, rest = line.partition(" ")
        if macro in (".SH", ".Sh"):
            section = plain(rest).strip('" ').upper()
            kept += ["", f"## {section.capitalize()}", ""]
        elif section == "NAME":
            if macro == ".Nd":
                purpose = plain(rest)
            else:
                said = plain(line if not line.startswith(".") else rest)
                purpose = said.partition(" - ")[2] or purpose
        elif macro in (".SS", ".Ss"):
            kept += ["", f"### {plain(rest)}", ""]
        elif macro in (".PP", ".P", ".LP", ".Pp", ".TP", ".IP", ".sp", ".It"):
            kept += ["", plain(rest)]
        elif line.startswith((".", "'")):
            kept.append(plain(rest))
        else:
            kept.append(plain(line))
    return " ".join(purpose.split()), "\n".join(kept)


def plain(text: str) -> str:
    """`text` without the marks of the typesetter."""
    for mark, said in _NAMED.items():
        text = text.replace(mark, said)
    return _ESCAPE.sub("", text).replace('"', "")


# ── a run ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def measured(task: Task, folder: Path) -> dict[str, Any]:
    """The figures of every way to search."""
    for name, text in task.files.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    store = Store(folder / "knowledge.sqlite", create=True)
    told = await ingest(store, "all", folder, ["files/**"], WordLlamaEmbedder())
    number = store.find("all")
    assert number is not None
    room = Room(store, number)
    questions = [
        one._replace(answers=frozenset(f"files/{name}" for name in one.answers))
        for one in task.questions
    ]
    ways: dict[str, Callable[[str], Any]] = {
        "BM25 alone": room.words,
        "vectors alone": room.meaning,
        "fused blindly": room.fused,
        "ours": room.ours,
    }
    rankings = {way: [await search(one.text) for one in questions] for way, search in ways.items()}
    store.close()
    ours = figures(questions, rankings["ours"], 0.0)
    inside = [at for at, one in enumerate(questions) if one.answers]
    said: dict[str, Any] = {}
    for way, found in rankings.items():
        # Baselines give something for everything. So that the last column can be compared, they are given the
        # threshold at which they answer as often as ours does.
        least = least_for([found[at] for at in inside], ours.answered) if way != "ours" else 0.0
        all_of_it = figures(questions, found, -math.inf)
        said[way] = all_of_it._replace(refused=figures(questions, found, least).refused)._asdict()
    return {
        "files": len(task.files),
        "chunks": told.chunks,
        "questions": len(inside),
        "without": len(questions) - len(inside),
        "ways": said,
    }


def tell(name: str, said: dict[str, Any]) -> None:
    """Print the figures of one task."""
    print(
        f"{name}: {said['files']:,} files, {said['chunks']:,} chunks; {said['questions']:,} questions with an answer,"
        f" {said['without']:,} without"
    )
    print(f"  {'':<14} nDCG@10  recall@10  first right  answered  nothing said where nothing is")
    for way, one in said["ways"].items():
        refused = "    –" if math.isnan(one["refused"]) else f"{one['refused']:5.1%}"
        print(
            f"  {way:<14} {one['ndcg']:7.3f}  {one['recall']:9.3f}  {one['first']:11.1%}"
            f"  {one['answered']:8.1%}  {refused}"
        )


def main(argv: list[str] | None = None) -> int:
    """Exit code 2 if there is nothing to measure."""
    parser = argparse.ArgumentParser(prog="benchmarks/relevance.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=f"with {INTENTS}, {TOOLS},"
                        f" {REQUESTS}; originals: {ORIGINS}")  # fmt: skip
    parser.add_argument("--manual", type=Path, default=MANUAL, metavar="DIR")
    parser.add_argument("--only", action="append", choices=("pages", "tools", "intents"))
    parser.add_argument(
        "--questions", type=int, default=1_000, metavar="N", help="of each kind (1,000)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="which questions are drawn (1)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    args = parser.parse_args(argv)
    makers: dict[str, Callable[[], Task]] = {
        "pages": lambda: pages_task(args.manual, args.data, args.questions, args.seed),
        "tools": lambda: tools_task(args.data, args.questions, args.seed),
        "intents": lambda: intents_task(args.data, args.questions, args.seed),
    }
    scratch = HERE / ".scratch"  # on a disk: /tmp often is memory
    scratch.mkdir(exist_ok=True)
    (scratch / ".gitignore").write_text("*\n")
    everything: dict[str, Any] = {}
    for name in args.only or makers:
        try:
            task = makers[name]()
        except OSError as error:
            print(f"{name}: not measured ({error})", file=sys.stderr)
            continue
        if not task.files:
            print(f"{name}: not measured (no files)", file=sys.stderr)
            continue
        folder = Path(tempfile.mkdtemp(dir=scratch))
        try:
            everything[name] = asyncio.run(measured(task, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        tell(name, everything[name])
    if args.json:
        args.json.write_text(json.dumps(everything, indent=2))
    return 0 if everything else 2


if __name__ == "__main__":
    sys.exit(main())
