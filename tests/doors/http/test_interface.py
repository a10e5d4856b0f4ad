"""The description of the interface, and requests made from it: what it says is so, and nothing breaks."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.specs.openapi import checks as of_openapi

from tests.doors.http.conftest import Server, make_workspace, serving

# So many requests of each route.
_EXAMPLES = 4
_CHECKS = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.negative_data_rejection,
    of_openapi.missing_required_header,
    of_openapi.unsupported_method,
]


_BOUNDED = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may be asked anything."""
    with serving(make_workspace(tmp_path_factory.mktemp("any") / "desk")) as one:
        yield one


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_what_can_be_asked_is_answered_as_described(
    own: Server, mode: schemathesis.GenerationMode
) -> None:
    described = schemathesis.openapi.from_url(f"{own.url}/api/v1/openapi.json")
    flaws: list[str] = []
    asked = 0
    for result in described.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]

        @_BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(timeout=90)
            if answer.status_code != 413:  # right for what is too long, and unknown to the checks
                case.validate_response(answer, checks=_CHECKS)

        try:
            ask()
        except Unsatisfiable:
            continue  # a route that takes nothing cannot be asked wrongly
        except BaseExceptionGroup as error:
            flaws += [f"{operation.label}: {one}" for one in error.exceptions]
        asked += 1
    assert flaws == []
    assert asked > 15
    assert [line for line in own.log if line["event"] not in ("request", "serving")] == []
    assert own.http.get("/ready").status_code == 200
