"""What is advised about a workflow can be written in Python: the words of files are not its words."""

# pyright: basic, reportCallIssue=false
import re
from collections.abc import Callable
from typing import Any

import pytest

from batuta import each, error_of, use, when
from batuta.capabilities.function import FunctionCapability
from batuta.errors import PlanError
from batuta.plans.check import check
from batuta.plans.record.recording import Recording
from batuta.plans.record.remedies import REMEDIES
from tests.plans.record.tools import classify, pay, refund, write
from tests.plans.test_corpus import CASES, findings_of


def advice(function: Callable[..., Any], **inputs: Any) -> dict[str, str]:
    """What is advised about the workflow `function`, by code."""
    recorded = Recording(function).recorded
    cards = [FunctionCapability(one).card for one in recorded.functions.values()]
    found = check(recorded.plan, {card.name: card for card in cards}, recorded.places, inputs)
    return {one.code: one.remedy for one in found}


def unused(ticket: str, more: str) -> Any:
    classify(text=ticket)
    return write(ticket=ticket)


def skipped(ticket: str) -> Any:
    topic = classify(text=ticket)
    with when(topic.label == "billing"):
        text = write(ticket=ticket)
    return f"it says {text}"


def number(count: int) -> Any:
    return classify(text=count)  # pyright: ignore[reportArgumentType]


def list_of(tickets: list[str]) -> Any:
    return classify(text=tickets)  # pyright: ignore[reportArgumentType]


def without(ticket: str) -> Any:
    return write(topic=ticket)


def chain(account: str) -> Any:
    first = pay(account=account)
    return refund(id=first.id)


def again(ticket: str) -> Any:
    return use(write, fallback="desk.write")(ticket=ticket)


def sure(ticket: str) -> Any:
    topic = classify(text=ticket)
    return [topic, error_of(topic)]


def items(tickets: list[str]) -> Any:
    topics = each(tickets, lambda ticket: classify(text=ticket))
    return topics.label  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("function", "inputs", "code", "remedy"),
    [
        (unused, {}, "B106", "give it: run(more=…), or give the parameter a default"),
        (unused, {}, "B134", "use it, or take the parameter out"),
        (unused, {}, "B133", "use it, in what the workflow returns for example, or leave the call out"),
        (skipped, {"ticket": "x"}, "B143", "say what to use instead: coalesce(text, …)"),
        (number, {"count": 1}, "B120", 'put it into a text: f"{count}"'),
        (
            list_of,
            {"tickets": []},
            "B120",
            "for all of them: each(tickets, lambda one: …); for one: tickets[0]",
        ),
        (without, {"ticket": "x"}, "B109", "give it: ticket=…"),
        (chain, {"account": "x"}, "B137", "write use(…, undo=…) at first, or do it after 'refund'"),
        (sure, {"ticket": "x"}, "B159", "write use(…, may_fail=True) at topic, or take this out"),
        (again, {"ticket": "x"}, "B139", "write retry=1 to try once more, or name another capability"),
        (
            items,
            {"tickets": []},
            "B119",
            'of the first: topics[0].label; of all: cel(f"{topics}.map(x, x.label)")',
        ),
    ],
)  # fmt: skip
def test_the_remedy_is_in_the_words_of_workflows(
    function: Callable[..., Any], inputs: dict[str, Any], code: str, remedy: str
) -> None:
    assert advice(function, **inputs)[code] == remedy


def test_a_flaw_of_an_option_is_told_in_the_words_of_workflows() -> None:
    def wrong(ticket: str) -> Any:
        return use(write, retry="3")(ticket=ticket)  # pyright: ignore[reportArgumentType]

    with pytest.raises(PlanError) as caught:
        _ = Recording(wrong).plan
    (finding,) = caught.value.findings
    assert (finding.code, finding.remedy) == ("B022", "write retry=3")


def test_what_is_put_into_other_words_is_really_said_of_files() -> None:
    said: dict[str, set[str]] = {}
    for case in CASES:
        for finding in findings_of(case):
            said.setdefault(finding.code, set()).add(finding.remedy)
    unsaid = [
        (code, pattern)
        for code, rewordings in REMEDIES.items()
        for pattern, _ in rewordings
        if not any(re.fullmatch(pattern, remedy) for remedy in said.get(code, ()))
        and not (code == "B155" and any(re.fullmatch(pattern, one) for one in said["B125"]))
    ]
    assert unsaid == []
