"""Errors as OpenAI's clients read them, which show nothing but `error.message`."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.types import Scope

__all__ = ["is_for_openai", "with_error"]


def is_for_openai(scope: Scope) -> bool:
    """True if a client of OpenAI's protocol sends this request."""
    return scope["path"].startswith("/v1/")


def with_error(problem: Mapping[str, Any]) -> tuple[bytes, Mapping[str, str]]:
    """A problem with a member `error`, too; it says the detail and the remedy, the code and the kind."""
    said = [problem["detail"], problem.get("remedy", "")]
    kind = "invalid_request_error" if problem["status"] < 500 else "server_error"
    error = {
        "message": "; ".join(one for one in said if one),
        "type": kind,
        "code": problem["code"],
        "param": None,
    }
    return msgspec.json.encode({**problem, "error": error}), {}
