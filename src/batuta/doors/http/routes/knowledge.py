"""Knowledge: the documents of collections."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, json_answer
from batuta.doors.http.problems import Problem
from batuta.doors.http.state import service_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"])

_BYTES = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_DONE = answered("What was read.", "name", "added", "changed", "failed")


@router.get("", dependencies=[may("read")], responses=answered("Collections.", "collections"))
async def listed(request: Request) -> Response:
    """The collections, and how much is in them."""
    return json_answer({"collections": await service_of(request).library.collections()})


@router.get(
    "/{name}/documents", dependencies=[may("read")], responses=answered("Documents.", "documents")
)
async def documents(request: Request, name: str) -> Response:
    """The documents of a collection, and what could not be read of them."""
    return json_answer(await service_of(request).library.documents(name))


@router.get(
    "/{name}/search", dependencies=[may("read")], responses=answered("Pieces.", "hits", "none")
)
async def search(
    request: Request,
    name: str,
    question: Annotated[str, Query(min_length=1, max_length=4_000)],
    limit: Annotated[int, Query(ge=1, le=100)] = 5,
) -> Response:
    """The pieces that answer a question, with document, page and offset."""
    return json_answer(await service_of(request).library.search(name, question, limit))


@router.put(
    "/{name}/documents/{source:path}",
    dependencies=[may("knowledge")],
    responses=_DONE,
    openapi_extra=_BYTES,
)
async def put(request: Request, name: str, source: str) -> Response:
    """Keep a document under this path of the workspace, and read it. The body is the file itself."""
    content = await request.body()
    if not content:
        raise Problem(400, "input", "the document is empty")
    return json_answer(await service_of(request).library.put(name, source, content))


@router.delete("/{name}/documents/{source:path}", dependencies=[may("knowledge")], responses=_DONE)
async def delete(request: Request, name: str, source: str) -> Response:
    """Take a document out, and delete its file."""
    return json_answer(await service_of(request).library.delete(name, source))
