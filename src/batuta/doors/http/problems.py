"""Errors as this door says them: `application/problem+json`, from the one tree of errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from batuta.doors.cli.failures import code_of, finding_data, place_data
from batuta.errors import BatutaError, Bug, FindingsError

__all__ = ["PROBLEM", "Problem", "answer_problems", "document_of"]

_TYPE = "application/problem+json"
# What a document of this kind looks like, for the description of the interface.
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457, with a stable `code` and a `remedy`.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "place": {"type": ["object", "null"]},
        "findings": {"type": "array", "items": {"type": "object"}},
    },
}


class Problem(Exception):
    """What only HTTP knows to refuse: who asks, from where, how much, how often."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        remedy: str = "",
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """What is sent."""
        said = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "remedy": self.remedy,
            **self.more,
        }
        body = msgspec.json.encode(said)
        return Response(body, self.status, headers=self.headers, media_type=_TYPE)


def document_of(error: BatutaError) -> Response:
    """The response that `error` is."""
    more: dict[str, Any] = {"place": place_data(error.place)}
    if isinstance(error, FindingsError) and error.findings:
        more["findings"] = [finding_data(one) for one in error.findings]
    headers = {"Retry-After": "1"} if error.http_status == 503 else {}
    message = error.message
    if isinstance(error, Bug):  # what is inside is for the log of the server
        message = "this should not have happened; the log of the server says more"
    said = Problem(
        error.http_status, code_of(error), message, remedy=error.remedy, more=more, headers=headers
    )
    return said.response()


def answer_problems(server: FastAPI) -> None:
    """Have `server` say every error that is foreseen as a problem; the others are for the frame."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, BatutaError)
        return document_of(error)

    async def misread(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Problem(400, "input", f"{where}: {first['msg']}"[:1_000]).response()

    async def routed(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = {404: ("not_found", "there is nothing at this address")}
        words[405] = ("method", "this address has no such method")
        code, detail = words.get(error.status_code, ("http", str(error.detail)))
        return Problem(error.status_code, code, detail, headers=error.headers).response()

    server.add_exception_handler(Problem, refused)
    server.add_exception_handler(BatutaError, ours)
    server.add_exception_handler(RequestValidationError, misread)
    server.add_exception_handler(HTTPException, routed)
