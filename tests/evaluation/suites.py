"""Suites of functions that need no model, evaluated in a workspace of their own."""

from pathlib import Path
from typing import Any

from batuta import App, CallFailed, capability
from batuta.capabilities.files.folder import Folder
from batuta.evaluation.cases import cases_of
from batuta.evaluation.evaluation import Evaluation, evaluated_in
from batuta.evaluation.result import Evaluated
from batuta.evaluation.suite import suite_from_text

SUITE = """\
name: sums
target: {use: add, with: {sum: "${case.question}"}}
output: "${value.text}"
title: "${case.question}"
scorers:
  right: {contains: "${case.answer}", pass: 0.5}
  short: {use: brevity, with: {text: "${output}"}}
cases:
  - {question: 1+1, answer: 2}
  - {question: 2+2, answer: 5}
  - {question: broken, answer: 0}
"""


@capability(effect="pure", reach="local")
async def add(sum: str) -> dict[str, str]:
    """Add two numbers."""
    first, plus, second = sum.partition("+")
    if not plus:
        raise CallFailed(f"{sum} is no sum", code="invalid")
    return {"text": f"It is {int(first) + int(second)}."}


@capability(effect="pure", reach="local")
async def brevity(text: str) -> dict[str, Any]:
    """Score short texts."""
    if text == "It is 4.":
        raise CallFailed("I do not like 4", code="moody")
    return {"score": 0.5, "why": f"{len(text)} letters"}


FUNCTIONS = (add, brevity)


def ready(text: str = SUITE, folder: Path | None = None) -> Evaluation:
    """The evaluation of a suite."""
    sourced = suite_from_text(text, "s.yaml")
    return Evaluation(sourced, cases_of(sourced, Folder(folder or Path())))


async def result_of(folder: Path, text: str = SUITE) -> Evaluated:
    """What the suite comes to in `folder`."""
    evaluation = ready(text, folder)
    (folder / "batuta.yaml").touch()
    async with await App.open(folder, functions=[*FUNCTIONS, *evaluation.functions]) as app:
        evaluation.check(app)
        begun = await evaluation.begin(app)
        document = await app.resume(begun.run)
        assert document["status"] == "succeeded", document["error"]
        return await evaluated_in(app, begun.run)
