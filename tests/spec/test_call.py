"""What capabilities answer with says at once what is wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest

from batuta.spec.call import Expand, Failed, Question, Waiting
from batuta.spec.plan import Plan

ANY: Any = object()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Waiting(ANY), "Waiting wants a Question, not object"),
        (lambda: Waiting(Question("?"), expires_s=ANY), "expires_s wants a number, not object"),
        (lambda: Question(ANY), "text wants a str, not object"),
        (lambda: Question("?", who=ANY), "who wants a list of names, not object"),
        (lambda: Question("?", schema=ANY), "schema wants a dict, not object"),
        (lambda: Expand(ANY), "Expand wants a Plan, not object"),
        (lambda: Expand(Plan(name="p", steps={}), inputs=ANY), "inputs wants a dict, not object"),
        (lambda: Failed(ANY, "no"), "code wants a str, not object"),
        (lambda: Failed("no", ANY), "message wants a str, not object"),
        (lambda: Failed("no", "no", retry_after_s=ANY), "retry_after_s wants a number, not object"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_made(make: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()
