"""What is asked for in German: the workflow that is meant, and the values of its inputs."""

from datetime import date
from typing import Any

import pytest

from batuta.capabilities.local.classify import classifying
from batuta.opening import embedder_of_this_machine
from batuta.planning.candidate import Candidate
from batuta.planning.route import Router
from batuta.planning.slots import read_inputs
from tests.planning.german import (
    CHOSEN_ON,
    EXAMPLES,
    HELD_OUT,
    VALUES_CHOSEN_ON,
    VALUES_HELD_OUT,
)

SETS = [*CHOSEN_ON.values(), *HELD_OUT.values()]
TODAY = date(2026, 11, 22)  # a Sunday


@pytest.fixture(scope="module")
def router() -> Router:
    found = embedder_of_this_machine()
    return Router(classifying(lambda: found))


@pytest.mark.parametrize(("taught", "refused_min"), [(False, 0.9), (True, 0.85)])
async def test_workflows_that_are_described_in_german_are_found_and_nothing_else_is_run(
    router: Router, taught: bool, refused_min: float
) -> None:
    right = asked = refused = strangers = 0
    for plans, inside, outside in SETS:
        candidates = [
            Candidate(name, text, examples=EXAMPLES[name] if taught else ())
            for name, text in plans.items()
        ]
        for words, meant in inside:
            found = await router.route(words, candidates)
            asked += 1
            right += found.plan == meant
            assert not (found.sure and found.plan != meant), words
        for words in outside:
            found = await router.route(words, candidates)
            strangers += 1
            refused += not found.plan
            assert not found.sure, words
    assert right / asked >= 0.95
    assert refused / strangers >= refused_min


async def test_a_german_workflow_that_stands_alone_is_not_what_everything_means(
    router: Router,
) -> None:
    said = [
        (await router.route(words, [Candidate(name, text)]))
        for plans, _, outside in SETS
        for name, text in plans.items()
        for words in outside
    ]
    assert not any(found.sure for found in said)
    assert sum(not found.plan for found in said) / len(said) >= 0.9


@pytest.mark.parametrize(("words", "schemas", "expected"), [*VALUES_CHOSEN_ON, *VALUES_HELD_OUT])
def test_an_input_is_what_the_german_words_say(
    words: str, schemas: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert read_inputs(words, schemas, today=TODAY).values == expected
